"""One page of PDF about one picture, made in memory with fpdf2 when it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from core.reports.pdf import MARGIN, begin, end, latin, words

if TYPE_CHECKING:
    from fpdf import FPDF

TITLE = "Lesion check: what a neural network makes of one picture"
MAP = (
    "On the right where the network found evidence: yellow most, violet little, no colour none. It "
    "shows where it looked, not whether it understood."
)
_WIDTH, _GAP = 210.0, 5.0  # mm, A4
_PICTURE_HEIGHT = 85.0  # mm; what leaves room for the words
_BESIDE_OTHERS = 60.0  # mm; where a row of look-alikes needs room, too
_THUMBNAIL = 20.0  # mm, the side of the square that a look-alike is drawn in
_SIZES = (10.0, 9.0, 8.0, 7.0, 6.0)  # points: the largest with which all words fit on the page


@dataclass(frozen=True)
class AlikeOnPaper:
    """What looks alike: ``shown`` are small pictures' files, each with a line to stand under it.

    ``note`` is what to hold against it, and whose pictures they are.
    """

    title: str
    sentence: str
    shown: tuple[tuple[Path, str], ...]
    note: str


@dataclass(frozen=True)
class PhotoReport:
    """What goes onto the page. Texts may hold ``**bold**``; ``date`` is YYYY-MM-DD.

    ``overlay`` is the picture with its map; of a picture without an answer there is none.
    """

    picture: Image.Image
    overlay: Image.Image | None
    answer: str
    sentences: tuple[str, ...]
    limits: tuple[str, ...]
    advice: tuple[str, ...]
    model: str
    date: str
    alike: AlikeOnPaper | None = None


def write(report: PhotoReport) -> bytes:
    """The PDF: one A4 page, in English. It names no file, person, place, time or program.

    Pictures are stored as JPEG from their pixels alone. Raises ``ValueError`` if the words are too
    many for a page.
    """
    for size in _SIZES:
        pdf = _page(report, size)
        if pdf.page == 1:
            return bytes(pdf.output())
    raise ValueError("the report's words do not fit on one page")


def _page(report: PhotoReport, size: float) -> FPDF:
    pdf = begin(TITLE, report.date)
    words(pdf, f"{report.date}. Model: {report.model}.", size)
    _pictures(pdf, report)
    words(pdf, report.answer, 13, bold=True)
    for sentence in report.sentences:
        words(pdf, sentence, size)
    if report.alike:
        _look_alikes(pdf, report.alike, size)
    lists = (
        ("How far to believe it", report.limits),
        ("Whatever the model says: see a doctor about a spot if", report.advice),
    )
    end(pdf, lists, size)
    return pdf


def _pictures(pdf: FPDF, report: PhotoReport) -> None:
    """Picture and map side by side, as large as half the page's width allows, or it alone."""
    pdf.ln(2)
    room = (_WIDTH - 2 * MARGIN - _GAP) / 2
    wide, high = report.picture.size
    most = _BESIDE_OTHERS if report.alike and report.alike.shown else _PICTURE_HEIGHT
    width = min(room, most * wide / high)
    top = pdf.get_y()
    shown = [(report.picture, "The picture")]
    if report.overlay is not None:
        shown.append((report.overlay, "The picture with its saliency map"))
    for i, (image, text) in enumerate(shown):
        bare = image.convert("RGB").copy()
        bare.info.clear()  # Pillow would write a comment on into the JPEG
        pdf.image(bare, x=MARGIN + i * (room + _GAP), y=top, w=width, alt_text=text)
    pdf.set_y(top + width * high / wide + 2)
    if report.overlay is not None:
        words(pdf, MAP, 8)


def _look_alikes(pdf: FPDF, alike: AlikeOnPaper, size: float) -> None:
    """A row of small pictures, each in a cell of its own with its line beneath."""
    pdf.ln(2)
    words(pdf, alike.title, size + 1, bold=True)
    words(pdf, alike.sentence, size)
    if alike.shown:
        _row(pdf, alike.shown, min(size, 7.0))
    words(pdf, alike.note, min(size, 8.0))


def _row(pdf: FPDF, shown: tuple[tuple[Path, str], ...], size: float) -> None:
    cell = (_WIDTH - 2 * MARGIN) / len(shown)
    if pdf.will_page_break(_THUMBNAIL + 2 * size):
        pdf.add_page()  # a picture would not break by itself, as it is put at a place
    top = pdf.get_y() + 1
    ends = []
    for i, (path, line) in enumerate(shown):
        left = MARGIN + i * cell
        with Image.open(path) as opened:
            small = opened.convert("RGB")
        small.info.clear()
        wide, high = small.size
        width = _THUMBNAIL * min(1, wide / high)
        pdf.image(small, x=left, y=top, w=width, alt_text=line)
        pdf.set_xy(left, top + _THUMBNAIL + 0.5)
        pdf.set_font("helvetica", "", size)
        pdf.multi_cell(cell - 1, size * 0.45, latin(line), align="L")
        ends.append(pdf.get_y())
    pdf.set_xy(MARGIN, max(ends) + 1)
