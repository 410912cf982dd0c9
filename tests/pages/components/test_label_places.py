from __future__ import annotations

import pytest

from pages.components import label_places
from pages.components.label_places import LabelBox

SIDE = 300.0


def test_a_lonely_point_has_its_name_to_the_right() -> None:
    assert label_places.places([(0.3, 0.5, "one")], SIDE, SIDE) == ["middle right"]


def test_a_name_stays_within_the_plot() -> None:
    (place,) = label_places.places([(0.98, 0.5, "a long name")], SIDE, SIDE)
    assert place == "middle left"


def test_names_avoid_each_other_points_and_lines() -> None:
    near = [(0.5, 0.5, "first network"), (0.52, 0.51, "second network")]
    first, second = label_places.places(near, SIDE, SIDE)
    assert first is not None
    assert second is not None
    assert first != second
    level = [(0.0, 0.5, 1.0, 0.5)]
    (place,) = label_places.places([(0.3, 0.5, "one")], SIDE, SIDE, level)
    assert place in ("top center", "bottom center", "top right", "bottom right")


def test_a_crowd_leaves_names_out_rather_than_on_each_other() -> None:
    crowd = [(0.5 + i / 1000, 0.5, f"network number {i}") for i in range(12)]
    found = label_places.places(crowd, SIDE, SIDE)
    assert None in found
    assert found.count(None) < 12


def test_a_point_without_a_name_has_no_place_and_still_keeps_others_off() -> None:
    found = label_places.places([(0.3, 0.5, "one"), (0.34, 0.5, "")], SIDE, SIDE)
    assert found[1] is None
    assert found[0] != "middle right"


@pytest.mark.parametrize(
    ("other", "meets"), [(LabelBox(5, 5, 15, 15), True), (LabelBox(10, 0, 20, 10), False)]
)
def test_boxes_that_only_touch_do_not_meet(other: LabelBox, meets: bool) -> None:
    assert LabelBox(0, 0, 10, 10).meets(other) is meets


def test_a_name_that_must_lie_over_lines_is_crossed_and_not_struck_through() -> None:
    # an upright line through the point, and a level one right through it from side to side
    lines = [(0.0, 0.5, 1.0, 0.5), (0.5, 0.0, 0.5, 1.0)]
    name = "a network of a long name"
    (place,) = label_places.places([(0.5, 0.5, name)], 200, 200, lines, across=1)
    assert place in ("top center", "bottom center")


def test_a_name_may_lie_over_a_line_where_nothing_else_is_free_but_never_over_a_name() -> None:
    # a grid of lines on all sides, and a second point to the right
    lines = [(x / 20, 0.0, x / 20, 1.0) for x in range(21)]
    points = [(0.3, 0.5, "one"), (0.6, 0.5, "two")]
    assert label_places.places(points, 200, 200, lines) == [None, None]
    over = label_places.places(points, 200, 200, lines, across=2)
    assert None not in over
    crowded = [(0.5, 0.5, "a name as wide as the plot"), (0.5, 0.5, "another of that width")]
    assert None in label_places.places(crowded, 170, 20, (), across=2)
