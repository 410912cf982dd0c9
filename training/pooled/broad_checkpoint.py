"""A checkpoint of a broadened or distilled model: figures of what was held out alone.

Where a model was broadened, photos are answered as before, so what the folds of the first training
said of them stands. So does what they said of HAM10000's pictures, which is the network's before it
was broadened: whoever wants its figures on these after it looks at ISIC 2018, which neither saw.
The older collections are scored by last layers that did not learn them. A distilled one scores by
itself whatever was held out.
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
from core.calibration import calibrated, moved
from core.files import write_bytes, write_text
from core.labels import CLASSES, DERMOSCOPIC, PHOTO, Kind
from core.networks.lesion_network import LesionNetwork, count_parameters
from core.results.card import (
    CARD,
    WEIGHTS,
    Calibration,
    Card,
    Evaluation,
    read_card,
    write_card,
)
from core.results.collections import PREVALENCE, REPORT, title
from core.results.of_weights import stamped
from core.results.test_sets import VALIDATION
from core.statistics import metrics
from training.data import learned
from training.data.labelled_set import LabelledSet
from training.data.pixels import in_file
from training.fitting import initial_weights
from training.pooled import held_out
from training.pooled.broad_pool import HELD, KNOWN, LEARNED, NEW, BroadPool, parted
from training.pooled.two_heads import kind_of
from training.scoring import calibration
from training.scoring.checkpoint import forget_figures
from training.scoring.device import scoring_device
from training.scoring.margins import margins_of_pixels
from training.scoring.predictions import write_table

PARTS = 5  # what was held out is parted by patient and lesion for nested figures
_CHECKED = 64  # pictures on which 16-bit weights are held against 32-bit ones

# Malignant minus benign logits (N,) of rows of a pool.
Margins = Callable[[LesionNetwork, pd.DataFrame], Floats]


def margins_at(pool: BroadPool, cache: Path, side: int) -> Margins:
    """What gives margins of a pool's rows, its pictures ``side`` pixels large as served."""
    files = {key: in_file(data, cache, side=side) for key, data in pool.sets.items()}

    def margins(of: LesionNetwork, rows: pd.DataFrame) -> Floats:
        some = dataclasses.replace(pool, files=files, table=rows.reset_index(drop=True))
        found = margins_of_pixels(of.to(scoring_device()), some)
        of.cpu()
        return found

    return margins


@dataclass(frozen=True)
class Made:
    """A network that was trained to its end, and the pool that it learned from.

    ``card`` says all but its figures and calibrations. ``held_before`` is the out_of_fold.csv of an
    earlier training, whose scores stand for the known collections; without a row the network
    itself scores all that was held.
    """

    network: LesionNetwork
    card: Card
    pool: BroadPool
    held_before: pd.DataFrame
    draft: Path  # of the weights


