from __future__ import annotations

import dataclasses

import pytest

from core.assessment import limits_in_words
from core.results.card import Card, Initialisation


@pytest.mark.parametrize(
    ("source", "loaded", "said"),
    [
        ("random", 0, "All it knows of skin are 78 pictures of my_moles."),
        ("torchvision", 120, "All it knows of skin are 78 pictures of my_moles."),
        ("weights.safetensors", 122, "It has learned from 78 pictures of my_moles, and began with "
         "other weights: resnet18, a resnet18 trained on malignant_vs_benign."),
    ],
)  # fmt: skip
def test_what_the_start_of_ones_own_model_knew_is_not_kept_quiet(
    full_card: Card, source: str, loaded: int, said: str
) -> None:
    start = Initialisation(source, "resnet18, a resnet18 trained on malignant_vs_benign", loaded)
    training = dataclasses.replace(full_card.training, data="my_moles", n_train=78)
    card = dataclasses.replace(full_card, training=training, initialisation=start)
    assert limits_in_words.trained_on(card) == said
