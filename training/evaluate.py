"""Score a labelled folder with a checkpoint; the last line printed is one JSON object.

    python -m training.evaluate --model resnet18 --data DATA/malignant_vs_benign --save
    python -m training.evaluate --model resnet18 --data DATA/pad_ufes_20_half --group fitzpatrick
    python -m training.evaluate --model resnet18 --data DATA/isic2017 --save \
        --leave-out in_mvb_train --leave-out collection=SONIC

FOLDER holds metadata.csv (file, label, any columns) and the pictures beside it or in images/. Of a
folder in Kaggle's layout only test/ is scored: whole, and where metadata.csv tells lesions apart,
also without lesions that occur in train/, and the HAM10000 part alone. A set that shares lesions
with what a network has learned from is scored without them: --leave-out COLUMN[=VALUE].
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from core import checkpoints, classifier
from core.results.card import CARD, write_card
from core.statistics import metrics
from core.statistics.estimates import Figures
from training.command import command_line
from training.data.folders import OWN, THEIRS, read_folder
from training.data.labelled_set import DataRejected
from training.data.left_out import leave_out
from training.scoring.evaluations import entries
from training.scoring.margins import margins_of_files
from training.scoring.predictions import write_predictions


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m training.evaluate", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", required=True, type=Path, metavar="FOLDER")
    parser.add_argument("--group", metavar="COLUMN", help="also report each value of this column")
    parser.add_argument(
        "--leave-out", action="append", default=[], metavar="COLUMN[=VALUE]",
        help="score without lesions that have this value there; without =VALUE, any value but 0",
    )  # fmt: skip
    parser.add_argument(
        "--save", action="store_true",
        help="write predictions/*.csv and the figures into the model's card",
    )  # fmt: skip
    options = parser.parse_args(arguments)
    given = sys.argv[1:] if arguments is None else arguments
    try:
        checkpoints.card(options.model)
        line = evaluate(
            options.model, options.data, options.group, options.leave_out,
            command_line("training.evaluate", given) if options.save else None,
        )  # fmt: skip
    except (DataRejected, checkpoints.CheckpointRejected, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    print(json.dumps(line))
    return 0


def evaluate(
    name: str, folder: Path, group: str | None, without: Sequence[str], save_as: str | None
) -> dict[str, Any]:
    """Figures of the whole set, of its parts and per group, as the JSON object printed.

    ``without`` are conditions of ``left_out``.
    ``save_as`` is the command to record with the figures in the model's card, ``None`` to leave
    the card alone. Raises ``DataRejected`` and ``CheckpointRejected``.
    """
    data = read_folder(folder, both_classes=False)
    kaggle = data.has_official_split
    if kaggle:
        data = data.only(data.table["split"] == "test")
    data = leave_out(data, without)
    column = THEIRS + group if group in OWN else group
    if group is not None and column not in data.table:
        raise DataRejected(f"{folder / 'metadata.csv'} has no column {group!r} to group by.")
    model = classifier.load(name)
    found = margins_of_files(model, data)
    scores = classifier.calibrated(found, model.card.calibration)

    def figures(rows: pd.Series[bool]) -> Figures:
        table = data.table[rows]
        return metrics.evaluate(
            table["label"], scores[rows.to_numpy()], table["group"], model.card.threshold
        )

    scored = entries(model.card, data, kaggle, found, save_as or "")
    sets = {key: dataclasses.asdict(entry.figures) for key, entry in scored.items()}
    whole, *parts = sets
    line: dict[str, Any] = {"model": name, "data": data.name, **sets[whole]}
    line |= {"parts": {key: sets[key] for key in parts}} if parts else {}
    if group is not None:
        # convert_dtypes: whole numbers with gaps are 1, 2, 3 and not 1.0, 2.0, 3.0
        values = data.table[column].convert_dtypes().astype("string").fillna("not recorded")
        line["groups"] = {
            v: dataclasses.asdict(figures(values == v)) for v in sorted(values.unique())
        }
    if save_as is not None:
        card = dataclasses.replace(model.card, evaluations={**model.card.evaluations, **scored})
        write_predictions(checkpoints.FOLDER / name, whole, data, found, card.calibration,
                          card.weights.sha256)  # fmt: skip
        write_card(card, checkpoints.FOLDER / name / CARD)
    return line


if __name__ == "__main__":
    raise SystemExit(main())
