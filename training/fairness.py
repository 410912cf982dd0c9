"""How a model does on people: by Fitzpatrick pair, sex, age and site, collection by collection.

    python -m training.fairness --model resnet18 --data FOLDER_WITH_THE_COLLECTIONS
    python -m training.fairness --model general --data FOLDER --runs runs/general/RECIPE

Writes checkpoints/NAME/fairness/COLLECTION.json (``core.fairness.review.Review``) and, of a
collection that was not scored before, checkpoints/NAME/predictions/COLLECTION.csv: a set that is
for testing alone is looked at once. Pictures that the model was trained on are never scored by it:
their scores are those of its held-out folds, saliency and re-toned answers those of the folds'
networks if their run folder is given, and left out if not.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core import checkpoints, classifier, files
from core.calibration import calibrated
from core.fairness.groups import NOT_RECORDED, RECORDED, gaps_of, group_figures, groups_of
from core.fairness.review import FOLDER, SCHEMA, Review
from core.results import collections, scored_models
from core.results.collections import (
    COLLECTIONS,
    FITZPATRICK,
    HAM_OTHER,
    ISIC_2018,
    MASKS,
    PAD_UFES,
    REPORT,
)
from core.results.test_sets import OFFICIAL
from core.statistics.estimates import Rate, percent
from training import command
from training.data import demographics
from training.data.file_lock import writing
from training.data.folders import read_folder
from training.data.labelled_set import DataRejected, LabelledSet
from training.pooled import held_out
from training.pooled.broad_pool import BROADENED
from training.pooled.held_out import OutOfFold
from training.scoring import review_probes as probes
from training.scoring.margins import margins_of_files
from training.scoring.predictions import write_predictions
from training.scoring.review_probes import DARK_PAIR, LIGHT_PAIR, Worker

# Whose people and masks are worth maps and re-toning, which take minutes.
PROBED = (PAD_UFES, FITZPATRICK)
# What is reviewed, by the names of predictions: the folder, and which part of a split in two.
SOURCES: dict[str, tuple[str, str | None]] = {
    **{name: (name, None) for name in PROBED},
    OFFICIAL: (REPORT, "test"),
    REPORT: (REPORT, "train"),
    ISIC_2018: (ISIC_2018, None),
    HAM_OTHER: (HAM_OTHER, None),
}
_TITLES = {name: collections.title(name) for name in SOURCES} | {
    OFFICIAL: "The report's official test set (dermoscopic)",
    REPORT: "The report's train folder (dermoscopic)",
}
OUT_OF_FOLD, UNSEEN = "of held-out folds", "of pictures the model never saw"
BY_FOLDS, BY_MODEL = "networks of held-out folds", "the model itself, which never saw the pictures"
BY_BROADENED = (
    "the model itself, which learned these pictures in its first training but not in its second; "
    "how re-toning changes an answer is added to what a network said that never saw them"
)
LEFT_OUT = "left out: the model was trained on these pictures, and no --runs was given"


@dataclass(frozen=True)
class FairnessOptions:
    """What the command was given; ``runs`` is where the networks of held-out folds are."""

    model: str
    data: Path
    runs: Path | None


def parser() -> argparse.ArgumentParser:
    p = command.new_parser("training.fairness", __doc__)
    p.add_argument("--model", required=True)
    p.add_argument("--data", required=True, type=Path, metavar="FOLDER")
    p.add_argument(
        "--runs", type=Path, metavar="FOLDER", help="where the networks of held-out folds are"
    )
    return p


def main(arguments: list[str] | None = None) -> int:
    return command.run(parser(), FairnessOptions, review_alone, arguments)


def review_alone(options: FairnessOptions, recorded: str) -> None:
    """``review_all`` as the only writer of the model's files."""
    with writing(checkpoints.FOLDER / checkpoints.card(options.model).name):
        review_all(options, recorded)


def review_all(options: FairnessOptions, recorded: str) -> None:
    """Review every collection that is at hand, write each, and say what was found."""
    model = classifier.load(options.model)
    folder = checkpoints.FOLDER / model.card.name
    scored = held_out.read(folder)
    done = 0
    # Figures by group take seconds, maps take minutes: what is quick is written first.
    order = [(key, False) for key in SOURCES] + [(key, True) for key in PROBED]
    for key, probed in order:
        source, _ = SOURCES[key]
        if not (options.data / source).is_dir():
            continue
        seen = source in model.card.training.data.split(" + ") and key != OFFICIAL
        if seen and scored is None:
            print(f"{key}: left out, the model was trained on it and left no {held_out.FILE}")
            continue
        found = review_one(
            model, options.data / source, key, scored if seen else None,
            recorded=recorded, probed=probed, runs=options.runs,
        )  # fmt: skip
        text = json.dumps(dataclasses.asdict(found), indent=1, allow_nan=False) + "\n"
        files.write_text(folder / FOLDER / f"{key}.json", text)
        _tell(found)
        done += 1
    if not done:
        raise DataRejected(f"{options.data} holds none of {', '.join(_TITLES)}.")


