"""Small pictures that networks here learned from, to hold beside a visitor's: some 400 of them.

``reference/README.md`` says whose they are and under which licence.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from core.pictures.diagnoses import in_words

FOLDER = Path(__file__).resolve().parents[2] / "reference"
METADATA, IMAGES = "metadata.csv", "images"
COLUMNS = ("file", "kind", "label", "dx", "collection", "original")


@dataclass(frozen=True)
class ReferencePicture:
    """A thumbnail and what its lesion turned out to be.

    ``label`` is 'benign' or 'malignant', ``dx`` its collection's code; ``original`` is the file in
    that ``collection`` that it is a small copy of.
    """

    path: Path
    kind: Literal["photo", "dermoscopic"]
    label: str
    dx: str
    collection: str
    original: str

    @property
    def file(self) -> str:
        """Its file's name."""
        return self.path.name

    @property
    def truth(self) -> str:
        """What it turned out to be, in a few words."""
        return f"{self.label.capitalize()}: {in_words(self.dx)}"


def read_reference(folder: Path = FOLDER) -> tuple[ReferencePicture, ...]:
    """All that are at hand, in the order of ``metadata.csv``; none where the folder is missing."""
    try:
        text = (folder / METADATA).read_text(encoding="utf-8")
    except FileNotFoundError:
        return ()
    return tuple(
        ReferencePicture(
            path=folder / IMAGES / row["file"],
            kind="photo" if row["kind"] == "photo" else "dermoscopic",
            label=row["label"], dx=row["dx"],
            collection=row["collection"], original=row["original"],
        )
        for row in csv.DictReader(text.splitlines())
    )  # fmt: skip
