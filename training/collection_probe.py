"""How well a linear probe on a model's features tells the collection within one class.

    python -m training.collection_probe --model general --data FOLDER_WITH_THE_COLLECTIONS

A network that can tell HAM10000 from older ISIC collections among benign pictures may answer by
that. Up to 400 pictures of each dermoscopic collection and class; a logistic regression on the
pooled features behind the answer, in five folds that keep a lesion on one side. Writes
checkpoints/NAME/collection_probe.json: balanced accuracy among benign and among malignant pictures.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core import checkpoints, classifier
from core.arrays import Floats
from core.files import write_text
from core.labels import CLASSES
from core.results.collections import HAM_OTHER, OLDER
from core.statistics import intervals
from core.statistics.estimates import Rate, decimal
from training import command
from training.assessment import signatures
from training.data.demographics import recorded
from training.data.file_lock import writing
from training.data.folders import read_folder
from training.data.labelled_set import DataRejected

FILE = "collection_probe.json"
COLLECTIONS = (HAM_OTHER, *OLDER)
MOST, FOLDS, SEED = 400, 5, 0


@dataclass(frozen=True)
class ProbeOptions:
    """What the command was given."""

    model: str
    data: Path
    runs: Path


def parser() -> argparse.ArgumentParser:
    p = command.new_parser("training.collection_probe", __doc__)
    p.add_argument("--model", required=True)
    p.add_argument("--data", required=True, type=Path, metavar="FOLDER")
    p.add_argument("--runs", type=Path, default=Path("runs"), help="what was looked at before")
    return p


def main(arguments: list[str] | None = None) -> int:
    return command.run(
        parser(), ProbeOptions, probe, arguments, after_stop="The same command goes on."
    )


def probe(options: ProbeOptions, recorded_as: str) -> None:
    """Look at the pictures, probe both classes, and write the file."""
    model = classifier.load(options.model)
    linear, sha256 = model.network.pooled_linear, model.card.weights.sha256
    if linear is None:
        raise DataRejected(f"{options.model} does not end in pooled features.")
    tables, features = [], []
    for name in COLLECTIONS:
        data = read_folder(options.data / name)
        table = recorded(data).assign(path=list(data.table["path"]), collection=name)
        some = pd.concat([
            rows.sample(min(len(rows), MOST), random_state=SEED)
            for _, rows in table.groupby("label")
        ])  # fmt: skip
        cache = options.runs / "limits" / f"{model.card.name}-{sha256[:12]}" / f"{name}.npz"
        seen = signatures.of_files(model, list(some["path"]), cache, name)
        tables.append(some)
        features.append(seen.values[:, -linear.in_features :])
    table, values = pd.concat(tables, ignore_index=True), np.concatenate(features)
    person = (table["collection"] + "/" + table["person"].astype(str)).to_numpy()
    found = {}
    for label, word in enumerate(CLASSES):
        rows = (table["label"] == label).to_numpy()
        found[word] = told(values[rows], table["collection"].to_numpy()[rows], person[rows])
        print(f"{word}: {decimal(found[word])} (chance {1 / len(COLLECTIONS):.3f}), n {rows.sum()}")
    whole = {
        "schema": 1, "command": recorded_as, "date": datetime.date.today().isoformat(),
        "weights_sha256": sha256, "collections": list(COLLECTIONS), "chance": 1 / len(COLLECTIONS),
        "n": len(table), "balanced_accuracy": {k: dataclasses.asdict(v) for k, v in found.items()},
    }  # fmt: skip
    folder = checkpoints.FOLDER / model.card.name
    with writing(folder):
        write_text(folder / FILE, json.dumps(whole, indent=1, allow_nan=False) + "\n")


def told(features: Floats, collection: NDArray[np.generic], person: NDArray[np.generic]) -> Rate:
    """Balanced accuracy of naming the ``collection`` (N,) by features (N, F), with its interval.

    No picture is named by a probe that has seen one of its ``person`` (N,).
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(
        StandardScaler(), LogisticRegression(C=0.01, class_weight="balanced", max_iter=1000)
    )
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=SEED)
    named = cross_val_predict(model, features, collection, groups=person, cv=folds)
    right = (named == collection).astype(np.float64)
    owners = [(collection == name).astype(np.float64) for name in np.unique(collection)]

    def balanced(weights: Floats) -> Floats:
        shares = [(weights @ (own * right)) / (weights @ own) for own in owners]
        return np.asarray(np.mean(shares, axis=0), dtype=np.float64)

    return intervals.bootstrap(balanced, person, SEED)


if __name__ == "__main__":
    raise SystemExit(main())
