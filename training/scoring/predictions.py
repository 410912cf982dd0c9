"""A model's predictions/*.csv: what it made of every picture of a set."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.calibration import calibrated
from core.files import write_text
from core.labels import CLASSES
from core.results.card import CARD, PREDICTION_COLUMNS, PREDICTIONS, Calibration, read_card
from core.results.of_weights import stamped, unstamped
from training.data.labelled_set import DataRejected, LabelledSet


def write_predictions(
    folder: Path, name: str, data: LabelledSet, found: NDArray[np.float64], fitted: Calibration,
    weights_sha256: str,
) -> None:  # fmt: skip
    """Write predictions/NAME.csv: PREDICTION_COLUMNS, and of which weights it is.

    ``found`` (N,) are the logits, malignant minus benign.
    """
    table = data.table[["file", "group"]].copy()
    table["label"] = [CLASSES[label] for label in data.table["label"]]
    table["logit"] = found
    table["probability"] = calibrated(found, fitted)
    write_table(folder, name, table, weights_sha256)


def write_table(folder: Path, name: str, table: pd.DataFrame, weights_sha256: str) -> None:
    """Write predictions/NAME.csv from a table that has PREDICTION_COLUMNS."""
    whole = stamped(table[list(PREDICTION_COLUMNS)], weights_sha256)
    path = folder / PREDICTIONS / f"{name}.csv"
    write_text(path, whole.to_csv(index=False, float_format="%.6f"))


def read_predictions(folder: Path, key: str) -> pd.DataFrame:
    """predictions/KEY.csv of a checkpoint, with ``y`` 0 or 1.

    Raises ``DataRejected``, and ``ResultsRejected`` for predictions of other weights.
    """
    path = folder / PREDICTIONS / f"{key}.csv"
    if not path.is_file():
        raise DataRejected(f"{path} is missing; python -m training.evaluate --save writes it.")
    again = f"python -m training.evaluate --model {folder.name} --save"
    table = unstamped(pd.read_csv(path), path, read_card(folder / CARD), again)
    table["y"] = (table["label"] == "malignant").astype(np.int64)
    return table
