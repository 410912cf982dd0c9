"""Which pictures the gate is fitted to, and which it is checked on: halves of people."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.assessment.picture_kind import BARE_SKIN, ELSE, Content
from core.results.collections import COLLECTIONS, MASKS, REPORT
from training.assessment import bare_skin
from training.data.folders import read_folder
from training.data.labelled_set import DataRejected

# the one collection whose pictures show no lesion
NOT_LESION = next(name for name, about in COLLECTIONS.items() if not about.lesions)
# The classes of not_lesion. A hand without a spot is no bare skin around one: it is something else.
CONTENT_OF: dict[str, Content] = {
    "normal_skin": BARE_SKIN, "hand": ELSE, "object": ELSE, "scenery": ELSE,
}  # fmt: skip
# Bare skin of the same people as the photos that it is cut from.
BESIDE_LESIONS = "skin_beside_lesions"
MOST = 700  # of a collection: of twice as many the gate is no better, and takes longer
SEED = 0


@dataclass(frozen=True)
class Shown:
    """Pictures of one collection, or of one class of not_lesion, that all show one content."""

    name: str
    content: Content
    paths: NDArray[np.object_]
    people: NDArray[np.str_]

    @property
    def fitted(self) -> NDArray[np.bool_]:
        """Which pictures (N,) are fitted to; the others are checked on.

        A person is on one side, wherever that person's pictures lie: a hash of the name decides.
        """
        return np.array([half(person) for person in self.people])


def half(person: str) -> bool:
    return hashlib.sha256(person.encode()).digest()[0] % 2 == 0


def read(root: Path, collections: tuple[str, ...], cut_to: Path) -> list[Shown]:
    """What is at hand of ``collections`` and of not_lesion, and bare skin that is cut from photos.

    Patches are kept in the folder ``cut_to``. Raises ``DataRejected`` for lack of pictures.
    """
    found = []
    for name in collections:
        if not (root / name).is_dir():
            continue
        table = read_folder(root / name, both_classes=False).table
        if name == REPORT and "split" in table:
            table = table[table["split"] == "train"]
        some = table.sample(min(MOST, len(table)), random_state=SEED)
        content: Content = "photo" if COLLECTIONS[name].is_photo else "dermoscopic"
        found.append(_shown(name, content, some["path"], some["group"]))
        if content == "photo" and COLLECTIONS[name].has_masks:
            cut = bare_skin.cut(table, root / name / MASKS, cut_to)
            if len(cut):
                found.append(_shown(BESIDE_LESIONS, BARE_SKIN, cut["path"], cut["group"]))
    listed = root / NOT_LESION / "metadata.csv"
    if not listed.is_file():
        raise DataRejected(f"{root} has no {NOT_LESION}/metadata.csv: the gate needs pictures of "
                           "bare skin and of other things.")  # fmt: skip
    table = pd.read_csv(listed, dtype=str)
    for label, rows in table.groupby("gate_class"):
        paths = pd.Series([root / NOT_LESION / "images" / file for file in rows["file"]])
        people = rows["patient_id"].fillna(rows["file"])
        found.append(_shown(str(label), CONTENT_OF[str(label)], paths, people))
    return found


def _shown(name: str, content: Content, paths: pd.Series, people: pd.Series) -> Shown:
    return Shown(name, content, paths.to_numpy(), people.astype(str).to_numpy(dtype=np.str_))
