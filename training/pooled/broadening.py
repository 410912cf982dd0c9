"""The second stage of ``general``: older collections are learned, and nothing that it knew is lost.

``training.broaden`` is the command; ``last_layer`` tells the recipe.
"""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from core import checkpoints
from core.arrays import Floats
from core.labels import DERMOSCOPIC
from core.networks import registry
from core.results.card import WEIGHTS, Card, Evaluation, Initialisation, Training
from core.results.collections import HAM_OTHER
from training.data import same_lesion
from training.pooled import (
    broad_checkpoint,
    broad_pool,
    features,
    held_out,
    last_layer,
    left_out_collection,
    recipes,
    two_heads,
)
from training.pooled.broad_pool import BROADENED, HELD, KNOWN, NEW, UNUSED, BroadPool
from training.pooled.features import Features
from training.pooled.last_layer import Lead

# How a card says what was held out.
SPLIT = (
    "folds, by patient, lesion and pictures matched by local features; of the older collections "
    "by last layers of their own"
)
KEPT = HAM_OTHER  # what the last layer learns beside the older collections, so as not to forget it
FIRST_FOLD = 100  # of the last layers: their folds are no folds of whole networks


@dataclass(frozen=True)
class BroadenOptions:
    """What the command was given.

    ``start`` holds the model that is broadened, where that is not among the checkpoints. Without
    ``again`` a checkpoint that this very stage has left is not scored and written once more.
    """

    data: Path
    model: str
    name: str | None
    leave_out: str | None
    seed: int
    runs: Path
    checkpoints: Path
    start: Path | None = None
    again: bool = True


@dataclass(frozen=True)
class Broadened:
    """The last layer fitted to everything, and the older pictures by layers that never saw them.

    ``held`` has their collection, file, fold and logit. The lead and they are the network's: they
    end in the bias that all kinds of pictures share.
    """

    lead: Lead
    held: pd.DataFrame


def broaden(options: BroadenOptions, recorded: str) -> None:
    """Fit, score what was held out, and write the checkpoint."""
    root, name, began = options.checkpoints, options.name or options.model, time.monotonic()
    start = options.start or root
    card = checkpoints.card(options.model, start)
    before = held_out.needed(start / options.model)
    two_heads.architecture(card.architecture)
    if options.leave_out:
        checkpoints.card(name, root)  # minutes earlier than without it
    pool = broad_pool.read_pool(
        options.data, before.table, card.side, options.runs / "pixels", same_lesion.found(root),
        options.seed,
    )  # fmt: skip
    network = checkpoints.load_network(options.model, start).eval()
    folder = options.runs / name / "broadened"
    kept = folder / f"features-{card.weights.sha256[:12]}"
    of = features.of_rows(network, pool, used(pool.table), kept)
    old = last_layer.lead_of(network)
    if options.leave_out:
        apart = stranger(options, pool, before.table, of, old)
        apart = dataclasses.replace(apart, command=recorded)
        left_out_collection.note(apart, root / name)
        broad_checkpoint.tell(apart.title, apart)
        return
    found = broadened(pool.table, of, old, options.seed)
    two = two_heads.join(
        network, found.lead.weight, pool.table,
        lambda rows: dataclasses.replace(pool, table=rows.reset_index(drop=True))[range(len(rows))],
        options.seed,
    )  # fmt: skip
    draft = folder / WEIGHTS
    checkpoints.write_weights(two.backbone.state_dict(), draft)
    if not options.again and broad_checkpoint.is_of(draft, root / name):
        print(f"{root / name} is there")
        return
    known = as_led_now(before.table, of(pool.table[pool.table["collection"] == KEPT]), old, found)
    table = pool.table.assign(use=held(pool.table))
    learned = table["collection"].isin(KNOWN) | (table["use"] == HELD)
    made = broad_checkpoint.Made(
        two,
        broadened_card(card, dataclasses.replace(
            card.training, command=recorded, preset=f"{card.training.preset}; {BROADENED}",
            data=" + ".join(pool.sets), split=SPLIT, n_train=int(learned.sum()),
            data_sha256=hashlib.sha256("".join(pool.digests().values()).encode()).hexdigest(),
            n_validation=int((table["use"] == HELD).sum()), seed=options.seed,
            date=datetime.date.today().isoformat(),
            seconds=round(card.training.seconds + time.monotonic() - began, 1),
        )),
        dataclasses.replace(pool, table=table), pd.concat([known, found.held], ignore_index=True),
        draft,
    )  # fmt: skip
    margins = broad_checkpoint.margins_at(pool, options.runs / "pixels", card.side)
    for key, one in broad_checkpoint.ship(made, margins, root / name).evaluations.items():
        broad_checkpoint.tell(key, one)
    print(f"wrote {root / name}")


