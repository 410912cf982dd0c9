"""Results files from before they carried the SHA-256 of their weights: brought up to date.

A file gets it only where what it holds agrees with the card; the others are told.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.calibration import calibrated
from core.fairness.review import FOLDER as FAIRNESS
from core.files import write_text
from core.results import robustness
from core.results.card import HISTORY, PREDICTIONS, Card
from core.results.of_weights import COLUMN
from core.results.test_sets import OFFICIAL

_ROUNDED = 1e-4  # figures are written with six digits, logits too


def stamp_all(folder: Path, card: Card) -> Iterator[str]:
    """Stamp what lies beside a card; a sentence for each file that got the stamp, or can't."""
    agrees: dict[Path, bool] = {}
    for path in sorted((folder / PREDICTIONS).glob("*.csv")):
        agrees[path] = _is_scored_by(card, path)
    agrees[folder / HISTORY] = _is_of_the_run(card, folder / HISTORY)
    agrees[folder / robustness.FILE] = _is_of_its_test(card, folder / robustness.FILE)
    for path in sorted((folder / FAIRNESS).glob("*.json")):
        agrees[path] = _is_of_predictions(folder, path)
    for path in sorted((folder / FAIRNESS).glob("*_*.csv")):  # shares_SET.csv, retoned_SET.csv
        review = path.with_name(f"{path.stem.partition('_')[2]}.json")
        agrees[path] = agrees.get(review, False)
    for path, sound in agrees.items():
        if not path.is_file() or _has_stamp(path):
            continue
        if sound:
            _stamp(path, card)
            yield f"{path.relative_to(folder.parent)}: says of which weights it is"
        else:
            yield f"{path.relative_to(folder.parent)}: does not agree with the card, left alone"


def _has_stamp(path: Path) -> bool:
    if path.suffix == ".json":
        return bool(_json(path).get(COLUMN))
    return COLUMN in pd.read_csv(path, nrows=1)


def _stamp(path: Path, card: Card) -> None:
    if path.suffix == ".json":
        text = json.dumps({**_json(path), COLUMN: card.weights.sha256}, indent=1, allow_nan=False)
        write_text(path, text + "\n")
        return
    lines = path.read_text(encoding="utf-8").splitlines()
    # as they stand: reading and writing again would round numbers once more
    marks = [COLUMN, card.weights.sha256, *[""] * (len(lines) - 2)]
    write_text(path, "".join(f"{line},{mark}\n" for line, mark in zip(lines, marks, strict=True)))


def _json(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _is_scored_by(card: Card, path: Path) -> bool:
    """Whether the probabilities are the logits under this card's calibration."""
    table = pd.read_csv(path)
    now = calibrated(table["logit"].to_numpy(np.float64), card.calibration)
    agree = np.allclose(table["probability"], now, atol=_ROUNDED)
    test = card.evaluations.get(path.stem)
    return bool(agree) and (test is None or test.figures.n == len(table))


def _is_of_the_run(card: Card, path: Path) -> bool:
    if not path.is_file():
        return False
    return len(pd.read_csv(path)) == card.training.epochs


def _is_of_its_test(card: Card, path: Path) -> bool:
    """Whether the accuracy without any change is the official test's."""
    test = card.evaluations.get(OFFICIAL)
    if not path.is_file() or test is None:
        return False
    table = pd.read_csv(path)
    clean = table[table["perturbation"] == robustness.NONE]
    return len(clean) == 1 and bool(
        abs(clean["accuracy"].iloc[0] - test.figures.accuracy.value) < _ROUNDED
    )


def _is_of_predictions(folder: Path, path: Path) -> bool:
    """Whether the review's figures of all pictures are those of the predictions beside it."""
    review, scored = _json(path), folder / PREDICTIONS / path.name.replace(".json", ".csv")
    if not scored.is_file():
        return False
    table, whole = pd.read_csv(scored), review["groups"][0]
    malignant = table["label"] == "malignant"
    said = whole.get("sensitivity")
    found = (table["probability"][malignant] >= review["threshold"]).mean()
    same = said is None or abs(said["value"] - found) < _ROUNDED
    return same and (whole["n"], whole["malignant"]) == (len(table), int(malignant.sum()))
