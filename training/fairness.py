"""How a model does on people: by Fitzpatrick pair, sex, age and site, collection by collection.

    python -m training.fairness --model resnet18 --data FOLDER_WITH_THE_COLLECTIONS

Writes checkpoints/NAME/fairness/COLLECTION.json (``core.fairness.Review``). Scores are read from
checkpoints/NAME/predictions: of a collection that the model was trained on they are those of its
held-out folds, and so are the files of shares and re-toned answers that ``training.general`` leaves
in the same folder. A collection that was never scored is scored here, pure test sets excepted.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from core import benchmark, checkpoints, classifier, fairness, metrics, results
from core.fairness import FOLDER, NOT_RECORDED, Retoning, Review
from core.results import OFFICIAL
from core.skin_tone import MONK
from training import people
from training.data import DataRejected, LabelledSet, read_folder
from training.evaluate import TITLES, margins
from training.export import command_line
from training.lesion_share import lesion_shares, retoned_margins

# Scored here if need be. The others are looked at once a release, by training.evaluate.
OPEN = ("pad_ufes_20_half", "fitzpatrick17k_half")
# By the names of their predictions: the folder, and which part of it.
OTHERS = {
    OFFICIAL: "malignant_vs_benign",
    "isic2018_test_half": "isic2018_test_half",
    "ham10000_other_lesions": "ham10000_other_lesions",
}
# The simulated tone that stands for types V and VI: the Monk scale's eighth.
DARK = MONK[7]
LIGHT_PAIR, DARK_PAIR = "I-II", "V-VI"
OUT_OF_FOLD, UNSEEN = "of held-out folds", "of pictures the model never saw"
_MASKS = "pad_ufes_20_half"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m training.fairness", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", required=True, type=Path, metavar="FOLDER")
    options = parser.parse_args(arguments)
    try:
        model = classifier.load(options.model)
        command = command_line("training.fairness", arguments or sys.argv[1:])
        done = review_all(model, options.data, command)
        if not done:
            raise DataRejected(f"{options.data} holds none of {', '.join((*OPEN, *OTHERS))}.")
    except (
        DataRejected, checkpoints.CheckpointRejected, results.ResultsRejected, OSError,
    ) as error:  # fmt: skip
        print(error, file=sys.stderr)
        return 2
    return 0


def review_all(model: classifier.Classifier, root: Path, command: str) -> list[Review]:
    """Review every collection that is at hand and scored, and write each."""
    folder = checkpoints.FOLDER / model.card.name
    done = []
    # Figures by group take seconds, maps take minutes: what is quick is written first.
    for key, probed in [(key, False) for key in (*OPEN, *OTHERS)] + [(key, True) for key in OPEN]:
        source = OTHERS.get(key, key)
        scored = (folder / checkpoints.PREDICTIONS / f"{key}.csv").is_file()
        if not (root / source).is_dir() or (key not in OPEN and not scored):
            continue
        review = review_one(model, root / source, key, command, probed)
        text = json.dumps(dataclasses.asdict(review), indent=1, allow_nan=False) + "\n"
        results.write_text(folder / FOLDER / f"{key}.json", text)
        print(f"{key}: {len(review.groups)} groups, {len(review.gaps)} gaps")
        for gap in review.gaps:
            if gap.by == "fitzpatrick" and gap.difference:
                print(f"  {gap.measure} {gap.first} minus {gap.second}: "
                      f"{_spoken(gap.difference)}, {gap.verdict}")  # fmt: skip
        for share in review.shares:
            print(f"  on the lesion, {share.group}: {results.percent(share.share)}, "
                  f"area {share.area.value:.3f}, {share.verdict}")  # fmt: skip
        if review.retoning:
            print(f"  re-toned: AUC {_spoken(review.retoning.simulated)}, {review.retoning.answer}")
        done.append(review)
    return done


def review_one(
    model: classifier.Classifier, folder: Path, key: str, command: str, probed: bool
) -> Review:
    """The review of one collection; ``probed`` adds saliency on the lesion and re-toning."""
    data = read_folder(folder)
    seen = folder.name in model.card.training.data and key != OFFICIAL
    if key == OFFICIAL:
        data = data.only(data.table["split"] == "test")
    table = people.recorded(data)
    table["probability"] = _probabilities(model, data, key, seen)
    cut = model.card.threshold
    groups = [fairness.group_figures(table, "all", "all", cut)]
    gaps = []
    for by in people.GROUPS:
        if (table[by] == NOT_RECORDED).all():
            continue
        groups += fairness.groups_of(table, by, cut)
        if by == "fitzpatrick":
            gaps += fairness.gaps_of(table, by, LIGHT_PAIR, DARK_PAIR, cut)
            gaps += fairness.gaps_of(table, by, LIGHT_PAIR, "III-IV", cut)
        elif by == "sex":
            gaps += fairness.gaps_of(table, by, "female", "male", cut)
    return Review(
        fairness.SCHEMA, model.card.name, key, TITLES.get(key, key), cut,
        OUT_OF_FOLD if seen else UNSEEN, command, data.sha256(),
        datetime.date.today().isoformat(), tuple(groups), tuple(gaps),
        _shares(model, data, table, folder, seen) if probed and key == _MASKS else (),
        _retoning(model, data, table, seen) if probed else None,
    )  # fmt: skip


def _probabilities(
    model: classifier.Classifier, data: LabelledSet, key: str, seen: bool
) -> np.ndarray:  # fmt: skip
    result = benchmark.Result(model.card, checkpoints.FOLDER / model.card.name)
    if result.has_predictions(key):
        scored = result.predictions(key).set_index("file")["probability"]
        missing = sorted(set(data.table["file"]) - set(scored.index))
        if missing:
            raise DataRejected(f"predictions/{key}.csv has no row for {missing[0]}.")
        return scored.loc[data.table["file"]].to_numpy(np.float64)
    if seen:
        raise DataRejected(
            f"{model.card.name} was trained on {data.name}, and its held-out folds left no "
            f"predictions/{key}.csv."
        )
    return classifier.calibrated(margins(model, data), model.card.calibration)


def _shares(
    model: classifier.Classifier, data: LabelledSet, table: pd.DataFrame, folder: Path, seen: bool
) -> tuple[fairness.LesionShare, ...]:
    if "mask" not in data.table or not (folder / "masks").is_dir():
        return ()
    left = checkpoints.FOLDER / model.card.name / FOLDER / f"shares_{data.name}.csv"
    if seen:
        if not left.is_file():
            return ()  # maps of pictures it was trained on would flatter it
        found = pd.read_csv(left)
    else:
        found = lesion_shares(
            model.network, data, folder / "masks", model.geometry, model.cut, model.card.side
        )
        results.write_text(left, found.to_csv(index=False, float_format="%.5f"))
    joined = found.merge(table[["file", "person", "fitzpatrick"]], on="file")
    rows = [fairness.lesion_share(joined, "all")]
    for pair in sorted(set(joined["fitzpatrick"])):
        rows.append(fairness.lesion_share(joined[joined["fitzpatrick"] == pair], pair))
    return tuple(rows)


def _retoning(
    model: classifier.Classifier, data: LabelledSet, table: pd.DataFrame, seen: bool
) -> Retoning | None:
    light = (table["fitzpatrick"] == LIGHT_PAIR).to_numpy()
    if not light.any():
        return None
    left = checkpoints.FOLDER / model.card.name / FOLDER / f"retoned_{data.name}.csv"
    if seen:
        if not left.is_file():
            return None
        found = pd.read_csv(left)
    else:
        part = data.only(light)
        logit = retoned_margins(
            model.network, part, people.skins(data.name), DARK, model.geometry, model.card.side
        )
        found = pd.DataFrame({"file": part.table["file"], "logit": logit})
        results.write_text(left, found.to_csv(index=False, float_format="%.6f"))
    both = table[light].merge(found.dropna(), on="file")
    after = classifier.calibrated(both["logit"].to_numpy(np.float64), model.card.calibration)
    change = metrics.auc_difference(both["label"], after, both["probability"], both["person"])
    dark = table[table["fitzpatrick"] == DARK_PAIR]
    real = None
    if len(dark):
        real = fairness.gap(
            dark, table[light], "auc", ("fitzpatrick", DARK_PAIR, LIGHT_PAIR), model.card.threshold
        ).difference
    answer = fairness.retoning_answer(change, real)
    return Retoning(LIGHT_PAIR, DARK, len(both), change, real, answer)


def _spoken(rate: results.Rate) -> str:
    return f"{rate.value:+.3f} ({rate.low:+.3f} to {rate.high:+.3f})"


if __name__ == "__main__":
    raise SystemExit(main())
