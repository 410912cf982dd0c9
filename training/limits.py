"""Fit and check how far a model's answers go: the gate, the three answers, a photo's quality.

    python -m training.limits --model resnet18 --data FOLDER_WITH_THE_COLLECTIONS
    python -m training.limits --model mine --data my_moles --kind photo --positive mel,bcc

FOLDER holds the collections and not_lesion (bare skin, hands, objects, scenery); more bare skin is
cut from photos beside the lesions, where these have masks. The gate is fitted on half of the people
of each and checked on the other half, and on pictures that scikit-learn and scikit-image carry. The
three answers part by the worst collection of a kind, on pictures that the network never saw: its
own validation, or held-out folds. Their checks are nested: each fifth of these pictures is answered
by cuts of the other four, as it is served: what a gate that was not fitted to its person stops gets
no answer. Writes limits.safetensors and gate_contents.csv (what the gate took each of these
pictures for) beside the weights, and all rates into the card.

Any other FOLDER is what a model of one's own was trained on: --kind says what its pictures are. Its
gate is fitted to them and to pictures of no skin; --others names a folder with the collections, for
bare skin and the other kind of pictures. What can't be fitted is told on the card.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from core import checkpoints
from core.assessment import picture_kind
from core.assessment.picture_kind import LESIONS, Gate
from core.classifier import Classifier
from core.files import write_bytes
from core.labels import DERMOSCOPIC, PHOTO, SKIN_KINDS, Kind
from core.results.card import CARD, Card, write_card
from core.results.collections import COLLECTIONS, ISIC_2018, PAD_UFES, REPORT
from core.results.limits import Limits
from core.results.test_sets import VALIDATION
from training import command
from training.assessment import (
    gate_pictures,
    held_out,
    limits_fit,
    own_folder,
    served,
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

    @property
    def cut_to(self) -> Path:
        """The folder of bare skin that is cut from photos, alike for all models."""
        return self.runs / "limits" / "bare_skin"


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
        gate, limits = _of_collections(model, options, test, recorded, folder, look)
    else:
        gate, limits = _of_own(model, options, recorded, folder, look)
    write_bytes(folder / picture_kind.FILE, picture_kind.to_bytes(gate))
    write_card(dataclasses.replace(card, limits=limits), folder / CARD)
    return limits


def _of_collections(
    model: Classifier,
    options: LimitsOptions,
    test: LabelledSet,
    recorded: str,
    folder: Path,
    look: own_folder.Look,
) -> tuple[Gate, Limits]:
    data = options.data
    shown = gate_pictures.read(data, FITTED, options.cut_to)
    seen = {one.name: look(list(one.paths), one.name) for one in shown}
    gate = picture_kind.in_32_bits(limits_fit.gate(shown, seen))
    card = model.card
    judged = _judged(card)
    unseen = held_out.unseen(card, read_predictions(folder, VALIDATION))
    answers = {kind: limits_fit.answers(unseen, kind) for kind in judged}
    gates = served.two_gates(gate, shown, seen)
    tables = {
        str(name): read_folder(data / str(name), both_classes=False).table
        for name in unseen["collection"].unique() if (data / str(name)).is_dir()
    }  # fmt: skip
    unseen = held_out.with_contents(unseen, gates, tables, look)
    others = list(held_out.other_tests(model, data, test, look))
    contents = {
        one.name: pd.DataFrame({"file": one.files, "content": one.seen.contents(gate)})
        for one in others
    }  # fmt: skip
    served.write_contents(folder, unseen, contents, card.weights.sha256)
    return gate, Limits(
        command=recorded, date=datetime.date.today().isoformat(), file=picture_kind.FILE,
        sha256=hashlib.sha256(picture_kind.to_bytes(gate)).hexdigest(),
        fitted_on=_fitted_on(shown), kinds_judged=judged,
        answers=answers[DERMOSCOPIC],
        quality=limits_fit.quality_bounds([one for one in shown if one.content in LESIONS]),
        gate_checks=limits_fit.gate_checks(gate, judged, shown, seen) | {
            one.name: limits_fit.gate_check(
                one.title, one.truth, list(contents[one.name]["content"]), judged
            )
            for one in others
        },
        answers_by_kind={kind: cuts for kind, cuts in answers.items() if kind != DERMOSCOPIC},
        answer_checks=held_out.answer_checks(
            card, unseen, answers, contents,
            {name: read_predictions(folder, name)
             for name in held_out.TESTS if name in card.evaluations},
        ),
        not_fitted=() if "content" in unseen else (held_out.NOT_GATED,),
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
    lent = gate_pictures.read(options.others, FITTED, options.cut_to) if options.others else []
    used = own_folder.pictures(model, data, kind, lent, look)
    gate = picture_kind.in_32_bits(limits_fit.gate(used.shown, used.seen))
    unseen = held_out.unseen(model.card, read_predictions(folder, VALIDATION)).assign(kind=kind)
    try:
        gates = served.two_gates(gate, used.shown, used.seen)
    except ValueError:  # too few people in that half
        pass
    else:
        unseen = held_out.with_contents(
            unseen, gates, dict.fromkeys(unseen["collection"].unique(), data.table), look
        )
    answers, checks, few = own_folder.answers(unseen, kind)
    served.write_contents(folder, unseen, {}, model.card.weights.sha256)
    ungated = (held_out.NOT_GATED,) if checks and "content" not in unseen else ()
    judged: tuple[Kind, ...] = (kind,)
    return gate, Limits(
        command=recorded, date=datetime.date.today().isoformat(), file=picture_kind.FILE,
        sha256=hashlib.sha256(picture_kind.to_bytes(gate)).hexdigest(),
        fitted_on=_fitted_on(used.shown), kinds_judged=judged, answers=answers,
        quality=limits_fit.quality_bounds(used.shown[:1]),
        gate_checks=limits_fit.gate_checks(gate, judged, used.shown, used.seen),
        answer_checks=checks, not_fitted=(*used.missing, *few, *ungated),
    )  # fmt: skip


def _fitted_on(shown: list[gate_pictures.Shown]) -> str:
    return "; ".join(f"{one.name}, {int(one.fitted.sum()):,}" for one in shown)


def _judged(card: Card) -> tuple[Kind, ...]:
    """Dermoscopic pictures, and photos too if phone photos are ranked well enough."""
    scored = card.evaluations.get(PAD_UFES)
    auc = scored.figures.auc if scored else None
    return SKIN_KINDS if auc is not None and auc.low >= LEAST_AUC else (DERMOSCOPIC,)


if __name__ == "__main__":
    raise SystemExit(main())
