"""The offer of a one-page report: made when it is asked for, handed over, and forgotten."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from core.pdf_report import Report, write
from core.results import Card
from core.saliency_view import overlay
from pages.components import advice, wording

_OPACITY = 0.6  # as the map is shown at first on the page


def offer(
    picture: Image.Image,
    heat: NDArray[np.float32],
    answer: str,
    probability: float,
    card: Card,
    warnings: tuple[str, ...] = (),
) -> None:
    """Draw the button; ``report`` of the same arguments is made when it is clicked.

    They stay in memory for as long as the visit lasts, and nothing else does: a function written on
    the page itself would keep all that the page holds, the photo in its full size among it.
    """
    st.download_button(
        "Report as PDF, one page",
        lambda: write(report(picture, heat, answer, probability, card, warnings)),
        "lesion-check.pdf", "application/pdf", icon=":material/picture_as_pdf:", on_click="ignore",
        help="Made when you click, from what is on this page, and not kept on the server.",
    )  # fmt: skip


def report(
    picture: Image.Image,
    heat: NDArray[np.float32],
    answer: str,
    probability: float,
    card: Card,
    warnings: tuple[str, ...] = (),
) -> Report:
    """What the page says, in plain words. ``heat`` (H, W) in [0, 1] is of the picture's size."""
    chance = wording.chance(probability)
    limits = (
        wording.trained_on(card),
        wording.own_test(card),
        wording.phone_photos(card),
        "The map shows where the network found evidence, not that it was right.",
    )
    return Report(
        picture=picture,
        overlay=overlay(picture, heat, _OPACITY),
        answer=f"The model's answer: {answer}",
        sentences=(
            f"It puts the chance that the lesion is malignant (cancerous) at {chance}. A low "
            "number is no all-clear.",
            *(f"Warning: {warning}" for warning in warnings),
        ),
        limits=tuple(_plain(sentence) for sentence in limits if sentence),
        advice=tuple(f"{sign}." for sign in advice.SIGNS),
        model=f"{card.title} ({card.name}), trained {card.training.date}, weights SHA-256 "
        f"{card.weights.sha256[:16]}",
        date=datetime.now(UTC).date().isoformat(),
    )


def _plain(text: str) -> str:
    return text.replace("**", "")
