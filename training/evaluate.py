"""Score a labelled folder with a checkpoint; the last line printed is one JSON object.

    python -m training.evaluate --model resnet18 --data DATA/malignant_vs_benign --save
    python -m training.evaluate --model resnet18 --data DATA/pad_ufes_20_half --group fitzpatrick
    python -m training.evaluate --model resnet18 --data DATA/isic2017 --save \
        --leave-out in_mvb_train --leave-out collection=SONIC

FOLDER holds metadata.csv (file, label, any columns) and the pictures beside it or in images/. Where
pictures are marked as test, by a column split or as in Kaggle's layout, only these are scored; the
report's official test whole, without lesions that occur in train/, and the HAM10000 part alone. A
set that shares lesions with what a network has learned from is scored without them: --leave-out
COLUMN[=VALUE]. How many of the pictures the model has learned from, by the contents of their files,
is said on standard error.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from core import checkpoints, classifier
from core.calibration import calibrated
from core.results.card import CARD, write_card
from core.results.collections import REPORT
from core.statistics import metrics
from core.statistics.estimates import Figures
from training import command
from training.data import learned
from training.data.file_lock import writing
from training.data.folders import read_folder
from training.data.label_rule import rule_for
from training.data.labelled_set import TEST, DataRejected, LabelledSet
from training.data.left_out import leave_out
from training.data.metadata import OWN, THEIRS
from training.scoring.evaluations import bar, entries, parts, require_gate
from training.scoring.predictions import write_predictions
from training.scoring.sweep import Processes, margins_of_set


@dataclass(frozen=True)
class EvaluateOptions:
    """What the command was given."""

    model: str
    data: Path
    checkpoints: Path
    group: str | None
    leave_out: list[str]
    save: bool
    label_column: str | None
    positive: str | None
    negative: str | None
    to: Path | None
    devices: str
    accelerator: str


def parser() -> argparse.ArgumentParser:
    p = command.new_parser("training.evaluate", __doc__)
    p.add_argument("--model", required=True)
    p.add_argument("--data", required=True, type=Path, metavar="FOLDER")
    p.add_argument("--group", metavar="COLUMN", help="also report each value of this column")
    p.add_argument(
        "--leave-out", action="append", default=[], metavar="COLUMN[=VALUE]",
        help="score without lesions that have this value there; without =VALUE, any value but 0",
    )  # fmt: skip
    p.add_argument(
        "--save", action="store_true",
        help="write predictions/*.csv and the figures into the model's card; refused for pictures "
        "that the model has learned from",
    )  # fmt: skip
    command.label_options(p)
    command.checkpoints_option(p)
    large = p.add_argument_group("for many pictures")
    large.add_argument(
        "--to", type=Path, metavar="FILE.csv",
        help="a line for each picture as it is scored; the same command goes on after the last",
    )  # fmt: skip
    command.machine_options(large, devices="1")
    return p


def main(arguments: list[str] | None = None) -> int:
    return command.run(
        parser(), EvaluateOptions, evaluate_and_tell, arguments,
        after_stop="With --to, the same command goes on after what is scored.",
    )  # fmt: skip


def evaluate_and_tell(options: EvaluateOptions, recorded: str) -> None:
    model = checkpoints.card(options.model, options.checkpoints)  # a typing error is told at once
    folder = options.checkpoints / model.name
    with writing(folder) if options.save else nullcontext():
        print(json.dumps(evaluate(options, recorded)))


def evaluate(options: EvaluateOptions, recorded: str) -> dict[str, Any]:
    """Figures of the whole set, of its parts and per group, as the JSON object printed.

    With ``save`` they go into the model's card. Raises ``DataRejected``, ``CheckpointRejected`` and
    ``ResultsRejected``.
    """
    card = checkpoints.card(options.model, options.checkpoints)
    data = read_folder(
        options.data, both_classes=False,
        rule=rule_for(card, options.label_column, options.positive, options.negative),
    )  # fmt: skip
    has_test = data.has_official_split
    if has_test:
        data = data.only(data.table["split"] == TEST)
    data = leave_out(data, options.leave_out)
    column = THEIRS + options.group if options.group in OWN else options.group
    if column is not None and column not in data.table:
        raise DataRejected(
            f"{options.data / 'metadata.csv'} has no column {options.group!r} to group by."
        )
    model = classifier.load(options.model, options.checkpoints)
    folder = options.checkpoints / options.model
    if options.save:
        require_gate(model)
    known = _known(folder, data, model, options.save)
    found = margins_of_set(
        model, options.checkpoints, data, options.to,
        Processes(options.devices, options.accelerator),
    )  # fmt: skip
    scores = calibrated(found, model.card.calibration)

    official = has_test and data.name == REPORT
    groups: dict[str, pd.Series[bool]] = {}
    if column is not None:
        # convert_dtypes: whole numbers with gaps are 1, 2, 3 and not 1.0, 2.0, 3.0
        values = data.table[column].convert_dtypes().astype("string").fillna("not recorded")
        groups = {str(v): values == v for v in sorted(values.unique())}
    of_all = [rows for *_, rows in parts(data, official)]
    with bar(data.table["label"][rows] for rows in (*of_all, *groups.values())) as progress:

        def figures(rows: pd.Series[bool]) -> Figures:
            table = data.table[rows]
            return metrics.evaluate(
                table["label"], scores[rows.to_numpy()], table["group"], model.card.threshold,
                done=progress.update,
            )  # fmt: skip

        scored = entries(model.card, data, official, found, recorded, progress.update)
        by_group = {value: dataclasses.asdict(figures(rows)) for value, rows in groups.items()}
    sets = {key: dataclasses.asdict(entry.figures) for key, entry in scored.items()}
    whole, *its_parts = sets
    line: dict[str, Any] = {"model": options.model, "data": data.name, **sets[whole]}
    line |= {"parts": {key: sets[key] for key in its_parts}} if its_parts else {}
    if known and known.any:
        line["known"] = {"learned": known.learned, "chosen_by": known.chosen_by}
    if column is not None:
        line["groups"] = by_group
    if options.save:
        now = checkpoints.card(options.model, options.checkpoints)
        if now.weights != model.card.weights:
            raise DataRejected(f"{folder} got other weights meanwhile; nothing is saved.")
        write_predictions(folder, whole, data, found, now.calibration, now.weights.sha256)
        write_card(
            dataclasses.replace(now, evaluations={**now.evaluations, **scored}), folder / CARD
        )
    return line


def _known(
    folder: Path, data: LabelledSet, model: classifier.Classifier, save: bool
) -> learned.Known | None:
    """How many of the pictures the model knows, told; ``DataRejected`` where they were to save."""
    known = learned.known(folder, data, model.card)
    if known is None or not known.any:
        return known
    said = known.told(model.card.name)
    if save:
        raise DataRejected(
            f"{said} Nothing is saved. Mark pictures for testing alone before training, in a "
            "column split of metadata.csv, or score others."
        )
    print(said, file=sys.stderr)
    return known


if __name__ == "__main__":
    raise SystemExit(main())
