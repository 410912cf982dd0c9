"""How to take a photo, in three small pictures: each the same spot taken badly and well."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image, ImageDraw

from core.pictures.examples import FOLDER, IMAGES

SIDE = 224  # pixels, shown at half of it
_BADGE = SIDE // 7
_RIGHT, _WRONG = "#009E73", "#D55E00"  # Okabe and Ito 2008; a tick and a cross say it too


@dataclass(frozen=True)
class Tip:
    """A rule in a few words, and the files of examples that break it and keep it."""

    words: str
    wrong: str
    right: str


TIPS = (
    Tip("Go close", "made_far_away.jpg", "PAT_333_1469_499.jpg"),
    Tip("In daylight", "made_dark.jpg", "PAT_895_1699_872.jpg"),
    Tip("Hold still", "made_blurred.jpg", "PAT_859_1638_598.jpg"),
)


def draw(tip: Tip) -> Image.Image:
    """RGB, ``SIDE`` x ``SIDE``: the wrong way at the left under a cross, the right under a tick.

    Raises ``FileNotFoundError`` where the examples are not at hand.
    """
    drawn = Image.new("RGB", (SIDE, SIDE), "white")
    for x, file in ((0, tip.wrong), (SIDE // 2 + 2, tip.right)):
        with Image.open(FOLDER / IMAGES / file) as opened:
            picture = opened.convert("RGB").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
        drawn.paste(picture.crop((SIDE // 4 + 1, 0, 3 * SIDE // 4 - 1, SIDE)), (x, 0))
    pen = ImageDraw.Draw(drawn)
    low = SIDE - _BADGE - 8
    for x, colour in ((8, _WRONG), (SIDE // 2 + 10, _RIGHT)):
        pen.ellipse((x, low, x + _BADGE, low + _BADGE), fill=colour, outline="white", width=2)
    third = _BADGE / 3
    cross = (8 + third, low + third, 8 + 2 * third, low + 2 * third)
    pen.line(cross, fill="white", width=4)
    pen.line((cross[0], cross[3], cross[2], cross[1]), fill="white", width=4)
    left = SIDE // 2 + 10
    tick = [(0.9, 1.6), (1.35, 2.05), (2.15, 1.05)]
    pen.line([(left + x * third, low + y * third) for x, y in tick], fill="white", width=4)
    return drawn
