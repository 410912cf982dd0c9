from __future__ import annotations

import dataclasses

import pytest

from core import checkpoints
from pages.cards import card


@pytest.mark.parametrize(("geometry", "said"), [("crop", "cropped"), ("squeeze", "squeezed")])
def test_a_card_says_in_english_how_pictures_were_fitted(geometry: str, said: str) -> None:
    changed = dataclasses.replace(checkpoints.card("resnet18"), geometry=geometry)
    assert f"pictures {said} to" in card.origin(changed)
