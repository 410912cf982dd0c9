"""Fit a model's calibration again from its saved validation logits, and all figures after it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from core.calibration import calibrated
from core.files import write_text
from core.results.card import PREDICTIONS, Calibration, Card
from core.results.of_weights import stamped
from core.results.test_sets import OFFICIAL, VALIDATION
from core.statistics import metrics
from training.data.labelled_set import LabelledSet
from training.scoring import calibration
from training.scoring.evaluations import parts
from training.scoring.predictions import read_predictions


def recalibrated(card: Card, folder: Path, test: LabelledSet) -> Card:
    """The card with the calibration that validation logits give now, and its evaluations anew.

    ``test`` is the official test, which knows its parts. predictions/*.csv get the new
    probabilities. A card whose calibration was chosen among all methods, or comes out
    unchanged, is given back as it is.
    """
    if set(calibration.METHODS) <= card.calibration.compared.keys():
        return card
    held = read_predictions(folder, VALIDATION)
    fitted = calibration.fit(held["logit"].to_numpy(), held["y"].to_numpy())
    if fitted.method == card.calibration.method:
        return card
    evaluations = dict(card.evaluations)
    for path in sorted((folder / PREDICTIONS).glob("*.csv")):
        table = read_predictions(folder, path.stem)
        table["probability"] = calibrated(table["logit"].to_numpy(), fitted)
        of = {path.stem: table["file"]}
        if path.stem == OFFICIAL:
            of = {key: test.table["file"][rows] for key, _, rows in parts(test, official=True)}
        for key, files in of.items():
            if key in evaluations:
                part = table[table["file"].isin(files)]
                figures = metrics.evaluate(
                    part["y"], part["probability"], part["group"], card.threshold
                )
                evaluations[key] = dataclasses.replace(evaluations[key], figures=figures)
        columns = [c for c in table if c != "y"]
        whole = stamped(table[columns], card.weights.sha256)
        write_text(path, whole.to_csv(index=False, float_format="%.6f"))
    kept = Calibration(fitted.method, fitted.slope, fitted.intercept, fitted.compared)
    return dataclasses.replace(card, calibration=kept, evaluations=evaluations)