def broadened(
    table: pd.DataFrame, of: Features, old: Lead, seed: int, leave_out: str | None = None
) -> Broadened:
    """Fit the last layer to older pictures and ``KEPT``, to nothing of what ``leave_out`` shows."""
    how = recipes.STAGES.last_layer
    out = table["together"].isin(table["together"][table["collection"] == leave_out])
    rows = table.assign(strange=broad_pool.strange(table))[used(table) & ~out]
    x, label = of(rows), rows["label"].to_numpy(np.int64)
    older, strange = rows["older"].to_numpy(bool), rows["strange"].to_numpy(bool)
    part = np.full(len(rows), how.folds)
    if older.any():  # of two collections of one archive, all may be of lesions left out
        part[older] = broad_pool.parted(rows[older], how.folds, seed)

    def fitted(some: np.ndarray) -> Lead:
        counted = last_layer.weights(rows[some])
        return last_layer.fit(x[some], old, label[some], counted, how.penalty)

    lead = fitted(np.ones(len(rows), dtype=bool))
    logit = np.zeros(len(rows))
    for k in np.unique(part[strange]):
        logit[part == k] = fitted(part != k).of(x[part == k])
    found = rows[["collection", "file"]].assign(fold=FIRST_FOLD + part, logit=logit)[strange]
    found["logit"] += old.bias - lead.bias
    return Broadened(Lead(lead.weight, old.bias), found)


def used(table: pd.DataFrame) -> pd.Series[bool]:
    """Which rows of a pool the last layer is fitted to, (N,), where none is left out."""
    return table["older"].astype(bool) | (table["collection"] == KEPT)


def as_led_now(
    before: pd.DataFrame, kept: Floats, old: Lead, found: Broadened
) -> pd.DataFrame:  # fmt: skip
    """What folds said of dermoscopic pictures, on the scale of the new last layer.

    That is how its leads follow the old ones on the pictures of ``KEPT``, of features (N, C).
    """
    slope, offset = np.polyfit(old.of(kept), found.lead.of(kept), 1)
    dermoscopic = [two_heads.kind_of(name) == DERMOSCOPIC for name in before["collection"]]
    logit = before["logit"].to_numpy(np.float64)
    return before.assign(logit=np.where(dermoscopic, slope * logit + offset, logit))


def held(table: pd.DataFrame) -> pd.Series:
    """``use`` of each row, as far as figures go: of the older collections all that was strange."""
    strange = broad_pool.strange(table)
    new = table["collection"].isin(NEW)
    return table["use"].mask(new & strange, HELD).mask(new & ~strange, UNUSED)


def stranger(
    options: BroadenOptions, pool: BroadPool, before: pd.DataFrame, of: Features, old: Lead
) -> Evaluation:
    """Fit without the collection that is left out, and score it."""
    out = str(options.leave_out)
    threshold = checkpoints.card(options.model, options.start or options.checkpoints).threshold
    found = broadened(pool.table, of, old, options.seed, out)
    kept = pool.table[pool.table["collection"] == KEPT]
    known = as_led_now(before, of(kept), old, found)
    table = pool.table.assign(use=held(pool.table))
    # of the other older collection, what is of a lesion that is left out was not scored
    scored = pd.MultiIndex.from_frame(found.held[["collection", "file"]])
    there = pd.MultiIndex.from_frame(table[["collection", "file"]]).isin(scored)
    mine = table["collection"] == out
    table["use"] = table["use"].mask(table["collection"].isin(NEW) & ~mine & ~there, UNUSED)
    return left_out_collection.evaluated(
        dataclasses.replace(pool, table=table), out,
        pd.concat([known, found.held], ignore_index=True),
        lambda rows: found.lead.of(of(rows)),
        threshold=threshold, seed=options.seed, command="",
    )  # fmt: skip


def broadened_card(before: Card, training: Training) -> Card:
    """The card of what ``before`` became, but for its weights, figures and calibrations."""
    two = two_heads.architecture(before.architecture)
    return dataclasses.replace(
        before,
        description="Trained on the known collections; then a last layer of its own for "
        "dermoscopic pictures learned older collections of them, half of it from pictures that the "
        "network had not learned. Figures and calibrations are of pictures that were held out.",
        initialisation=Initialisation(
            f"{before.name} of {before.training.date}",
            f"{before.initialisation.lineage}; then {before.training.preset} on "
            f"{before.training.data}", before.initialisation.loaded,
        ),
        training=training, title=f"General {registry.get(two).title}", architecture=two,
    )  # fmt: skip
