"""The network that the lesson is about: its card at once, the network when it is first asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from core import checkpoints
from pages.components import loaded_models

if TYPE_CHECKING:
    from core.classifier import Classifier
    from core.results.card import Card


@dataclass(frozen=True)
class Taught:
    """A model at hand, by its name.

    A class guesses before a number is told, so a step is drawn without torch, whose import takes
    longer than all the rest, wherever no picture is changed along the network's gradient.
    """

    name: str

    @property
    def card(self) -> Card:
        return checkpoints.card(self.name)

    def network(self) -> Classifier:
        """The network, ready; the page says why and ends here where it can't be used."""
        found = loaded_models.classifier(self.name)
        if found is None:
            st.stop()
        return found
