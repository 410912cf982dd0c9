"""Fit and check how far a model's answers go: the gate, the three answers, a photo's quality.

    python -m training.limits --model resnet18 --data FOLDER_WITH_THE_COLLECTIONS

FOLDER holds malignant_vs_benign, ham10000_other_lesions, isic2018_test_half, pad_ufes_20_half and
fitzpatrick17k_half. The gate is fitted on pictures of training, validation and half of the photos
(by patient, where known), and checked on the other half and on pictures that are no skin. The three
answers part where validation says, so that nearly all are right; a model that judges photos too has
cuts of its own for them, from the same half of the photos, that cover 90 %: asked for more, it
could hardly ever tell. Of a model that was trained on these collections only scores of held-out
folds are used, as its predictions/*.csv keep them. Writes limits.safetensors beside the
weights, and its SHA-256 and all rates into the card.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import hashlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from core import checkpoints, classifier
from core.arrays import Floats
from core.assessment import picture_kind, quality
from core.classifier import calibrated
from core.files import write_bytes
from core.labels import DERMOSCOPIC, NOT_SKIN, PHOTO, SKIN_KINDS, Kind
from core.results.card import CARD, Card, write_card
from core.results.collections import FITZPATRICK, HAM_OTHER, ISIC_2018, PAD_UFES, REPORT, title
from core.results.limits import Answers, GateCheck, Limits, QualityBounds
from core.results.test_sets import OFFICIAL, VALIDATION
from core.statistics import metrics
from core.statistics.estimates import Share
from training.assessment import conformal, gate_fit, not_skin, signatures
from training.command import command_line
from training.data.folders import read_folder
from training.data.hdf5 import read_picture
from training.data.labelled_set import DataRejected
from training.scoring import recalibrate
from training.scoring.predictions import read_predictions

OWN, OTHER, PHONE = REPORT, HAM_OTHER, PAD_UFES
# What a half that was not fitted differs in: Fitzpatrick17k does not say who a picture shows.
PHOTOS = {PHONE: "other patients", FITZPATRICK: "other pictures"}
DERMOSCOPIC_TEST = ISIC_2018
SEED = 0
# Enough for a covariance of a few hundred numbers; more pictures cost time, not accuracy.
AT_MOST = {OWN: 900, OTHER: 500}
# A kind that a model was not trained on is judged only if it ranks its pictures about as well as
# a useful test does: the lower end of the AUC's interval, on the photos the gate is fitted to.
LEAST_AUC = 0.75
_UNUSUAL = 0.01  # the share of measured pictures beyond each bound of quality


@dataclass(frozen=True)
class Part:
    """Pictures of one collection on one side: those fitted to, or those held out."""

    title: str
    paths: list[Path]
    table: pd.DataFrame


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m training.limits", description=(__doc__ or "").split("\n", maxsplit=1)[0]
    )
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", required=True, type=Path, metavar="FOLDER")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="where signatures are kept")
    options = parser.parse_args(arguments)
    try:
        checkpoints.card(options.model)
        command = command_line("training.limits", sys.argv[1:] if arguments is None else arguments)
        limits = run(options.model, options.data, options.runs, command)
    except (DataRejected, checkpoints.CheckpointRejected, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    for check in limits.gate_checks.values():
        told = ", ".join(f"{kind} {100 * s.value:.1f} %" for kind, s in check.kinds.items())
        print(f"{check.title}: {told}; stopped {_told(check.stopped)}")
    for found in limits.answer_checks.values():
        covered = ", ".join(f"{k} {100 * s.value:.1f} %" for k, s in found.coverage.items())
        right = found.right_among_answered
        print(
            f"{found.title}: covered {covered}; can't tell {_told(found.uncertain)}; "
            f"right among answers {_told(right) if right else 'none'}"
        )
    return 0


def _told(share: Share) -> str:
    return f"{100 * share.value:.1f} % of {share.n}"


def run(name: str, data: Path, runs: Path, command: str) -> Limits:
    """All of it for one model; the card is written last."""
    folder = checkpoints.FOLDER / name
    whole = read_folder(data / OWN)
    own, test = whole.table, whole.only(whole.table["split"] == "test")
    card = recalibrate.recalibrated(checkpoints.card(name), folder, test)
    model = classifier.Classifier(card, checkpoints.load_network(name))
    validation = own_validation(folder)
    parts = _parts(data, own, set(validation["file"]))
    cache = runs / "limits" / f"{name}-{card.weights.sha256[:12]}"

    def look(part: Part) -> signatures.Signatures:
        return signatures.of_files(model, part.paths, cache / f"{part.title}.npz", part.title)

    seen = {key: look(part) for key, part in parts.items()}
    photos = np.concatenate([seen[f"fit {key}"].values for key in PHOTOS])
    dermoscopic = np.concatenate([seen[f"fit {key}"].values for key in (OWN, OTHER)])
    fitted = gate_fit.fit(
        {DERMOSCOPIC: dermoscopic, PHOTO: photos}, {DERMOSCOPIC: seen[VALIDATION].values}, SEED
    )
    photo_scores = {key: _photo_scores(model, folder, key, parts, seen) for key in PHOTOS}
    # Scores of held-out folds are validation on both sides; others' held side is for the checks.
    sides = ("fit", "held") if PHONE in card.training.data else ("fit",)
    judged = _judged(pd.concat([photo_scores[PHONE][side] for side in sides]))
    other = [image for _, image in not_skin.pictures()]
    tests: list[tuple[str, str, Kind, Floats]] = [
        (OFFICIAL, "Official test set", DERMOSCOPIC, seen[OFFICIAL].values),
        (DERMOSCOPIC_TEST, title(DERMOSCOPIC_TEST), DERMOSCOPIC, seen[DERMOSCOPIC_TEST].values),
        *((key, f"{title(key)}, {PHOTOS[key]}", PHOTO, seen[f"held {key}"].values)
          for key in PHOTOS),
        ("not_skin", "Pictures that are no skin (scikit-learn, scikit-image)", NOT_SKIN,
         signatures.of_images(model, other).values),
    ]  # fmt: skip
    content = picture_kind.to_bytes(fitted)
    write_bytes(folder / picture_kind.FILE, content)
    served = picture_kind.read(folder / picture_kind.FILE, hashlib.sha256(content).hexdigest())
    cuts = conformal.fit_for_right_answers(
        validation["y"].to_numpy(), _probabilities(validation, card)
    )
    photo_cuts: dict[str, Answers] = {}
    if PHOTO in judged:
        fitted_to = pd.concat([scores["fit"] for scores in photo_scores.values()])
        photo_cuts = {PHOTO: conformal.fit(fitted_to["y"].to_numpy(), fitted_to["p"].to_numpy())}
    limits = Limits(
        command=command,
        date=datetime.date.today().isoformat(),
        fitted_on="; ".join(
            f"{part.title}, {len(part.paths):,}"
            for key, part in parts.items()
            if key.startswith("fit ") or key == VALIDATION
        ),
        file=picture_kind.FILE,
        sha256=hashlib.sha256(content).hexdigest(),
        kinds_judged=judged,
        answers=cuts,
        quality=_quality([parts[VALIDATION], *(parts[f"fit {key}"] for key in PHOTOS)]),
        gate_checks={
            key: _gate_check(title, truth, served.kinds(values), judged)
            for key, title, truth, values in tests
        },
        answers_by_kind=photo_cuts,
        answer_checks={
            key: conformal.check(card.evaluations[key].title, table["y"].to_numpy(),
                                 _probabilities(table, card), cuts)
            for key in (OFFICIAL, DERMOSCOPIC_TEST, *(() if photo_cuts else (PHONE,)))
            if key in card.evaluations
            for table in (read_predictions(folder, key),)
        } | {
            key: conformal.check(f"{title(key)}, {PHOTOS[key]}", scores["held"]["y"].to_numpy(),
                                 scores["held"]["p"].to_numpy(), photo_cuts[PHOTO])
            for key, scores in photo_scores.items() if photo_cuts
        },
    )  # fmt: skip
    write_card(dataclasses.replace(card, limits=limits), folder / CARD)
    return limits


def own_validation(folder: Path) -> pd.DataFrame:
    """A model's validation predictions on the report's set, whatever else it was validated on."""
    table = read_predictions(folder, VALIDATION)
    return table[~table["file"].str.split("/").str[0].isin((OTHER, *PHOTOS))]


def _probabilities(table: pd.DataFrame, card: Card) -> Floats:
    return calibrated(table["logit"].to_numpy(np.float64), card.calibration)


def _parts(data: Path, own: pd.DataFrame, validation: set[str]) -> dict[str, Part]:
    held_out = own["file"].isin(validation)
    train = own[(own["split"] == "train") & ~held_out]
    if train.empty:  # every picture of train was held out of some fold
        train = _some(own[held_out], AT_MOST[OWN])
        held_out &= ~own["file"].isin(train["file"])
    parts = {
        f"fit {OWN}": _part(f"{OWN}, train", _some(train, AT_MOST[OWN])),
        VALIDATION: _part(f"{OWN}, validation", own[held_out]),
        OFFICIAL: _part("Official test set", own[own["split"] == "test"]),
    }
    if not validation <= set(own["file"]):
        raise DataRejected(f"{data / OWN} lacks validation pictures of this model.")
    others = read_folder(data / OTHER, both_classes=False).table
    parts[f"fit {OTHER}"] = _part(OTHER, _some(others, AT_MOST[OTHER]))
    tests = read_folder(data / DERMOSCOPIC_TEST, both_classes=False).table
    parts[DERMOSCOPIC_TEST] = _part(DERMOSCOPIC_TEST, tests)
    for key, others_are in PHOTOS.items():
        table = read_folder(data / key, both_classes=False).table
        groups = np.unique(table["group"])
        chosen = np.random.default_rng(SEED).permutation(len(groups))[: len(groups) // 2]
        rows = table["group"].isin(groups[chosen])
        parts[f"fit {key}"] = _part(f"{key}, fitted part", table[rows])
        parts[f"held {key}"] = _part(f"{key}, {others_are}", table[~rows])
    return parts


def _part(title: str, table: pd.DataFrame) -> Part:
    return Part(title, list(table["path"]), table)


def _some(table: pd.DataFrame, most: int) -> pd.DataFrame:
    return table.sample(min(most, len(table)), random_state=SEED)


def _photo_scores(
    model: classifier.Classifier, folder: Path, key: str, parts: dict[str, Part],
    seen: dict[str, signatures.Signatures],
) -> dict[str, pd.DataFrame]:  # fmt: skip
    """y, calibrated p and group of a collection's photos, by side: those fitted to, those held out.

    Where the model learned from the collection, its predictions file has the scores of held-out
    folds; what the network gives now would be of pictures it has seen.
    """
    learned = key in model.card.training.data
    sides = {}
    for side in ("fit", "held"):
        table = parts[f"{side} {key}"].table
        margins = seen[f"{side} {key}"].margins
        if learned:
            kept = read_predictions(folder, key).set_index("file")["logit"]
            table = table[table["file"].isin(kept.index)]
            margins = kept.loc[table["file"]].to_numpy(np.float64)
        p = calibrated(margins, model.card.calibration)
        sides[side] = pd.DataFrame({"y": table["label"], "p": p, "group": table["group"]})
    return sides


def _judged(photos: pd.DataFrame) -> tuple[str, ...]:
    """Dermoscopic pictures, and photos too if the fitted photos are ranked well enough."""
    auc = metrics.evaluate(photos["y"], photos["p"], photos["group"]).auc
    return SKIN_KINDS if auc is not None and auc.low >= LEAST_AUC else (DERMOSCOPIC,)


def _gate_check(
    title: str, truth: Kind, kinds: Sequence[Kind], judged: tuple[str, ...]
) -> GateCheck:
    found = np.array(kinds)
    names = (*SKIN_KINDS, NOT_SKIN)
    return GateCheck(
        title=title,
        truth=truth,
        stopped=conformal.share(~np.isin(found, judged)),
        kinds={name: conformal.share(found == name) for name in names},
    )


def _quality(parts: list[Part]) -> QualityBounds:
    """Bounds that 99 in 100 pictures of each part keep: of each, the widest."""
    rows = []
    for part in parts:
        found = [
            quality.measure(read_picture(path))
            for path in tqdm(part.paths, desc=f"measuring {part.title}", leave=False)
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
        measured_on="; ".join(f"{part.title}, {len(part.paths):,}" for part in parts),
    )


if __name__ == "__main__":
    raise SystemExit(main())
