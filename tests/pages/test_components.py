from __future__ import annotations

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.statistics import estimates
from pages.components import saliency_map
from tests.pages.conftest import words


@pytest.mark.parametrize(
    ("probability", "said"),
    [
        (0.0, "under 1\N{NO-BREAK SPACE}%"),
        (0.004, "under 1\N{NO-BREAK SPACE}%"),
        (0.126, "13\N{NO-BREAK SPACE}%"),
        (0.5, "50\N{NO-BREAK SPACE}%"),
        (1.0, "over 99\N{NO-BREAK SPACE}%"),
    ],
)
def test_a_chance_is_never_called_nought_or_certain(probability: float, said: str) -> None:
    assert estimates.chance(probability) == said


@pytest.mark.parametrize(
    ("row", "column", "said"),
    [(0, 0, "upper left"), (29, 0, "lower left"), (15, 15, "centre"), (15, 29, "middle right")],
)
def test_the_place_of_the_peak_is_said_in_words(row: int, column: int, said: str) -> None:
    heat = np.zeros((30, 30), np.float32)
    heat[row, column] = 1
    assert saliency_map.where(heat) == said


@pytest.mark.parametrize(
    ("share", "flat", "beside"), [(0.0, 0.04, True), (0.04, 0.04, True), (0.63, 0.2149, False)]
)
def test_the_share_on_the_lesion_stands_beside_a_flat_maps(
    share: float, flat: float, beside: bool
) -> None:
    def page(share: float, flat: float) -> None:
        import numpy as np

        from core.pictures.drawn_lesion import draw_lesion
        from core.probes.map_on_lesion import OnLesion
        from core.saliency.display_copy import keep
        from pages.components import saliency_map

        kept = keep(draw_lesion(80, 60), np.ones((224, 224), np.float32), "squeeze")
        saliency_map.show(kept, "benign", OnLesion(share, flat))

    shown = AppTest.from_function(page, kwargs={"share": share, "flat": flat}).run()
    assert not shown.exception
    assert f"**{100 * share:.0f}\N{NO-BREAK SPACE}%** of the map lies on the lesion" in words(shown)
    assert f"looked everywhere alike, **{100 * flat:.0f}\N{NO-BREAK SPACE}%** would" in words(shown)
    assert ("looked beside the lesion" in words(shown)) is beside


def test_without_a_lesion_the_map_is_not_held_against_one() -> None:
    def page() -> None:
        import numpy as np

        from core.pictures.drawn_lesion import draw_lesion
        from core.saliency.display_copy import keep
        from pages.components import saliency_map

        kept = keep(draw_lesion(80, 60), np.ones((224, 224), np.float32), "squeeze")
        saliency_map.show(kept, "benign", None)

    shown = AppTest.from_function(page).run()
    assert not shown.exception
    assert "lies on the lesion" not in words(shown)
    assert "finds no lesion's edge in the whole picture" in words(shown)


@pytest.mark.parametrize(("judged", "told"), [("benign", False), ("uncertain", True)])
def test_a_map_for_benign_under_another_answer_says_that_it_is_none(
    judged: str, told: bool
) -> None:
    def page(judged: str) -> None:
        import numpy as np

        from core.pictures.drawn_lesion import draw_lesion
        from core.saliency.display_copy import keep
        from pages.components import saliency_map

        kept = keep(draw_lesion(80, 60), np.ones((224, 224), np.float32), "squeeze")
        saliency_map.show(kept, "benign", None, judged)  # type: ignore[arg-type]

    shown = AppTest.from_function(page, kwargs={"judged": judged}).run()
    assert not shown.exception
    assert ("not its answer, which is 'can't tell'" in words(shown)) is told
