"""Bring results up to date from what is kept: no picture is shown to a network.

    python -m training.rescore --data DATA/malignant_vs_benign

For every model and every benchmark run: results files from before they said of which weights they
are say so, where they agree with the card; the part of the official test that shows no lesion known
from train is scored anew from the kept margins. FOLDER tells which lesions are known; the pairs of
pictures that were looked at are kept in checkpoints/collections. A model that ships weights gets
the hashes of what it learned from, where all of its sets are beside FOLDER.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from core import checkpoints
from core.calibration import calibrated
from core.results.card import CARD, PREDICTIONS, WEIGHTS, Card, Evaluation, read_card, write_card
from core.results.json_files import ResultsRejected
from core.results.scored_models import BENCHMARK
from core.results.test_sets import LEAK_FREE, OFFICIAL, VALIDATION
from core.statistics import metrics
from training import command
from training.data import learned, same_lesion
from training.data.folders import read_folder
from training.data.labelled_set import TEST, DataRejected, LabelledSet
from training.scoring.evaluations import parts
from training.scoring.predictions import read_predictions
from training.scoring.stamping import stamp_all


@dataclass(frozen=True)
class RescoreOptions:
    """What the command was given."""

    data: Path
    checkpoints: Path


def parser() -> argparse.ArgumentParser:
    p = command.new_parser("training.rescore", __doc__)
    p.add_argument(
        "--data", required=True, type=Path, metavar="FOLDER", help="the set with an official test"
    )
    p.add_argument("--checkpoints", type=Path, default=checkpoints.FOLDER)
    return p


def main(arguments: list[str] | None = None) -> int:
    return command.run(parser(), RescoreOptions, rescore_and_tell, arguments)


def rescore_and_tell(options: RescoreOptions, recorded: str) -> None:
    for line in rescore(options.data, options.checkpoints, recorded):
        print(line)


def rescore(data: Path, root: Path, recorded: str) -> Iterator[str]:
    """Bring every card up to date; a line for each that changed."""
    whole = read_folder(data)
    if not whole.has_official_split:
        raise DataRejected(f"{data} has no official test.")
    test = whole.only(whole.table["split"] == "test")
    kept = same_lesion.keep(data.resolve().parent, root)
    yield f"{kept.name}: {len(same_lesion.read(kept).table)} pairs"
    for path in _cards(root):
        card = read_card(path)
        yield from stamp_all(path.parent, card)
        if (path.parent / WEIGHTS).is_file():
            yield from _learned(path.parent, card, data.resolve().parent)
        if not (path.parent / PREDICTIONS / f"{OFFICIAL}.csv").is_file():
            continue
        new = no_known_lesion(card, path.parent, test, recorded)
        if new != card.evaluations.get(LEAK_FREE):
            whole_card = dataclasses.replace(
                card, evaluations=_replaced(card.evaluations, LEAK_FREE, new)
            )
            write_card(whole_card, path)
            yield f"{path.parent.relative_to(root)}: {new.title}, {new.figures.n} pictures"


def no_known_lesion(card: Card, folder: Path, test: LabelledSet, recorded: str) -> Evaluation:
    """The figures of that part from a checkpoint's kept margins. Raises ``DataRejected``."""
    kept = read_predictions(folder, OFFICIAL).set_index("file")
    if set(kept.index) != set(test.table["file"]):
        raise DataRejected(f"{folder / PREDICTIONS} is of another official test.")
    kept = kept.loc[test.table["file"]]
    title, rows = next((t, rows) for key, t, rows in parts(test, official=True) if key == LEAK_FREE)
    part = kept[rows.to_numpy()]
    scores = calibrated(part["logit"].to_numpy(np.float64), card.calibration)
    figures = metrics.evaluate(part["y"], scores, part["group"], card.threshold)
    sha256, before = test.only(rows).sha256(), card.evaluations.get(LEAK_FREE)
    if before and (before.figures, before.data_sha256, before.title) == (figures, sha256, title):
        return before
    today = datetime.date.today().isoformat()
    return Evaluation(title, figures, recorded, test.name, sha256, today)


def _learned(folder: Path, card: Card, sets: Path) -> Iterator[str]:
    """Write the hashes of what a model learned from, if nothing of these weights has them."""
    with suppress(ResultsRejected):
        if learned.known(folder, LabelledSet("", pd.DataFrame({"content": [""]})), card):
            return
    names = card.training.data.split(" + ")
    absent = [name for name in names if not (sets / name).is_dir()]
    if absent:
        yield f"{folder.name}: {learned.FILE} needs {', '.join(absent)} beside the data"
        return
    held = set(read_predictions(folder, VALIDATION)["file"]) if len(names) == 1 else set()
    tables = [read_folder(sets / name).table for name in names]
    table = pd.concat([t[t["split"] != TEST] if "split" in t else t for t in tables])
    whole = LabelledSet(card.training.data, table)
    rows = table["file"].isin(held)
    learned.write(folder, whole.only(~rows), whole.only(rows), card)
    yield f"{folder.name}: {learned.FILE}, {len(table):,} pictures"


def _cards(root: Path) -> list[Path]:
    shipped = root.glob(f"*/{CARD}")
    return [*sorted(shipped), *sorted(root.glob(f"{BENCHMARK}/*/*/{CARD}"))]


def _replaced(
    evaluations: dict[str, Evaluation], key: str, new: Evaluation
) -> dict[str, Evaluation]:
    """The same order, as pages show it; a new part follows the official test."""
    if key in evaluations:
        return {name: new if name == key else old for name, old in evaluations.items()}
    found = {}
    for name, old in evaluations.items():
        found[name] = old
        if name == OFFICIAL:
            found[key] = new
    return found


if __name__ == "__main__":
    raise SystemExit(main())
