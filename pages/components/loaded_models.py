"""The models that are at hand, loaded once for all visitors."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import streamlit as st

from core import checkpoints
from core.runtime import memory
from core.runtime.bounded_cache import BoundedCache
from pages.components.server_wide import server_wide

if TYPE_CHECKING:
    from core.classifier import Classifier

# MiB. On a host of less, the networks that are kept take no more than that room together: any two
# of those that are shipped do (92), one of somebody's own that is larger may not.
_SMALL_HOST, _ROOM = 1024, 100


def classifier(name: str) -> Classifier | None:
    """The model called ``name``; ``None``, with a sentence on the page, if it cannot be used."""
    loaded_ones = networks()
    try:
        if loaded_ones.has(name):  # a spinner starts a thread, also for what takes no time
            return loaded_ones.get(name)
        with st.spinner("Getting the model ready. The first time takes a few seconds."):
            return loaded_ones.get(name)
    except checkpoints.FolderMissing:
        st.error("The folder of the models is not there any more.", icon=":material/error:")
        return None
    except checkpoints.CheckpointRejected as refusal:
        st.error(str(refusal), icon=":material/error:")
        return None


def loaded(name: str) -> Classifier:
    """The model called ``name`` for what is made outside a run of a page, as a file to hand out.

    Draws nothing; raises ``core.checkpoints.CheckpointRejected``.
    """
    return networks().get(name)


@server_wide
def networks() -> BoundedCache[Classifier]:
    """The networks of this server: two, as 'Stress test' compares.

    The smallest host has no room for more, nor for two that are large.
    """
    small = memory.allowed() < _SMALL_HOST
    return BoundedCache(_load, 2, _ROOM if small else math.inf, checkpoints.size)


def _load(name: str) -> Classifier:
    from core.classifier import load_for_serving  # imports torch: after the page is on screen

    return load_for_serving(name)


def names() -> list[str]:
    """Models to choose from, the default one first; none is told on the page."""
    found = checkpoints.available()
    if not found:
        st.error(
            "No trained model is at hand. `python -m training.train --help` says how to make one."
        )
    return checkpoints.in_order(found)


def title(name: str) -> str:
    """How a model is called on the page."""
    card = checkpoints.card(name)
    return f"{card.title} ({name})"
