"""The offer of a one-page report: made when it is asked for, handed over, and forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import streamlit as st

from core.reports.photo_report import Report, write
from core.results.card import Card
from core.saliency.display_copy import KeptPicture
from pages.components import doctor_checklist, wording

_OPACITY = 0.6  # as the map is shown at first on the page


@dataclass(frozen=True)
class Said:
    """What the page says of a picture, of which a report is made."""

    kept: KeptPicture
    answer: str
    probability: float
    card: Card
    warnings: tuple[str, ...] = ()


def offer(said: Said) -> None:
    """Draw the button; the report is made when it is clicked.

    What it is made of stays in memory for as long as the visit lasts, and nothing else does: a
    function written on the page itself would keep all that the page holds, the photo in its full
    size among it.
    """
    st.download_button(
        "Report as PDF, one page",
        lambda: write(report(said)),
        "lesion-check.pdf", "application/pdf", icon=":material/picture_as_pdf:", on_click="ignore",
        help="Made when you click, from what is on this page, and not kept on the server.",
    )  # fmt: skip


def report(said: Said) -> Report:
    """What the page says, in plain words."""
    card = said.card
    chance = wording.chance(said.probability)
    limits = (
        wording.trained_on(card),
        wording.own_test(card),
        wording.phone_photos(card),
        "The map shows where the network found evidence, not that it was right.",
    )
    return Report(
        picture=said.kept.picture,
        overlay=said.kept.overlay(_OPACITY),
        answer=f"The model's answer: {said.answer}",
        sentences=(
            f"It puts the chance that the lesion is malignant (cancerous) at {chance}. A low "
            "number is no all-clear.",
            *(f"Warning: {warning}" for warning in said.warnings),
        ),
        limits=tuple(_plain(sentence) for sentence in limits if sentence),
        advice=tuple(f"{sign}." for sign in doctor_checklist.SIGNS),
        model=f"{card.title} ({card.name}), trained {card.training.date}, weights SHA-256 "
        f"{card.weights.sha256[:16]}",
        date=datetime.now(UTC).date().isoformat(),
    )


def _plain(text: str) -> str:
    return text.replace("**", "")
