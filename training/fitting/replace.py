"""A checkpoint is never written over by another model without being asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from core.results.card import CARD, Card, Initialisation, read_card
from core.results.json_files import ResultsRejected
from training.data.labelled_set import DataRejected
from training.data.split import Split
from training.fitting import initial_weights
from training.fitting.fit import Run


def refuse_another(run: Run, split: Split, default: str) -> None:
    """``DataRejected`` where the checkpoint's folder holds a model of other data or settings."""
    path = run.checkpoints / run.name / CARD
    if not path.is_file():
        return
    try:
        other = list(_differences(run, split, read_card(path)))
    except ResultsRejected:
        other = ["its card cannot be read"]
    if other:
        name = (
            f", or another --name, as {default}" if default != run.name else ", or another --name"
        )
        raise DataRejected(
            f"{path.parent} holds another model: {'; '.join(other)}. Give --replace to write over "
            f"it and its figures{name}."
        )


def _differences(run: Run, split: Split, card: Card) -> Iterator[str]:
    was = card.training
    if was.data_sha256 != split.sha256:
        same = " (but other pictures or labels)" if was.data == split.name else ""
        yield f"it learned from {was.data}{same}"
    pairs: tuple[tuple[str, object, object], ...] = (
        ("model", run.architecture, card.architecture), ("preset", run.preset_name, was.preset),
        ("epochs", run.preset.epochs, was.epochs), ("side", run.preset.side, card.side),
        ("seed", run.seed, was.seed), ("split", run.split, was.split),
        ("split seed", split.seed, was.seed if was.split_seed is None else was.split_seed),
    )  # fmt: skip
    for name, mine, its in pairs:
        if mine != its:
            yield f"{name} {its}, asked for {mine}"
    yield from _another_start(run.start, card.initialisation)


def _another_start(start: str, its: Initialisation) -> Iterator[str]:
    """A start of other contents; where a card from before has no hash, of another name."""
    mine, sha256 = Path(start).name, initial_weights.sha256_of(start)
    if its.sha256 and sha256:
        if its.sha256 != sha256:
            same = " (another file of that name)" if mine == its.source else ""
            yield f"start {its.source}, asked for {mine}{same}"
    elif mine != its.source:
        yield f"start {its.source}, asked for {mine}"
