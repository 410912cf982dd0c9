"""The choices that most visitors need not make: which model, which saliency method."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core.saliency.methods import METHODS
from pages.components import loaded_models


@dataclass(frozen=True)
class Choice:
    """Names of a model at hand and of a saliency method."""

    model: str
    method: str


def choose() -> Choice | None:
    """Draw the choices; ``None`` if there is no model to choose."""
    names = loaded_models.names()
    if not names:
        return None
    model = st.selectbox("Model", names, format_func=loaded_models.title, key="photo-model")
    method = st.selectbox("Saliency method", list(METHODS), key="photo-method")
    st.caption(f"{method}: {METHODS[method].what}.")
    return Choice(model, method)
