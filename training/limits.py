"""Fit and check how far a model's answers go: the gate, the three answers, a photo's quality.

    python -m training.limits --model resnet18 --data FOLDER_WITH_THE_COLLECTIONS

FOLDER holds the collections and not_lesion (bare skin, hands, objects, scenery). The gate is fitted
on half of the people of each and checked on the other half, and on pictures that scikit-learn and
scikit-image carry. The three answers part by the worst collection of a kind, on pictures that the
network never saw: its own validation, or held-out folds. Their checks are
nested: each fifth of these pictures is answered by cuts of the other four. Writes
limits.safetensors beside the weights, and its SHA-256 and all rates into the card.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import hashlib
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from core import checkpoints
from core.arrays import Floats
from core.assessment import picture_kind, quality
from core.assessment.picture_kind import CONTENTS, KIND_OF, Content, Gate
from core.assessment.three_answers import answer
from core.classifier import Classifier, calibrated
from core.files import write_bytes
from core.labels import CLASSES, DERMOSCOPIC, PHOTO, SKIN_KINDS, Kind
from core.results.card import CARD, Card, write_card
from core.results.collections import COLLECTIONS, ISIC_2018, PAD_UFES, PREVALENCE, REPORT, title
from core.results.json_files import ResultsRejected
from core.results.limits import AnswerCheck, Answers, GateCheck, Limits, QualityBounds
from core.results.test_sets import OFFICIAL, VALIDATION
from training.assessment import conformal, gate_fit, gate_pictures, not_skin, signatures
from training.assessment.gate_pictures import Shown
from training.command import command_line
from training.data.folders import read_folder
from training.data.hdf5 import read_picture
from training.data.labelled_set import DataRejected, LabelledSet
from training.scoring import recalibrate
from training.scoring.predictions import read_predictions

# Whose pictures the gate is fitted to and checked on; isic2018's half is for checking alone.
FITTED = tuple(name for name, about in COLLECTIONS.items() if about.lesions and name != ISIC_2018)
# A kind that a model was not trained on is judged only if it ranks its pictures about as well as
# a useful test does: the lower end of the AUC's interval on phone photos.
LEAST_AUC = 0.75
PARTS = 5  # for nested checks
_UNUSUAL = 0.01  # the share of measured pictures beyond each bound of quality
_MEASURED = 250  # pictures of a collection; 1 in 100 of them is two or three


@dataclass(frozen=True)
class LimitsOptions:
    """What the command was given."""

    model: str
    data: Path
    runs: Path


def main(arguments: list[str] | None = None) -> int:
    given = sys.argv[1:] if arguments is None else arguments
    options = LimitsOptions(**vars(parser().parse_args(given)))
    try:
        limits = run(options, command_line("training.limits", given))
    except (
        DataRejected, checkpoints.CheckpointRejected, ResultsRejected, OSError,
    ) as error:  # fmt: skip
        print(error, file=sys.stderr)
        return 2
    for check in limits.gate_checks.values():
        seen = ", ".join(f"{kind} {100 * s.value:.1f} %" for kind, s in check.contents.items())
        print(f"{check.title} ({check.stopped.n}): {seen}; stopped {_percent(check.stopped.value)}")
    for found in limits.answer_checks.values():
        covered = ", ".join(f"{k} {_percent(s.value)}" for k, s in found.coverage.items())
        right, among = found.right_among_answered, found.malignant_among_benign
        print(
            f"{found.title}: covered {covered}; can't tell {_percent(found.uncertain.value)}; "
            f"right among answers {_percent(right.value) if right else 'none'}; "
            f"malignant among 'looks benign' {_percent(among.value) if among else 'none'}"
        )
    return 0


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(
        prog="python -m training.limits", description=(__doc__ or "").split("\n", maxsplit=1)[0]
    )
    p.add_argument("--model", required=True)
    p.add_argument("--data", required=True, type=Path, metavar="FOLDER")
    p.add_argument("--runs", type=Path, default=Path("runs"), help="where signatures are kept")
    return p


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def run(options: LimitsOptions, command: str) -> Limits:
    """All of it for one model; the card is written last."""
    folder = checkpoints.FOLDER / options.model
    whole = read_folder(options.data / REPORT)
    test = whole.only(whole.table["split"] == "test")
    card = recalibrate.recalibrated(checkpoints.card(options.model), folder, test)
    model = Classifier(card, checkpoints.load_network(options.model))
    cache = options.runs / "limits" / f"{options.model}-{card.weights.sha256[:12]}"

    def look(paths: Sequence[Path], what: str) -> signatures.Signatures:
        return signatures.of_files(model, paths, cache / f"{what}.npz", what)

    shown = gate_pictures.read(options.data, FITTED)
    seen = {one.name: look(list(one.paths), one.name) for one in shown}
    content = picture_kind.to_bytes(_gate(shown, seen))
    sha256 = hashlib.sha256(content).hexdigest()
    write_bytes(folder / picture_kind.FILE, content)
    gate = picture_kind.read(folder / picture_kind.FILE, sha256)
    judged = _judged(card)
    unseen = _unseen(card, folder)
    answers = {kind: _answers(unseen, kind) for kind in judged}
    limits = Limits(
        command=command,
        date=datetime.date.today().isoformat(),
        fitted_on="; ".join(f"{one.name}, {int(one.fitted.sum()):,}" for one in shown),
        file=picture_kind.FILE,
        sha256=sha256,
        kinds_judged=judged,
        answers=answers[DERMOSCOPIC],
        quality=_quality([one for one in shown if one.content in ("dermoscopic", "photo")]),
        gate_checks=_gate_checks(gate, judged, shown, seen) | {
            name: _gate_check(heading, truth, gate.contents(values), judged)
            for name, heading, truth, values in _other_tests(model, options.data, test, look)
        },
        answers_by_kind={kind: cuts for kind, cuts in answers.items() if kind != DERMOSCOPIC},
        answer_checks=_answer_checks(card, folder, unseen, answers),
    )  # fmt: skip
    write_card(dataclasses.replace(card, limits=limits), folder / CARD)
    return limits


def _gate(shown: list[Shown], seen: dict[str, signatures.Signatures]) -> Gate:
    pictures: dict[Content, list[np.ndarray]] = {content: [] for content in CONTENTS}
    people: dict[Content, list[np.ndarray]] = {content: [] for content in CONTENTS}
    for one in shown:
        pictures[one.content].append(seen[one.name].values[one.fitted])
        people[one.content].append(one.people[one.fitted])
    return gate_fit.fit(
        {content: np.concatenate(rows) for content, rows in pictures.items() if rows},
        {content: np.concatenate(rows) for content, rows in people.items() if rows},
    )


def _judged(card: Card) -> tuple[Kind, ...]:
    """Dermoscopic pictures, and photos too if phone photos are ranked well enough."""
    scored = card.evaluations.get(PAD_UFES)
    auc = scored.figures.auc if scored else None
    return SKIN_KINDS if auc is not None and auc.low >= LEAST_AUC else (DERMOSCOPIC,)


def _unseen(card: Card, folder: Path) -> pd.DataFrame:
    """collection, person, y, p and kind of validation, which the network never saw; the files of a
    model of several collections say which."""
    own = read_predictions(folder, VALIDATION)
    first = own["file"].str.split("/").str[0]
    collection = first.where(first.isin(list(COLLECTIONS)), REPORT)
    photo = [COLLECTIONS[name].is_photo for name in collection]
    return pd.DataFrame({
        "collection": collection, "person": own["group"], "y": own["y"],
        "p": calibrated(own["logit"].to_numpy(np.float64), card.calibration),
        "kind": np.where(photo, PHOTO, DERMOSCOPIC),
    })  # fmt: skip


def _groups(table: pd.DataFrame) -> conformal.Groups:
    return {
        str(name): (rows["y"].to_numpy(np.int64), rows["p"].to_numpy(np.float64))
        for name, rows in table.groupby("collection")
    }


def _answers(table: pd.DataFrame, kind: Kind) -> Answers:
    rows = table[table["kind"] == kind]
    return conformal.fit(_groups(rows), PREVALENCE[kind], conformal.PROMISED[kind])


def _answer_checks(
    card: Card, folder: Path, unseen: pd.DataFrame, answers: dict[Kind, Answers]
) -> dict[str, AnswerCheck]:  # fmt: skip
    """Nested on what the network never saw, by collection; then sets that are for testing alone,
    as their predictions are kept."""
    found = {}
    for kind, cuts in answers.items():
        rows = unseen[unseen["kind"] == kind].reset_index(drop=True)
        part = pd.factorize(rows["collection"] + "/" + rows["person"].astype(str))[0]
        part = np.random.default_rng(0).permutation(part.max() + 1)[part] % PARTS
        said = np.empty(len(rows), dtype="<U12")
        covered = np.zeros(len(rows), dtype=bool)
        for k in range(PARTS):
            own = _answers(rows[part != k], kind)
            p, y = rows["p"].to_numpy(), rows["y"].to_numpy()
            held = np.flatnonzero(part == k)
            said[held] = [answer(p[i], own) for i in held]
            covered[held] = np.where(
                y[held] == 1, p[held] >= own.malignant_from, p[held] <= own.benign_up_to
            )
        for name, mine in rows.groupby("collection"):
            if mine["y"].nunique() == len(CLASSES):
                at = mine.index.to_numpy()
                found[str(name)] = conformal.told(
                    f"{title(str(name))}, held out", mine["y"].to_numpy(np.int64), said[at],
                    covered[at], cuts.prevalence,
                )  # fmt: skip
    for name in (OFFICIAL, ISIC_2018):
        if name in card.evaluations:
            table = read_predictions(folder, name)
            p = calibrated(table["logit"].to_numpy(np.float64), card.calibration)
            found[name] = conformal.check(
                card.evaluations[name].title, table["y"].to_numpy(np.int64), p, answers[DERMOSCOPIC]
            )
    return found


def _gate_checks(
    gate: Gate, judged: tuple[str, ...], shown: list[Shown], seen: dict[str, signatures.Signatures]
) -> dict[str, GateCheck]:  # fmt: skip
    """Of each collection and class, the people that the gate was not fitted to."""
    return {
        one.name: _gate_check(
            f"{title(one.name)}, other people", one.content,
            gate.contents(seen[one.name].values[~one.fitted]), judged,
        )
        for one in shown if not one.fitted.all()
    }  # fmt: skip


def _other_tests(
    model: Classifier, data: Path, test: LabelledSet, look: Callable[..., signatures.Signatures]
) -> Iterator[tuple[str, str, Content, Floats]]:  # fmt: skip
    yield (
        OFFICIAL,
        "Official test set",
        "dermoscopic",
        look(list(test.table["path"]), OFFICIAL).values,
    )
    if (data / ISIC_2018).is_dir():
        paths = list(read_folder(data / ISIC_2018, both_classes=False).table["path"])
        yield ISIC_2018, title(ISIC_2018), "dermoscopic", look(paths, ISIC_2018).values
    other = [image for _, image in not_skin.pictures()]
    yield ("not_skin", "Pictures that are no skin (scikit-learn, scikit-image)", picture_kind.ELSE,
           signatures.of_images(model, other).values)  # fmt: skip


def _gate_check(
    heading: str, truth: Content, contents: Sequence[Content], judged: tuple[str, ...]
) -> GateCheck:
    found = np.array(contents)
    kinds = np.array([KIND_OF[content] for content in contents])
    passed = np.isin(found, ("dermoscopic", "photo")) & np.isin(kinds, judged)
    return GateCheck(
        title=heading,
        truth=truth,
        stopped=conformal.share(~passed),
        kinds={
            str(name): conformal.share(kinds == name) for name in dict.fromkeys(KIND_OF.values())
        },
        contents={name: conformal.share(found == name) for name in CONTENTS},
    )


def _quality(shown: list[Shown]) -> QualityBounds:
    """Bounds that 99 in 100 pictures of each collection keep: of each, the widest."""
    rows = []
    for one in shown:
        found = [
            quality.measure(read_picture(path))
            for path in tqdm(one.paths[:_MEASURED], desc=f"measuring {one.name}", leave=False)
        ]
        values = np.array([[q.sharpness, q.lightness, q.glare, q.rim] for q in found])
        low, high = np.quantile(values, (_UNUSUAL, 1 - _UNUSUAL), axis=0)
        rows.append((low[0], low[1], high[1], high[2], high[3]))
    table = np.array(rows)
    return QualityBounds(
        sharpness=float(table[:, 0].min()),
        darkest=float(table[:, 1].min()),
        brightest=float(table[:, 2].max()),
        glare=float(table[:, 3].max()),
        rim=float(table[:, 4].max()),
        measured_on="; ".join(f"{one.name}, {len(one.paths[:_MEASURED]):,}" for one in shown),
    )


if __name__ == "__main__":
    raise SystemExit(main())
