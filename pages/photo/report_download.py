"""The offer of a one-page report: made when it is asked for, handed over, and forgotten."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

import streamlit as st

from core.assessment.in_words import AnswerInWords
from core.assessment.look_alikes import Alike
from core.reports.photo_report import PhotoReport, write
from core.results.card import Card
from core.saliency.display_copy import DisplayCopy
from pages.components import doctor_checklist
from pages.photo import look_alikes

_OPACITY = 0.6  # as the map is shown at first on the page


def offer(said: AnswerInWords, kept: DisplayCopy, card: Card, alike: Alike | None) -> None:
    """Draw the button; the report is made when it is clicked.

    What it is made of stays in memory for as long as the visit lasts, and nothing else does: a
    function written on the page itself would keep all that the page holds, the photo in its full
    size among it.
    """
    ticked = doctor_checklist.ticked()  # filled further down the page, and read at the click
    st.download_button(
        "Report as PDF, one page",
        lambda: write(report(said, kept, card, ticked, alike)),
        "lesion-check.pdf", "application/pdf", icon=":material/picture_as_pdf:", on_click="ignore",
        help="Made when you click, from what is on this page, and not kept on the server.",
    )  # fmt: skip


def report(
    said: AnswerInWords, kept: DisplayCopy, card: Card, ticked: Collection[int] = (),
    alike: Alike | None = None,
) -> PhotoReport:  # fmt: skip
    """What the page says; no map of a stopped picture, nor what is ``alike`` to it.

    ``ticked`` are the signs to see a doctor about that the visitor has ticked, by number.
    """
    looks = said.answer != "uncertain" and not said.anyway
    heading = f"{said.heading} to this model" if looks else said.heading
    # a stopped picture's first says why it has no answer, and what to do comes after it
    told = (
        (*said.sentences, *said.warnings)
        if said.stopped
        else (*(f"Warning: {warning}" for warning in said.warnings), *said.sentences)
    )
    advice = [
        f"**Ticked: {sign}.**" if i in ticked else f"{sign}."
        for i, sign in enumerate(doctor_checklist.SIGNS)
    ]
    return PhotoReport(
        picture=kept.picture,
        overlay=None if said.stopped else kept.overlay(_OPACITY),
        answer="No answer for this picture" if said.stopped else heading,
        sentences=told,
        alike=look_alikes.on_paper(alike) if alike and look_alikes.are_shown(said) else None,
        limits=said.limits,
        advice=(*advice, *((doctor_checklist.SHOW_IT,) if ticked else ())),
        model=f"{card.title} ({card.name}), trained {card.training.date}, weights SHA-256 "
        f"{card.weights.sha256[:16]}",
        date=datetime.now(UTC).date().isoformat(),
    )
