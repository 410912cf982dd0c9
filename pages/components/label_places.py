"""Where the names of points in a plot go, so that none lies on another or on a point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# Plotly's words, in the order in which they are tried, with the name's direction from its point.
PLACES = {
    "middle right": (1, 0), "middle left": (-1, 0), "top center": (0, 1), "bottom center": (0, -1),
    "top right": (1, 1), "bottom right": (1, -1), "top left": (-1, 1), "bottom left": (-1, -1),
}  # fmt: skip
_LETTER, _LINE, _AWAY, _MARK = 6.0, 13.0, 9.0, 6.0  # pixels; a letter's width at size 11


@dataclass(frozen=True)
class LabelBox:
    """Left, bottom, right and top in pixels."""

    left: float
    bottom: float
    right: float
    top: float

    def shared(self, other: LabelBox) -> float:
        """The area that both cover."""
        across = min(self.right, other.right) - max(self.left, other.left)
        up = min(self.top, other.top) - max(self.bottom, other.bottom)
        return max(across, 0.0) * max(up, 0.0)

    def meets(self, other: LabelBox) -> bool:
        return (
            self.left < other.right and other.left < self.right
            and self.bottom < other.top and other.bottom < self.top
        )  # fmt: skip


def places(
    points: Sequence[tuple[float, float, str]],
    width: float,
    height: float,
    lines: Sequence[tuple[float, float, float, float]] = (),
    *,
    across: int = 0,
) -> list[str | None]:
    """A place for each name, ``None`` where there is none that is free: then it is left out.

    ``points`` are x and y in [0, 1] of the plot's sides with the name, empty for a point that has
    none; the sides are in pixels. ``lines`` go from x, y to x, y, upright or level. Names go where
    they meet no other name, point or line, and stay within the plot; of the first ``across``
    points, a name that finds no such place may lie over lines, where they cover least of it.
    """
    marks = [
        LabelBox(x * width - _MARK, y * height - _MARK, x * width + _MARK, y * height + _MARK)
        for x, y, _ in points
    ]
    drawn = [
        LabelBox(x0 * width - 1, y0 * height - 1, x1 * width + 1, y1 * height + 1)
        for x0, y0, x1, y1 in lines
    ]
    names: list[LabelBox] = []
    found: list[str | None] = []
    for i, (x, y, name) in enumerate(points):
        around = {
            word: _box(x * width, y * height, name, direction)
            for word, direction in (PLACES if name else {}).items()
        }
        solid = [*marks[:i], *marks[i + 1 :], *names]
        place = _free(around, [*solid, *drawn], width, height)
        if place is None and i < across:
            place = _least_covered(around, solid, drawn, width, height)
        if place is not None:
            names.append(around[place])
        found.append(place)
    return found


def _free(
    around: Mapping[str, LabelBox], taken: Sequence[LabelBox], width: float, height: float
) -> str | None:
    """The first place that is within the plot and meets nothing."""
    for word, box in around.items():
        if _within(box, width, height) and not any(box.meets(other) for other in taken):
            return word
    return None


def _least_covered(
    around: Mapping[str, LabelBox],
    taken: Sequence[LabelBox],
    lines: Sequence[LabelBox],
    width: float,
    height: float,
) -> str | None:
    """Of the places within the plot that meet nothing taken, the one that lines cover least of."""
    covered = {
        word: sum(box.shared(line) for line in lines)
        for word, box in around.items()
        if _free({word: box}, taken, width, height)
    }
    return min(covered, key=covered.__getitem__, default=None)


def _box(x: float, y: float, name: str, direction: tuple[int, int]) -> LabelBox:
    """What a name covers that stands in a direction from its point."""
    long = _LETTER * len(name)
    across, up = direction
    left = x + _AWAY if across > 0 else x - _AWAY - long if across < 0 else x - long / 2
    bottom = y + _AWAY / 2 if up > 0 else y - _AWAY / 2 - _LINE if up < 0 else y - _LINE / 2
    return LabelBox(left, bottom, left + long, bottom + _LINE)


def _within(box: LabelBox, width: float, height: float) -> bool:
    return box.left >= 0 and box.right <= width and box.bottom >= 0 and box.top <= height
