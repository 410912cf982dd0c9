"""Who is in the data: recorded groups and apparent tone of every picture, without the pictures.

    python -m training.people --data FOLDER_WITH_THE_COLLECTIONS

Writes checkpoints/collections/NAME.csv, a row a picture, and summary.json. The apparent tone (ITA
of the skin around the lesion) describes a picture under its light; it hardly follows the recorded
Fitzpatrick type, and every figure by group uses the recorded type.
"""

from __future__ import annotations

import argparse
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image
from tqdm import tqdm

from core import checkpoints
from core.fairness.groups import NOT_RECORDED, PAIRS, RECORDED
from core.images import ImageRejected, read_image
from core.pictures.skin_tone import Colour, measure
from core.results import collections
from core.results.card import write_text
from training.data.folders import DataRejected, LabelledSet, read_folder
from training.scoring.checkpoint import command_line

COLLECTIONS = tuple(name for name, entry in collections.COLLECTIONS.items() if entry.lesions)
FOLDER, SUMMARY = "collections", "summary.json"
AGE_EDGES, AGE_BANDS = (0, 40, 60, 75, 200), ("under 40", "40 to 59", "60 to 74", "75 and over")
COLUMNS = ("file", "label", "person", *RECORDED, "ita", "tone", "red", "green", "blue")
# Sites in the words of three collections, as few as can be filled.
_SITES = {
    "face": "head and neck", "ear": "head and neck", "nose": "head and neck",
    "lip": "head and neck", "scalp": "head and neck", "neck": "head and neck",
    "chest": "trunk", "abdomen": "trunk", "back": "trunk", "trunk": "trunk", "genital": "trunk",
    "arm": "arm and hand", "forearm": "arm and hand", "hand": "arm and hand",
    "acral": "arm and hand", "upper extremity": "arm and hand",
    "thigh": "leg and foot", "foot": "leg and foot", "lower extremity": "leg and foot",
}  # fmt: skip
# Diagnoses in words, as few as hold; Fitzpatrick17k has words already.
_DIAGNOSES = {
    "ack": "actinic keratosis", "akiec": "actinic keratosis or Bowen's disease",
    "bcc": "basal cell carcinoma", "basal cell carcinoma morpheiform": "basal cell carcinoma",
    "bkl": "benign keratosis", "df": "dermatofibroma", "mel": "melanoma",
    "malignant melanoma": "melanoma", "superficial spreading melanoma ssm": "melanoma",
    "nv": "naevus", "nev": "naevus", "scc": "squamous cell carcinoma",
    "sek": "seborrheic keratosis", "vasc": "vascular lesion",
}  # fmt: skip
_THREADS = 4


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m training.people", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--data", required=True, type=Path, metavar="FOLDER")
    options = parser.parse_args(arguments)
    try:
        there = [name for name in COLLECTIONS if (options.data / name).is_dir()]
        if not there:
            raise DataRejected(f"{options.data} holds none of {', '.join(COLLECTIONS)}.")
        command = command_line("training.people", arguments or sys.argv[1:])
        write(options.data, there, checkpoints.FOLDER / FOLDER, command)
    except (DataRejected, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def write(root: Path, names: list[str], folder: Path, command: str) -> None:
    """A CSV for each collection, and the summary of all."""
    summary: dict[str, Any] = {"command": command, "collections": {}}
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


def recorded(data: LabelledSet) -> pd.DataFrame:
    """file, label (0 or 1), person and ``RECORDED`` of every picture, from metadata alone."""
    raw = data.table
    table = raw[["file", "label"]].copy()
    table["person"] = raw["group"]
    columns = collections.columns(data.name)

    def column(names: tuple[str, ...], missing: object) -> pd.Series[Any]:
        found = next((raw[name] for name in names if name in raw), None)
        return pd.Series(missing, index=raw.index) if found is None else found

    table["fitzpatrick"] = column(columns.skin_type, np.nan).map(PAIRS).fillna(NOT_RECORDED)
    sex = column(columns.sex, "")
    table["sex"] = sex.astype(str).str.lower().where(lambda s: s.isin(("female", "male")))
    table["sex"] = table["sex"].fillna(NOT_RECORDED)
    age = column(columns.age, np.nan)
    bands = pd.cut(age.astype(float), AGE_EDGES, labels=AGE_BANDS, right=False)
    table["age"] = bands.astype(object).fillna(NOT_RECORDED)
    site = column(columns.site, NOT_RECORDED)
    table["site"] = site.astype(str).str.lower().map(_SITES).fillna(NOT_RECORDED)
    named = column(columns.diagnosis, NOT_RECORDED)
    table["diagnosis"] = named.fillna(NOT_RECORDED).map(_in_words)
    return table


def _in_words(diagnosis: str) -> str:
    name = diagnosis.lower()
    return _DIAGNOSES.get(name, name)


def skins(name: str) -> dict[str, Colour]:
    """The skin's sRGB colour by file, as ``write`` left it; raises ``DataRejected``."""
    path = checkpoints.FOLDER / FOLDER / f"{name}.csv"
    if not path.is_file():
        raise DataRejected(f"{path.name} is missing; python -m training.people writes it.")
    table = pd.read_csv(path, dtype={"file": str}).dropna(subset=["red"])
    colours = table[["red", "green", "blue"]].to_numpy(np.int64)
    return {
        str(file): (int(red), int(green), int(blue))
        for file, (red, green, blue) in zip(table["file"], colours, strict=True)
    }


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
        picture: Image.Image = read_image(path)
    except ImageRejected as error:
        raise DataRejected(f"{path}: {error}") from error
    skin = measure(picture)
    if skin is None:
        return float("nan"), "", None, None, None
    return skin.ita, skin.tone, *skin.colour


if __name__ == "__main__":
    raise SystemExit(main())
