"""What all our PDFs share: A4, fonts that every reader has, no trace of person, hour or program."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from fpdf import FPDF

MARGIN = 15.0  # mm
# The PDF's own fonts know Latin 1 alone, so nothing has to be embedded or shipped.
IN_LATIN = str.maketrans({"–": "-", "—": "-", "’": "'", "‘": "'", "“": '"', "”": '"', "…": "..."})

# What else fpdf2 would take for markup, as a folder's name may hold it.
_OTHER_MARKS = ("__", "--", "~~", "](", "\\")


def begin(
    title: str, date: str, orientation: Literal["portrait", "landscape"] = "portrait"
) -> FPDF:
    """A document with one empty page and its title on it; ``date`` is YYYY-MM-DD."""
    from fpdf import FPDF

    pdf = FPDF(format="A4", orientation=orientation)
    pdf.set_margin(MARGIN)
    pdf.set_auto_page_break(True, MARGIN)
    pdf.set_title(title)
    pdf.set_lang("en")
    pdf.set_producer("")
    day = datetime.strptime(date, "%Y-%m-%d").replace(tzinfo=UTC)
    pdf.set_creation_date(day)  # PDF wants one; the hour would be nobody's business
    pdf.set_image_filter("DCTDecode")
    pdf.add_page()
    words(pdf, title, 14, bold=True)
    return pdf


def words(pdf: FPDF, text: str, size: float, *, bold: bool = False) -> None:
    """A paragraph, ``size`` in points; ``**`` in the text is for bold, as on the pages."""
    pdf.set_font("helvetica", "B" if bold else "", size)
    marked = "**" in text and not any(mark in text for mark in _OTHER_MARKS)
    if not marked:
        text = text.replace("**", "")
    pdf.multi_cell(
        0, size * 0.5, latin(text), align="L", new_x="LMARGIN", new_y="NEXT", markdown=marked
    )


def end(pdf: FPDF, lists: Iterable[tuple[str, Sequence[str]]], size: float) -> None:
    """The end of every report: lists under their heads, empty ones left out, and what it is not."""
    for head, lines in lists:
        if lines:
            pdf.ln(2)
            words(pdf, head, size + 1, bold=True)
            for line in lines:
                words(pdf, f"-  {line}", size)
    pdf.ln(2)
    words(pdf, "For teaching and research. Not a medical device, not a diagnosis.", size, bold=True)


def latin(text: str) -> str:
    """The text in letters that the fonts have."""
    return text.translate(IN_LATIN).encode("latin-1", "replace").decode("latin-1")
