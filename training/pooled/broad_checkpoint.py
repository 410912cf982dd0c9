"""The checkpoint of a broadened model: figures and calibrations of what was held out alone.

Pictures of the collections that the model knew were held out twice: by the folds of its first
training, whose networks are gone but whose logits are kept, and by the broadening. What the
broadening changed of a picture's logit is added to what its fold said: the difference between the
network after and before, neither of which learned the picture in between.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from core import checkpoints
from core.arrays import Floats
from core.classifier import calibrated
from core.files import write_bytes, write_text
from core.labels import CLASSES, DERMOSCOPIC, PHOTO, Kind
from core.networks.lesion_network import LesionNetwork
from core.results.card import (
    CARD,
    PREDICTION_COLUMNS,
    PREDICTIONS,
    WEIGHTS,
    Calibration,
    Card,
    Evaluation,
    Initialisation,
    Training,
    write_card,
)
from core.results.collections import COLLECTIONS, ISIC_2017, PREVALENCE, REPORT, title
from core.results.of_weights import stamped
from core.results.test_sets import VALIDATION
from core.statistics import metrics
from training.data import learned
from training.data.labelled_set import LabelledSet
from training.pooled import held_out
from training.pooled.broad_pool import HELD, KNOWN, LEARNED, NEW, BroadPool, parted
from training.scoring import calibration
from training.scoring.checkpoint import forget_figures

PARTS = 5  # what was held out is parted by patient and lesion for nested figures
_CHECKED = 64  # pictures on which 16-bit weights are held against 32-bit ones

# Malignant minus benign logits (N,) of rows of a pool.
Margins = Callable[[LesionNetwork, pd.DataFrame], Floats]


@dataclass(frozen=True)
class Broadened:
    """A network after and before, and the pool that it was broadened with."""

    network: LesionNetwork
    before: LesionNetwork
    card: Card  # of before
    pool: BroadPool
    held_before: pd.DataFrame  # out_of_fold.csv
    training: Training
    draft: Path  # of the weights


def ship(made: Broadened, margins: Margins, folder: Path) -> Card:
    """Write weights, out_of_fold.csv, predictions, learned.csv and the card, which comes last."""
    held = made.pool.table[made.pool.table["use"] == HELD].reset_index(drop=True)
    some = held.iloc[:: max(1, len(held) // _CHECKED)]
    network = made.network.eval()
    exact = margins(network, some)
    # Kept with the run until all is scored: whoever stops it finds the model as it was.
    sha256 = checkpoints.write_weights(network.backbone.state_dict(), made.draft)
    network.backbone.load_state_dict(checkpoints.read_state(made.draft))
    held = unseen(held, made.held_before, margins(network, held), margins(made.before, held))
    logit = held["logit"].to_numpy(np.float64)
    fitted = by_kind(held, logit, made.training.seed)
    usual = fitted[DERMOSCOPIC]
    nested = nested_chances(held, logit, made.training.seed)
    moved = np.array([_moved(z, fitted[kind], usual) for z, kind in zip(logit, kinds(held),
                                                                      strict=True)])  # fmt: skip
    table = held.assign(logit=moved, probability=nested)
    change = np.abs(calibrated(margins(network, some), usual) - calibrated(exact, usual)).max()
    forget_figures(folder)
    write_bytes(folder / WEIGHTS, made.draft.read_bytes())
    out = stamped(table.drop(columns=["place", "use"]), sha256)
    write_text(folder / held_out.FILE, out.to_csv(index=False, float_format="%.6f"))
    card = dataclasses.replace(
        made.card,
        description="Trained on every collection at hand, then taught older collections of "
        "dermoscopic pictures without forgetting the others; figures and calibrations are of "
        "pictures that were held out.",
        initialisation=Initialisation(
            f"{made.card.name} of {made.card.training.date}",
            f"{made.card.initialisation.lineage}; then {made.card.training.preset} on "
            f"{made.card.training.data}", made.card.initialisation.loaded,
        ),
        training=made.training,
        weights=dataclasses.replace(
            made.card.weights, sha256=sha256, change_from_float32=float(change)
        ),
        calibration=usual,
        calibration_by_kind={kind: own for kind, own in fitted.items() if kind != DERMOSCOPIC},
        evaluations=dict(_evaluations(table, made.pool, made.training, made.card.threshold)),
        limits=None,
    )  # fmt: skip
    for name, rows in _parts(table):
        path = folder / PREDICTIONS / f"{name}.csv"
        kept = stamped(_predictions(table[rows], usual, prefix=name == VALIDATION), sha256)
        write_text(path, kept.to_csv(index=False, float_format="%.6f"))
    _write_learned(made.pool, card, folder)
    write_card(card, folder / CARD)
    return card


def unseen(held: pd.DataFrame, held_before: pd.DataFrame, after: Floats, before: Floats
           ) -> pd.DataFrame:  # fmt: skip
    """The held rows with ``fold`` and ``logit``: of a picture of a known collection its fold's,
    with what the broadening changed; of a new one the network's own, and no fold, -1.

    ``after`` and ``before`` (N,) are what the networks after and before make of them.
    """
    keys = ["collection", "file"]
    found = held.merge(held_before[[*keys, "fold", "logit"]], on=keys, how="left")
    known = found["fold"].notna()
    logit = np.where(known, found["logit"].fillna(0) + after - before, after)
    return found.assign(fold=found["fold"].fillna(-1).astype(int), logit=logit)


def kinds(table: pd.DataFrame) -> list[Kind]:
    """Whether each picture is a photo, (N,)."""
    return [PHOTO if COLLECTIONS[name].is_photo else DERMOSCOPIC for name in table["collection"]]


def by_kind(table: pd.DataFrame, logit: Floats, seed: int) -> dict[Kind, Calibration]:
    """A calibration for each kind of picture, from logits (N,) of pictures that were held out.

    P means ``PREVALENCE`` of a kind: how many malignant ones its pictures are taken to have.
    """
    found: dict[Kind, Calibration] = {}
    own = np.array(kinds(table))
    for kind in (DERMOSCOPIC, PHOTO):
        rows = own == kind
        counts = counted(table[rows], PREVALENCE[kind])
        y = table["label"].to_numpy(np.int64)[rows]
        fitted = calibration.fit(logit[rows], y, seed, counts)
        found[kind] = dataclasses.replace(fitted, prevalence=PREVALENCE[kind])
    return found


def counted(table: pd.DataFrame, prevalence: float) -> Floats:
    """How much each picture counts (N,): the malignant of a source ``prevalence`` of it, a source
    the root of its size. The report's older malignant pictures count with ISIC 2017's."""
    older = table["older"].to_numpy(dtype=bool) & (table["collection"] == REPORT).to_numpy()
    source = table["collection"].where(~older, ISIC_2017)
    cell = source + "/" + table["label"].astype(str)
    share = np.where(table["label"] == 1, prevalence, 1 - prevalence)
    root = source.groupby(source).transform("size") ** 0.5
    return np.asarray(share * root / cell.groupby(cell).transform("size"), dtype=np.float64)


def nested_chances(table: pd.DataFrame, logit: Floats, seed: int) -> Floats:
    """P(malignant) (N,), each by calibrations of the other parts of what was held out."""
    p = np.full(len(table), np.nan)
    part, own = parted(table, PARTS, seed), np.array(kinds(table))
    for k in range(PARTS):
        fitted = by_kind(table[part != k], logit[part != k], seed)
        for kind, one in fitted.items():
            rows = (part == k) & (own == kind)
            p[rows] = calibrated(logit[rows], one)
    return p


def _moved(logit: float, own: Calibration, usual: Calibration) -> float:
    """As ``Classifier.margins`` has it: where the usual calibration says its kind's P."""
    return (own.slope * logit + own.intercept - usual.intercept) / usual.slope


