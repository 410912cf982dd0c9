"""Who is in the data: recorded groups and apparent tone of every picture, without the pictures.

    python -m training.people --data FOLDER_WITH_THE_COLLECTIONS

Writes checkpoints/collections/NAME.csv, a row a picture, and summary.json. The apparent tone (ITA
of the skin around the lesion) describes a picture under its light; it hardly follows the recorded
Fitzpatrick type, and every figure by group uses the recorded type.
"""

from __future__ import annotations

import argparse
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image
from tqdm import tqdm

from core import checkpoints
from core.fairness.groups import RECORDED
from core.files import write_text
from core.images import ImageRejected
from core.pictures.skin_tone import measure
from core.results import collections
from training import command
from training.data.demographics import FOLDER, SUMMARY, recorded
from training.data.folders import read_folder
from training.data.hdf5 import read_picture
from training.data.labelled_set import DataRejected, LabelledSet

COLLECTIONS = tuple(name for name, entry in collections.COLLECTIONS.items() if entry.lesions)
COLUMNS = ("file", "label", "person", *RECORDED, "ita", "tone", "red", "green", "blue")
_THREADS = 4


@dataclass(frozen=True)
class PeopleOptions:
    """What the command was given."""

    data: Path


def parser() -> argparse.ArgumentParser:
    p = command.new_parser("training.people", __doc__)
    p.add_argument("--data", required=True, type=Path, metavar="FOLDER")
    return p


def main(arguments: list[str] | None = None) -> int:
    return command.run(parser(), PeopleOptions, write_all, arguments)


def write_all(options: PeopleOptions, recorded_as: str) -> None:
    """A CSV for each collection that is at hand, and the summary of all."""
    there = [name for name in COLLECTIONS if (options.data / name).is_dir()]
    if not there:
        raise DataRejected(f"{options.data} holds none of {', '.join(COLLECTIONS)}.")
    write(options.data, there, checkpoints.FOLDER / FOLDER, recorded_as)


def write(root: Path, names: list[str], folder: Path, recorded_as: str) -> None:
    """A CSV for each collection, and the summary of all."""
    summary: dict[str, Any] = {"command": recorded_as, "collections": {}}
    for name in names:
        data = read_folder(root / name)
        table = describe(data)
        write_text(folder / f"{name}.csv", table.to_csv(index=False, float_format="%.1f"))
        summary["collections"][name] = {"data_sha256": data.sha256(), **summarise(table)}
        print(f"{name}: {summary['collections'][name]['tones']}")
    write_text(folder / SUMMARY, json.dumps(summary, indent=2, allow_nan=False) + "\n")


def describe(data: LabelledSet) -> pd.DataFrame:
    """``COLUMNS`` of a collection; groups are words, ``NOT_RECORDED`` where metadata are silent."""
    table = recorded(data)
    paths = list(data.table["path"])
    with ThreadPoolExecutor(_THREADS) as pool:
        found = list(tqdm(pool.map(_tone, paths), total=len(paths), desc=data.name, leave=False))
    for column, values in zip(("ita", "tone", "red", "green", "blue"), zip(*found, strict=True),
                              strict=True):  # fmt: skip
        table[column] = list(values)
    for column in ("red", "green", "blue"):
        table[column] = table[column].astype("Int64")
    return table[list(COLUMNS)]


def summarise(table: pd.DataFrame) -> dict[str, Any]:
    """Pictures, people, ITA quartiles, counts of classes, Spearman's ITA against recorded pair."""
    known = table[table["ita"].notna()]
    pair = known["fitzpatrick"].map({"I-II": 1, "III-IV": 2, "V-VI": 3})
    typed = pair.notna()
    rho = known["ita"][typed].corr(pair[typed], method="spearman") if typed.any() else float("nan")
    return {
        "pictures": len(table), "people": int(table["person"].nunique()),
        "malignant": int(table["label"].sum()), "without_tone": int(len(table) - len(known)),
        "ita_quartiles": [round(float(q), 1) for q in known["ita"].quantile([0.25, 0.5, 0.75])],
        "tones": {str(k): int(v) for k, v in known["tone"].value_counts().items()},
        "recorded": {column: {str(k): int(v) for k, v in table[column].value_counts().items()}
                     for column in RECORDED},
        "spearman_ita_recorded_pair": None if np.isnan(rho) else round(float(rho), 3),
        "typed": int(typed.sum()),
    }  # fmt: skip


def _tone(path: Path) -> tuple[float, str, int | None, int | None, int | None]:
    try:
        picture: Image.Image = read_picture(path)
    except ImageRejected as error:
        raise DataRejected(f"{path}: {error}") from error
    skin = measure(picture)
    if skin is None:
        return float("nan"), "", None, None, None
    return skin.ita, skin.tone, *skin.colour


if __name__ == "__main__":
    raise SystemExit(main())
