"""A thousand people as a picture: natural frequencies that a class can count."""

from __future__ import annotations

import functools
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from PIL import Image, ImageDraw

COLUMNS = 40
_CELL = 18  # pixels; a mark fills the middle of it
Shape = Literal["square", "cross", "ring", "dot"]
# Okabe and Ito 2008; the shape says the same as the colour.
_COLOURS: dict[Shape, str] = {
    "square": "#0072B2", "cross": "#D55E00", "ring": "#9A6A00", "dot": "#8A8F8F",
}  # fmt: skip


@dataclass(frozen=True)
class Group:
    """So many people under one mark."""

    title: str
    count: int
    shape: Shape


def draw(groups: Sequence[Group]) -> Image.Image:
    """RGBA on nothing, for light and dark pages: a mark a person, group by group, 40 in a row."""
    marks = [group.shape for group in groups for _ in range(group.count)]
    rows = max(1, -(-len(marks) // COLUMNS))
    picture = Image.new("RGBA", (COLUMNS * _CELL, rows * _CELL), (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    for i, shape in enumerate(marks):
        x, y = i % COLUMNS * _CELL + 3, i // COLUMNS * _CELL + 3
        box, colour = (x, y, x + 11, y + 11), _COLOURS[shape]
        if shape == "square":
            pen.rectangle(box, fill=colour)
        elif shape == "ring":
            pen.ellipse(box, outline=colour, width=3)
        elif shape == "dot":
            pen.ellipse((x + 4, y + 4, x + 7, y + 7), fill=colour)
        else:
            pen.line((x, y, x + 11, y + 11), fill=colour, width=4)
            pen.line((x, y + 11, x + 11, y), fill=colour, width=4)
    return picture


@functools.lru_cache(maxsize=32)
def drawn_file(groups: tuple[Group, ...]) -> bytes:
    """``draw`` as a PNG file, kept: a page is drawn again and again, and counts are few."""
    file = io.BytesIO()
    draw(groups).save(file, "PNG")
    return file.getvalue()


def screened(malignant: int, sensitivity: float, specificity: float, of: int = 1000) -> list[Group]:
    """What a test makes of ``of`` people of whom ``malignant`` are ill; rates in [0, 1]."""
    found = round(malignant * sensitivity)
    alarmed = round((of - malignant) * (1 - specificity))
    return [
        Group("malignant and found", found, "square"),
        Group("malignant and missed", malignant - found, "cross"),
        Group("benign, but alarmed", alarmed, "ring"),
        Group("benign and left alone", of - malignant - alarmed, "dot"),
    ]
