"""Make the example pictures that show what goes wrong, out of the real ones beside them.

    python -m training.examples

Reads examples/metadata.csv and writes examples/images/made_*.jpg and a row for each; what an
earlier run made is replaced.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from core.files import write_bytes, write_text
from core.pictures.examples import FOLDER, IMAGES, METADATA, Example, read_examples
from core.pictures.lesion_mask import find_lesion

_QUALITY = 88
_DARKER = 0.03  # of the light: late in the evening, indoors
_FAR = 6  # how many times smaller a spot is that was taken from across a table
_BARE = 0.34  # of the side: the largest corner without a spot


@dataclass(frozen=True)
class Flaw:
    """How one picture is made: from which file, what it then shows, and in which words."""

    name: str
    made_from: str
    shows: str
    made: str
    make: Callable[[Image.Image, Example], Image.Image]
    lesion: bool = True


def blurred(picture: Image.Image, _: Example) -> Image.Image:
    """As taken from too near for the lens, or with a shaking hand."""
    return picture.filter(ImageFilter.GaussianBlur(picture.width / 40))


def dark(picture: Image.Image, _: Example) -> Image.Image:
    """As taken in a dim room: less light, and the sensor's noise that comes with it."""
    light = (np.asarray(picture) / 255.0) ** 2.2 * _DARKER
    noisy = light ** (1 / 2.2) * 255 + np.random.default_rng(7).normal(0, 2.5, light.shape)
    return Image.fromarray(noisy.clip(0, 255).astype(np.uint8))


def bare_skin(picture: Image.Image, _: Example) -> Image.Image:
    """The upper left corner, where there is nothing but skin."""
    side = round(picture.width * _BARE)
    return picture.crop((0, 0, side, side))


def far_away(picture: Image.Image, example: Example) -> Image.Image:
    """The spot as small as from across a table, in the skin that was around it."""
    width, height = picture.size
    corner = np.asarray(bare_skin(picture, example))
    tile = np.concatenate([corner, corner[:, ::-1]], axis=1)
    tile = np.concatenate([tile, tile[::-1]], axis=0)
    times = (-(-height // tile.shape[0]), -(-width // tile.shape[1]), 1)
    skin = Image.fromarray(np.tile(tile, times)[:height, :width])
    small = picture.resize((width // _FAR, height // _FAR), Image.Resampling.LANCZOS)
    edge = Image.new("L", small.size, 0)
    inset = small.width // 8
    ImageDraw.Draw(edge).ellipse(
        (inset, inset, small.width - inset, small.height - inset), fill=255
    )
    edge = edge.filter(ImageFilter.GaussianBlur(inset / 2))
    place = (width // 2 - small.width // 2, height // 2 - small.height // 2)
    skin.paste(small, place, edge)
    return skin


def cut_off(picture: Image.Image, _: Example) -> Image.Image:
    """A quarter of it, at the left and in the middle: the edge goes through the spot."""
    side = picture.width // 2
    return picture.crop((0, side // 2, side, side // 2 + side))


def grey(picture: Image.Image, _: Example) -> Image.Image:
    """As photocopied: without its colours."""
    return picture.convert("L").convert("RGB")


def ruler(picture: Image.Image, example: Example) -> Image.Image:
    """With a paper ruler along its lower edge, in the lesion's own millimetres."""
    lesion = find_lesion(picture)
    if lesion is None or not example.diameter_mm:
        raise ValueError(f"{example.file} shows no lesion of a known size.")
    down, across = np.nonzero(lesion)
    millimetre = max(np.ptp(down), np.ptp(across)) / example.diameter_mm
    drawn = picture.copy()
    pen = ImageDraw.Draw(drawn)
    width, height = drawn.size
    top = height - height // 7
    pen.rectangle((0, top, width, height), fill=(238, 236, 228))
    for number in range(1, int(width / millimetre) + 1):
        x = round(number * millimetre)
        length = height // (12 if number % 10 == 0 else 16 if number % 5 == 0 else 24)
        pen.line((x, top, x, top + length), fill=(30, 30, 30), width=max(1, width // 300))
    return drawn


FLAWS = (
    Flaw("blurred", "PAT_859_1638_598.jpg", "Blurred", "blurred", blurred),
    Flaw("dark", "PAT_895_1699_872.jpg", "Too dark", "darkened", dark),
    Flaw("far_away", "PAT_333_1469_499.jpg", "Too far away", "made smaller", far_away),
    Flaw("bare_skin", "PAT_341_715_180.jpg", "Bare skin", "a corner of it", bare_skin, False),
    Flaw("cut_off", "PAT_884_1683_538.jpg", "Cut off at the edge", "a part of it", cut_off),
    Flaw("ruler", "PAT_616_1169_3.jpg", "With a ruler", "a ruler drawn into it", ruler),
    Flaw("grey", "PAT_333_1468_620.jpg", "Without colours", "made grey", grey),
)


def main() -> int:
    real = {one.file: one for one in read_examples() if one.kind != "made"}
    rows = []
    for flaw in FLAWS:
        file = f"made_{flaw.name}.jpg"
        write_bytes(FOLDER / IMAGES / file, encoded(flaw, real[flaw.made_from]))
        rows.append((file, flaw))
    _list(rows)
    return 0


def encoded(flaw: Flaw, example: Example) -> bytes:
    """The picture that a flaw makes of an example, as a JPEG file."""
    with Image.open(example.path) as opened:
        made = flaw.make(opened.convert("RGB"), example)
    file = io.BytesIO()
    made.save(file, "JPEG", quality=_QUALITY)
    return file.getvalue()


def _list(made: list[tuple[str, Flaw]], path: Path = FOLDER / METADATA) -> None:
    """Put the rows of what was made behind those of the real pictures."""
    reader = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    real = {row["file"]: row for row in reader if row["kind"] != "made"}
    text = io.StringIO()
    table = csv.DictWriter(text, list(reader.fieldnames or ()), lineterminator="\n")
    table.writeheader()
    table.writerows(real.values())
    for file, flaw in made:
        row = dict(real[flaw.made_from]) | {
            "file": file,
            "kind": "made",
            "shows": flaw.shows,
            "made_from": flaw.made_from,
            "made": flaw.made,
        }
        if not flaw.lesion:
            row |= {"label": "", "dx": "", "biopsied": "", "diameter_mm": ""}
        table.writerow(row)
    write_text(path, text.getvalue())


if __name__ == "__main__":
    raise SystemExit(main())
