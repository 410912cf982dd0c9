"""What is recorded of the people in a set, in words that several collections share."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from core import checkpoints
from core.fairness.groups import NOT_RECORDED, PAIRS
from core.pictures.colour import Colour
from core.results import collections
from training.data.labelled_set import DataRejected, LabelledSet

FOLDER, SUMMARY = "collections", "summary.json"
AGE_EDGES, AGE_BANDS = (0, 40, 60, 75, 200), ("under 40", "40 to 59", "60 to 74", "75 and over")
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
    bands = pd.cut(pd.to_numeric(age, errors="coerce"), AGE_EDGES, labels=AGE_BANDS, right=False)
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