def _parts(table: pd.DataFrame) -> Iterator[tuple[str, pd.Series[bool]]]:
    """All that was held out, then each collection of it that has both classes."""
    yield VALIDATION, pd.Series(True, index=table.index)
    for name in (*KNOWN, *NEW):
        rows = table["collection"] == name
        if table["label"][rows].nunique() == len(CLASSES):
            yield name, rows


def _evaluations(
    table: pd.DataFrame, pool: BroadPool, training: Training, threshold: float
) -> Iterator[tuple[str, Evaluation]]:
    """Figures of the nested chances, so that no calibration has seen what it is judged on."""
    today = datetime.date.today().isoformat()
    for name, rows in _parts(table):
        if name == REPORT:  # its two halves are of two looks: told by the others
            continue
        held = "held-out folds" if name in KNOWN else "a quarter that was held out"
        heading = "All that was held out" if name == VALIDATION else f"{title(name)}, {held}"
        part = table[rows]
        figures = metrics.evaluate(
            part["label"].to_numpy(), part["probability"].to_numpy(), part["person"], threshold
        )
        data, digest = training.data, training.data_sha256
        if name in pool.sets:
            data, digest = name, pool.sets[name].sha256()
        yield name, Evaluation(heading, figures, training.command, data, digest, today)


def _predictions(table: pd.DataFrame, usual: Calibration, prefix: bool) -> pd.DataFrame:
    """``PREDICTION_COLUMNS`` of every picture; of all together, the report's set keeps its own file
    names, by which other models are compared on it."""
    owner = (table["collection"] + "/").where(table["collection"] != REPORT, "") if prefix else ""
    found = {
        "file": owner + table["file"], "label": [CLASSES[y] for y in table["label"]],
        "group": table["person"], "logit": table["logit"],
        "probability": calibrated(table["logit"].to_numpy(np.float64), usual),
    }  # fmt: skip
    return pd.DataFrame(found)[list(PREDICTION_COLUMNS)]


def _write_learned(pool: BroadPool, card: Card, folder: Path) -> None:
    """All of the known collections was learned, of the new ones what was not held out."""
    content = pd.concat(
        [d.table[["file", "content"]].assign(collection=n) for n, d in pool.sets.items()]
    )
    use = pool.table[["collection", "file", "use"]]
    whole = content.merge(use, on=["collection", "file"], how="left")
    new = whole["collection"].isin(NEW)
    train = whole[~new | (whole["use"] == LEARNED)].reset_index(drop=True)
    held = whole[new & (whole["use"] == HELD)].reset_index(drop=True)
    learned.write(folder, LabelledSet("learned", train), LabelledSet("held", held), card)
