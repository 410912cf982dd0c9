"""The real pictures that come with the app: what each shows, and what it turned out to be.

``examples/README.md`` says whose they are and under which licence. No model may learn from them,
nor may a threshold be chosen on them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from core.pictures.diagnoses import in_words

FOLDER = Path(__file__).resolve().parents[2] / "examples"
METADATA, IMAGES = "metadata.csv", "images"

ExampleKind = Literal["photo", "dermoscopic", "made"]
KINDS: tuple[ExampleKind, ...] = ("photo", "dermoscopic", "made")
# The example of a page that always shows a picture, by the kind of picture.
FIRST = "PAT_801_1518_78.jpg"
FIRST_DERMOSCOPIC = "ISIC_0034584.jpg"
FITZPATRICK_TYPES = dict(zip("123456", ("I", "II", "III", "IV", "V", "VI"), strict=True))


@dataclass(frozen=True)
class Example:
    """A picture with its true diagnosis.

    ``kind`` is 'made' for what ``python -m training.examples`` made of another one, ``made_from``,
    and ``made`` says how. ``shows`` is what anybody sees in it, in a few words that tell nothing of
    the diagnosis. ``label`` is 'benign', 'malignant', or empty where there is no lesion. Texts are
    empty where nothing was recorded.
    """

    path: Path
    kind: ExampleKind
    shows: str
    label: str
    dx: str
    fitzpatrick: str
    age: str
    sex: str
    region: str
    biopsied: bool | None
    diameter_mm: float | None
    source: str
    made_from: str
    made: str

    @property
    def file(self) -> str:
        """Its file's name, by which it is known everywhere."""
        return self.path.name

    @property
    def data(self) -> bytes:
        """Its file, readable by ``core.images.open_image``."""
        return self.path.read_bytes()

    @property
    def truth(self) -> str:
        """What it turned out to be, in a sentence."""
        if not self.label:
            return "There is no lesion in this picture: it is bare skin."
        how = {
            True: "confirmed by biopsy",
            False: "as the doctors judged it",
            None: "as its collection records it",
        }[self.biopsied]
        return f"{self.label.capitalize()}: {in_words(self.dx)} ({how})."


def first_file(photos: bool) -> str:
    """The file of a page's first picture, for a model that judges photos or one that does not."""
    return FIRST if photos else FIRST_DERMOSCOPIC


def types_missing(examples: Iterable[Example]) -> str:
    """Which Fitzpatrick types none of the pictures was recorded with, in a sentence.

    It names the lightest that there is. Empty where there is one of each.
    """
    there = {one.fitzpatrick for one in examples}
    missing = [roman for number, roman in FITZPATRICK_TYPES.items() if number not in there]
    if not missing:
        return ""
    *first, last = missing
    types = f"types {', '.join(first)} and {last}" if first else f"type {last}"
    lightest = next((roman for number, roman in FITZPATRICK_TYPES.items() if number in there), "")
    said = f"; the lightest skin here is of type {lightest}" if lightest else ""
    return f"No picture of skin {types} is among the examples{said}."


def read_examples(folder: Path = FOLDER) -> tuple[Example, ...]:
    """All that are at hand, in the order of ``metadata.csv``; none where the folder is missing."""
    try:
        text = (folder / METADATA).read_text(encoding="utf-8")
    except FileNotFoundError:
        return ()
    rows = csv.DictReader(text.splitlines())
    return tuple(_example(row, folder) for row in rows if (folder / IMAGES / row["file"]).is_file())


def _example(row: Mapping[str, str], folder: Path) -> Example:
    kind = next(kind for kind in KINDS if kind == row["kind"])
    return Example(
        path=folder / IMAGES / row["file"],
        kind=kind,
        shows=row["shows"],
        label=row["label"],
        dx=row["dx"],
        fitzpatrick=row["fitzpatrick"],
        age=row["age"],
        sex=row["sex"],
        region=row["region"],
        biopsied=row["biopsied"] == "true" if row["biopsied"] else None,
        diameter_mm=float(row["diameter_mm"]) if row["diameter_mm"] else None,
        source=row["source"],
        made_from=row["made_from"],
        made=row["made"],
    )