def ship(made: Made, margins: Margins, folder: Path) -> Card:
    """Write weights, out_of_fold.csv, predictions, learned.csv and the card, which comes last."""
    held = made.pool.table[figures_of(made.pool.table, made.held_before)].reset_index(drop=True)
    some = held.iloc[:: max(1, len(held) // _CHECKED)]
    network = made.network.eval()
    exact = margins(network, some)
    # Kept with the run until all is scored: whoever stops it finds the model as it was.
    sha256 = checkpoints.write_weights(network.backbone.state_dict(), made.draft)
    network.backbone.load_state_dict(checkpoints.read_state(made.draft))
    held = unseen(held, made.held_before, lambda rows: margins(network, rows))
    logit = held["logit"].to_numpy(np.float64)
    fitted = by_kind(held, logit, made.card.training.seed)
    usual = fitted[DERMOSCOPIC]
    nested = nested_chances(held, logit, made.card.training.seed)
    own = np.array(kinds(held))
    as_usual = logit.copy()  # as ``Classifier.margins`` has them
    for kind, fitted_own in fitted.items():
        as_usual[own == kind] = moved(logit[own == kind], fitted_own, usual)
    table = held.assign(logit=as_usual, probability=nested)
    change = np.abs(calibrated(margins(network, some), usual) - calibrated(exact, usual)).max()
    forget_figures(folder)
    write_bytes(folder / WEIGHTS, made.draft.read_bytes())
    out = stamped(table.drop(columns=["place", "use"]), sha256)
    write_text(folder / held_out.FILE, out.to_csv(index=False, float_format="%.6f"))
    card = dataclasses.replace(
        made.card,
        weights=dataclasses.replace(
            made.card.weights, sha256=sha256, parameters=count_parameters(made.card.architecture),
            change_from_float32=float(change),
        ),
        calibration=usual,
        calibration_by_kind={kind: own for kind, own in fitted.items() if kind != DERMOSCOPIC},
        evaluations=dict(_evaluations(table, made)),
        limits=None,
    )  # fmt: skip
    for name, rows in _parts(table):
        made_of_them = _predictions(table[rows], usual, prefix=name == VALIDATION)
        write_table(folder, name, made_of_them, sha256)
    _write_learned(made, card, folder)
    write_card(card, folder / CARD)
    return card


def is_of(draft: Path, folder: Path) -> bool:
    """Whether a run's ``draft`` of the weights is what was shipped to ``folder``, to its end."""
    if not (draft.is_file() and (folder / CARD).is_file()):
        return False
    return read_card(folder / CARD).weights.sha256 == initial_weights.sha256_of(str(draft))


def tell(name: str, found: Evaluation) -> None:
    """Print in one line what was scored."""
    auc = found.figures.auc
    print(f"{name}: {found.figures.n:,} pictures, AUC {auc.value:.3f}" if auc else name)


def figures_of(table: pd.DataFrame, held_before: pd.DataFrame) -> pd.Series[bool]:
    """Which rows of a pool figures are of, (N,).

    What is held, but not the report's older pictures, which their folds knew by their look, nor
    what shows a lesion or person that its fold's network has learned from another picture.
    """
    keys, known = ["collection", "file"], table["collection"].isin(KNOWN)
    fold = table[keys].merge(held_before[[*keys, "fold"]], on=keys, how="left")["fold"]
    of_known = fold.fillna(held_out.NO_FOLD).set_axis(table.index)[known]
    parted = of_known.groupby(table["together"][known]).transform("nunique") > 1
    by_look = (table["older"] & known) | parted.reindex(table.index, fill_value=False)
    return (table["use"] == HELD) & ~by_look


def unseen(
    held: pd.DataFrame, held_before: pd.DataFrame, margins: Callable[[pd.DataFrame], Floats]
) -> pd.DataFrame:
    """The held rows with ``fold`` and ``logit``, from networks that never learned the picture.

    A known picture's are as its fold left them in ``held_before``; a new one has no fold (-1) and
    the logit that ``margins`` gives it.
    """
    keys = ["collection", "file"]
    found = held.merge(held_before[[*keys, "fold", "logit"]], on=keys, how="left")
    new = found["fold"].isna()
    if new.any():
        found.loc[new, "logit"] = margins(found[new])
    return found.assign(fold=found["fold"].fillna(held_out.NO_FOLD).astype(int))


def kinds(table: pd.DataFrame) -> list[Kind]:
    """Each picture's kind, (N,)."""
    return [kind_of(name) for name in table["collection"]]


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
    """How much each picture counts in a fit, (N,).

    The malignant of a collection together are ``prevalence`` of it, and a collection counts as the
    root of its size.
    """
    source = table["collection"]
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


def _parts(table: pd.DataFrame) -> Iterator[tuple[str, pd.Series[bool]]]:
    """All that was held out, then each collection of it that has both classes."""
    yield VALIDATION, pd.Series(True, index=table.index)
    for name in (*KNOWN, *NEW):
        rows = table["collection"] == name
        if table["label"][rows].nunique() == len(CLASSES):
            yield name, rows


def _evaluations(table: pd.DataFrame, made: Made) -> Iterator[tuple[str, Evaluation]]:
    """Figures of the nested chances, so that no calibration has seen what it is judged on."""
    today = datetime.date.today().isoformat()
    training, sets = made.card.training, made.pool.sets
    for name, rows in _parts(table):
        if name == REPORT:  # its two halves are of two looks: told by the others
            continue
        heading = "All that was held out"
        if name != VALIDATION:
            heading = f"{title(name)}, {_how_held(name, made.held_before)}"
        part = table[rows]
        figures = metrics.evaluate(
            part["label"].to_numpy(), part["probability"].to_numpy(), part["person"],
            made.card.threshold,
        )  # fmt: skip
        data, digest = training.data, training.data_sha256
        if name in sets:
            data, digest = name, sets[name].sha256()
        yield name, Evaluation(heading, figures, training.command, data, digest, today)


def _how_held(name: str, held_before: pd.DataFrame) -> str:
    if name in NEW and name not in set(held_before["collection"]):
        return "a quarter that was held out"
    if name in NEW:
        return "held-out folds"
    if held_before.empty:
        return "a part that was held out"
    before = ", before it was broadened" if kind_of(name) == DERMOSCOPIC else ""
    return f"held-out folds{before}"


def _predictions(table: pd.DataFrame, usual: Calibration, prefix: bool) -> pd.DataFrame:
    """``PREDICTION_COLUMNS`` of every picture.

    With ``prefix``, for all collections together, a file's name begins with its collection's; but
    not the report's, by whose file names other models are compared on it.
    """
    owner = (table["collection"] + "/").where(table["collection"] != REPORT, "") if prefix else ""
    found = {
        "file": owner + table["file"], "label": [CLASSES[y] for y in table["label"]],
        "group": table["person"], "logit": table["logit"],
        "probability": calibrated(table["logit"].to_numpy(np.float64), usual),
    }  # fmt: skip
    return pd.DataFrame(found)


def _write_learned(made: Made, card: Card, folder: Path) -> None:
    """Folds learned whatever they held out; of other collections what was not held out."""
    content = pd.concat(
        [d.table[["file", "content"]].assign(collection=n) for n, d in made.pool.sets.items()]
    )
    use = made.pool.table[["collection", "file", "use"]]
    whole = content.merge(use, on=["collection", "file"], how="left")
    held = whole["use"] == HELD
    folded = set(made.held_before["collection"])
    in_folds = whole["collection"].isin(KNOWN) & bool(folded)
    in_folds |= held & whole["collection"].isin(folded & set(NEW))
    # what lies beside a held picture was learned by a teacher, where there was one
    taught = whole["collection"].isin(KNOWN) & ~held
    train = whole[in_folds | taught | (whole["use"] == LEARNED)].reset_index(drop=True)
    apart = whole[held & ~in_folds].reset_index(drop=True)
    learned.write(folder, LabelledSet("learned", train), LabelledSet("held", apart), card)