def _tell(found: Review) -> None:
    print(f"{found.collection}: {len(found.groups)} groups, {len(found.gaps)} gaps")
    for gap_found in found.gaps:
        if gap_found.by == "fitzpatrick" and gap_found.difference:
            print(f"  {gap_found.measure} {gap_found.first} minus {gap_found.second}: "
                  f"{_spoken(gap_found.difference)}, {gap_found.verdict}")  # fmt: skip
    for share in found.shares:
        print(f"  on the lesion, {share.group}: {percent(share.share)}, "
              f"area {share.area.value:.3f}, {share.verdict}")  # fmt: skip
    if found.retoning:
        print(f"  re-toned: AUC {_spoken(found.retoning.simulated)}, {found.retoning.answer}")


def review_one(
    model: classifier.Classifier, folder: Path, key: str, scored: OutOfFold | None, *,
    recorded: str, probed: bool, runs: Path | None = None,
) -> Review:  # fmt: skip
    """The review of one collection; ``scored`` has its held-out folds if the model saw it.

    ``probed`` adds saliency on the lesion and re-toning.
    """
    whole = _part(read_folder(folder), SOURCES[key][1])
    data = scored.part_of(whole) if scored else whole
    table = demographics.recorded(data)
    table["probability"] = _probabilities(model, data, key, scored)
    threshold = model.card.threshold
    groups = [group_figures(table, "all", "all", threshold)]
    gaps = []
    for by in RECORDED:
        if (table[by] == NOT_RECORDED).all():
            continue
        groups += groups_of(table, by, threshold)
        if by == "fitzpatrick":
            gaps += gaps_of(table, by, LIGHT_PAIR, DARK_PAIR, threshold)
            gaps += gaps_of(table, by, LIGHT_PAIR, "III-IV", threshold)
        elif by == "sex":
            gaps += gaps_of(table, by, "female", "male", threshold)
    worker, probed_by = _worker(model, scored, runs, whole.sha256()) if probed else (None, "")
    return Review(
        SCHEMA, model.card.name, key, _TITLES[key], threshold,
        OUT_OF_FOLD if scored else UNSEEN, recorded, data.sha256(),
        datetime.date.today().isoformat(), tuple(groups), tuple(gaps),
        probes.measure_shares(model, data, table, folder / MASKS, worker)
        if worker and COLLECTIONS[key].has_masks else (),
        probes.measure_retoning(model, data, table, worker) if worker else None, probed_by,
        model.card.weights.sha256,
    )  # fmt: skip


def _part(data: LabelledSet, part: str | None) -> LabelledSet:
    if part is None:
        return data
    if not data.has_official_split:
        raise DataRejected(f"{data.name} has no train/ and test/ folders.")
    return data.only(data.table["split"] == part)


def _worker(
    model: classifier.Classifier, scored: OutOfFold | None, runs: Path | None, sha256: str
) -> tuple[Worker | None, str]:
    """What asks networks about pictures, and whose they are; ``None`` if none is there that may."""
    if scored is None or not scored.has_folds:
        return lambda data, work: work(model.network, data), BY_MODEL
    if runs is not None:
        return (
            lambda data, work: held_out.by_fold(runs, model.card, scored, sha256, data, work),
            BY_FOLDS,
        )
    if BROADENED in model.card.training.preset:
        return lambda data, work: work(model.network, data), BY_BROADENED
    return None, LEFT_OUT


def _probabilities(
    model: classifier.Classifier, data: LabelledSet, key: str, scored: OutOfFold | None
) -> np.ndarray:
    folder, sha256 = checkpoints.FOLDER / model.card.name, model.card.weights.sha256
    if scored:
        write_predictions(folder, key, data, scored.logits(data), model.card.calibration, sha256)
    result = scored_models.Result(model.card, folder)
    if not result.has_predictions(key):
        found = margins_of_files(model, data)
        write_predictions(folder, key, data, found, model.card.calibration, sha256)
    kept = result.predictions(key).set_index("file")
    missing = sorted(set(data.table["file"]) - set(kept.index))
    if missing:
        raise DataRejected(f"predictions/{key}.csv has no row for {missing[0]}.")
    kept = kept.loc[data.table["file"]]
    p = kept["probability"].to_numpy(np.float64)
    now = calibrated(kept["logit"].to_numpy(np.float64), model.card.calibration)
    if not np.allclose(p, now, atol=1e-4):
        raise DataRejected(
            f"predictions/{key}.csv is of weights or a calibration before the card's: delete it."
        )
    return p


def _spoken(rate: Rate) -> str:
    return f"{rate.value:+.3f} ({rate.low:+.3f} to {rate.high:+.3f})"


if __name__ == "__main__":
    raise SystemExit(main())
