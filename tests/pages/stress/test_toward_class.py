"""What both networks added is told from how much of it has a shape."""

from __future__ import annotations

import pytest
from PIL import Image

from pages.stress import toward_class
from pages.stress.toward_class import Toward


def toward(before: float, after: float, coarse: float) -> Toward:
    picture = Image.new("RGB", (2, 2))
    return Toward(
        title="", before=picture, benign=picture, malignant=picture, added=picture, factor=1,
        chances=(before, 0.0, after), coarse=coarse,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("robust", "standard", "said"),
    [
        (0.45, 0.14, "what the robust network adds has more of a shape"),
        (0.05, 0.3, "what the standard network adds has more of a shape"),
        (0.2, 0.15, "neither adds clearly more of a shape"),
    ],
)
def test_which_network_draws_a_shape_is_as_the_shares_say(
    robust: float, standard: float, said: str
) -> None:
    sentence = toward_class.finding([toward(0.1, 0.7, robust), toward(0.02, 0.98, standard)])
    sentence = sentence.replace("\N{NO-BREAK SPACE}", " ")
    assert said in sentence
    assert (
        "the robust one goes from 10 % to 70 %; the standard one goes from 2 % to 98 %" in sentence
    )
    assert f"{100 * robust:.0f} and {100 * standard:.0f} %" in sentence
    assert "1.6 %" in sentence  # one of 8 x 8
