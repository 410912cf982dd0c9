from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core import checkpoints

CARD = checkpoints.card("resnet18")
assert CARD.limits is not None
LIMITS = CARD.limits


@pytest.mark.parametrize("judged", [("dermoscopic",), ("dermoscopic", "photo")])
def test_a_card_says_what_is_judged_and_what_that_was_fitted_on(judged: tuple[str, ...]) -> None:
    def page(judged: tuple[str, ...]) -> None:
        import dataclasses

        from core import checkpoints
        from pages.cards.limits import show

        limits = checkpoints.card("resnet18").limits
        assert limits is not None
        show(dataclasses.replace(limits, kinds_judged=judged))

    shown = AppTest.from_function(page, args=(judged,)).run()
    assert not shown.exception
    assert any(f"**{' and '.join(judged)}**" in one.value for one in shown.markdown)
    said = shown.markdown[-1].value.split("Command")[0]
    assert "Fitted on: The report's set, 318; HAM10000, other lesions, 353;" in said
    assert "skin beside lesions, 1,015" in said
    assert "normal skin, 136" in said
    assert "_" not in said + "".join(map(str, shown.dataframe[0].value["pictures"]))
    assert len(shown.dataframe) == 2
