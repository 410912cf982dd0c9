"""Fit and check how far a model's answers go: the gate, the three answers, a photo's quality.

    python -m training.limits --model resnet18 --data FOLDER_WITH_THE_COLLECTIONS
    python -m training.limits --model mine --data my_moles --kind photo --positive mel,bcc

FOLDER holds the collections and not_lesion (bare skin, hands, objects, scenery). The gate is fitted
on half of the people of each and checked on the other half, and on pictures that scikit-learn and
scikit-image carry. The three answers part by the worst collection of a kind, on pictures that the
network never saw: its own validation, or held-out folds. Their checks are
nested: each fifth of these pictures is answered by cuts of the other four. Writes
limits.safetensors beside the weights, and its SHA-256 and all rates into the card.

Any other FOLDER is what a model of one's own was trained on: --kind says what its pictures are. Its
gate is fitted to them and to pictures of no skin; --others names a folder with the collections, for
bare skin and the other kind of pictures. What can't be fitted is told on the card.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from core import checkpoints
from core.arrays import Floats
from core.assessment import picture_kind
from core.assessment.picture_kind import LESIONS, Content, Gate
from core.calibration import calibrated
from core.classifier import Classifier
from core.files import write_bytes
from core.labels import DERMOSCOPIC, PHOTO, SKIN_KINDS, Kind
from core.results.card import CARD, Card, write_card
from core.results.collections import COLLECTIONS, ISIC_2018, PAD_UFES, PHOTO_SETS, REPORT, title
from core.results.limits import AnswerCheck, Answers, Limits
from core.results.test_sets import OFFICIAL, VALIDATION
from training import command
from training.assessment import (
    conformal,
    gate_pictures,
    limits_fit,
    not_skin,
    own_folder,
    signatures,
)
from training.data.file_lock import writing
from training.data.folders import read_folder
from training.data.label_rule import rule_for
from training.data.labelled_set import DataRejected, LabelledSet
from training.scoring import recalibrate
from training.scoring.predictions import read_predictions

# Whose pictures the gate is fitted to and checked on; isic2018's half is for checking alone.
FITTED = tuple(name for name, about in COLLECTIONS.items() if about.lesions and name != ISIC_2018)
# A kind that a model was not trained on is judged only if it ranks its pictures about as well as
# a useful test does: the lower end of the AUC's interval on phone photos.
LEAST_AUC = 0.75


@dataclass(frozen=True)
class LimitsOptions:
    """What the command was given."""

    model: str
    data: Path
    runs: Path
    checkpoints: Path
    kind: Kind | None
    others: Path | None
    label_column: str | None
    positive: str | None
    negative: str | None


def main(arguments: list[str] | None = None) -> int:
    return command.run(parser(), LimitsOptions, fit_and_tell, arguments)


def fit_and_tell(options: LimitsOptions, recorded: str) -> None:
    checkpoints.card(options.model, options.checkpoints)  # a typing error is told at once
    with writing(options.checkpoints / options.model):
        limits = run(options, recorded)
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
    for sentence in limits.not_fitted:
        print(sentence)


def parser() -> argparse.ArgumentParser:
    p = command.new_parser("training.limits", __doc__)
    p.add_argument("--model", required=True)
    p.add_argument(
        "--data", required=True, type=Path, metavar="FOLDER",
        help="a folder with the collections, or the one that the model was trained on",
    )  # fmt: skip
    p.add_argument("--runs", type=Path, default=Path("runs"), help="where signatures are kept")
    own = p.add_argument_group("for a model of one's own")
    own.add_argument(
        "--kind", choices=SKIN_KINDS, help="what its pictures are: dermoscopic, or ordinary photos"
    )
    own.add_argument(
        "--others", type=Path, metavar="FOLDER",
        help="a folder with collections, for the other kinds of pictures that the gate is to know",
    )  # fmt: skip
    command.label_options(own)
    command.checkpoints_option(p)
    return p


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def run(options: LimitsOptions, recorded: str) -> Limits:
    """All of it for one model; the card is written last."""
    folder = options.checkpoints / options.model
    of_collections = (options.data / REPORT).is_dir()
    card = checkpoints.card(options.model, options.checkpoints)
    if of_collections:
        whole = read_folder(options.data / REPORT)
        test = whole.only(whole.table["split"] == "test")
        card = recalibrate.recalibrated(card, folder, test)
    model = Classifier(card, checkpoints.load_network(options.model, options.checkpoints))
    cache = options.runs / "limits" / f"{options.model}-{card.weights.sha256[:12]}"

    def look(paths: Sequence[Path], what: str) -> signatures.Signatures:
        return signatures.of_files(model, paths, cache / f"{what}.npz", what)

    if of_collections:
        gate, limits = _of_collections(model, options.data, test, recorded, folder, look)
    else:
        gate, limits = _of_own(model, options, recorded, folder, look)
    write_bytes(folder / picture_kind.FILE, picture_kind.to_bytes(gate))
    write_card(dataclasses.replace(card, limits=limits), folder / CARD)
    return limits


def _of_collections(
    model: Classifier,
    data: Path,
    test: LabelledSet,
    recorded: str,
    folder: Path,
    look: own_folder.Look,
) -> tuple[Gate, Limits]:
    shown = gate_pictures.read(data, FITTED)
    seen = {one.name: look(list(one.paths), one.name) for one in shown}
    gate = picture_kind.in_32_bits(limits_fit.gate(shown, seen))
    card = model.card
    judged = _judged(card)
    unseen = _unseen(card, folder)
    answers = {kind: limits_fit.answers(unseen, kind) for kind in judged}
    return gate, Limits(
        command=recorded, date=datetime.date.today().isoformat(), file=picture_kind.FILE,
        sha256=hashlib.sha256(picture_kind.to_bytes(gate)).hexdigest(),
        fitted_on=_fitted_on(shown), kinds_judged=judged,
        answers=answers[DERMOSCOPIC],
        quality=limits_fit.quality_bounds([one for one in shown if one.content in LESIONS]),
        gate_checks=limits_fit.gate_checks(gate, judged, shown, seen) | {
            name: limits_fit.gate_check(heading, truth, gate.contents(values), judged)
            for name, heading, truth, values in _other_tests(model, data, test, look)
        },
        answers_by_kind={kind: cuts for kind, cuts in answers.items() if kind != DERMOSCOPIC},
        answer_checks=_answer_checks(card, folder, unseen, answers),
    )  # fmt: skip


def _of_own(
    model: Classifier, options: LimitsOptions, recorded: str, folder: Path, look: own_folder.Look
) -> tuple[Gate, Limits]:
    named = COLLECTIONS.get(options.data.resolve().name)
    kind = options.kind
    if kind is None and named:
        kind = PHOTO if named.is_photo else DERMOSCOPIC
    if kind is None:
        raise DataRejected(
            f"{options.data} is no folder with the collections. If the model was trained on it, "
            f"say with --kind what its pictures are: {' or '.join(SKIN_KINDS)}."
        )
    data = read_folder(
        options.data,
        rule=rule_for(model.card, options.label_column, options.positive, options.negative),
    )
    unseen = _unseen(model.card, folder).assign(kind=kind)
    answers, checks, few = own_folder.answers(unseen, kind)
    lent = gate_pictures.read(options.others, FITTED) if options.others else []
    used = own_folder.pictures(model, data, kind, lent, look)
    gate = picture_kind.in_32_bits(limits_fit.gate(used.shown, used.seen))
    judged: tuple[Kind, ...] = (kind,)
    return gate, Limits(
        command=recorded, date=datetime.date.today().isoformat(), file=picture_kind.FILE,
        sha256=hashlib.sha256(picture_kind.to_bytes(gate)).hexdigest(),
        fitted_on=_fitted_on(used.shown), kinds_judged=judged, answers=answers,
        quality=limits_fit.quality_bounds(used.shown[:1]),
        gate_checks=limits_fit.gate_checks(gate, judged, used.shown, used.seen),
        answer_checks=checks, not_fitted=(*used.missing, *few),
    )  # fmt: skip


def _fitted_on(shown: list[gate_pictures.Shown]) -> str:
    return "; ".join(f"{one.name}, {int(one.fitted.sum()):,}" for one in shown)


def _judged(card: Card) -> tuple[Kind, ...]:
    """Dermoscopic pictures, and photos too if phone photos are ranked well enough."""
    scored = card.evaluations.get(PAD_UFES)
    auc = scored.figures.auc if scored else None
    return SKIN_KINDS if auc is not None and auc.low >= LEAST_AUC else (DERMOSCOPIC,)


def _unseen(card: Card, folder: Path) -> pd.DataFrame:
    """Validation pictures, which the network never saw.

    Columns: collection, person, y, p and kind. The files of a model of several collections say
    which collection each is of.
    """
    own = read_predictions(folder, VALIDATION)
    first = own["file"].str.split("/").str[0]
    collection = first.where(first.isin(list(COLLECTIONS)), card.training.data.split(" + ")[0])
    photo = [name in PHOTO_SETS for name in collection]
    return pd.DataFrame({
        "collection": collection, "person": own["group"], "y": own["y"],
        "p": calibrated(own["logit"].to_numpy(np.float64), card.calibration),
        "kind": np.where(photo, PHOTO, DERMOSCOPIC),
    })  # fmt: skip


def _answer_checks(
    card: Card, folder: Path, unseen: pd.DataFrame, answers: dict[Kind, Answers]
) -> dict[str, AnswerCheck]:  # fmt: skip
    """What the three answers are worth on pictures that nothing was fitted to.

    Nested on what the network never saw, by collection; then sets that are for testing alone, as
    their predictions are kept.
    """
    found: dict[str, AnswerCheck] = {}
    for kind, cuts in answers.items():
        found |= limits_fit.answer_checks(unseen, kind, cuts)
    for name in (OFFICIAL, ISIC_2018):
        if name in card.evaluations:
            table = read_predictions(folder, name)
            p = calibrated(table["logit"].to_numpy(np.float64), card.calibration)
            found[name] = conformal.check(
                card.evaluations[name].title, table["y"].to_numpy(np.int64), p, answers[DERMOSCOPIC]
            )
    return found


def _other_tests(
    model: Classifier, data: Path, test: LabelledSet, look: own_folder.Look
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


if __name__ == "__main__":
    raise SystemExit(main())
