"""The lesson on paper: questions with room for answers, and the same with answers and notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image

from core.reports import pdf as pdf_page
from core.reports.pdf import MARGIN, latin, words

if TYPE_CHECKING:
    from fpdf import FPDF

STUDENTS = "What has the network learned? For students"
TEACHER = "What has the network learned? For the teacher"
_WIDTH, _HEIGHT = 210.0, 297.0  # mm, A4
PICTURE, GAP = 24.0, 3.0  # mm: seven in a row
_LINES, _LINE = 3, 7.5  # ruled lines for an answer, and mm from one to the next
_SIZE = 10.0  # points


@dataclass(frozen=True)
class Sheet:
    """A step of the lesson, as both sheets show it.

    Texts may hold ** and nothing else of Markdown; ``pictures`` are shown to both, numbered;
    ``guess`` is what the class guesses in percent, empty where it doesn't.
    """

    title: str
    question: str
    guess: str
    notes: str
    sentences: tuple[str, ...]
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str
    pictures: tuple[Image.Image, ...]


def for_students(sheets: Sequence[Sheet], credits: str, date: str) -> bytes:
    """A PDF of A4 pages: each question with its pictures, a place for the guess, and ruled lines.

    ``credits`` says whose the pictures are; ``date`` is YYYY-MM-DD. No person or place is named.
    """
    pdf = pdf_page.begin(STUDENTS, date)
    for number, sheet in enumerate(sheets, 1):
        _keep_together(pdf, PICTURE + (_LINES + 5) * _LINE)
        _head(pdf, number, sheet)
        if sheet.guess:
            words(pdf, sheet.guess, _SIZE)
            words(pdf, "Your guess: ________ %    Told: ________ %", _SIZE)
        _ruled(pdf)
    pdf_page.end(pdf, [], _SIZE - 1)
    words(pdf, _plain(credits), _SIZE - 3)
    return bytes(pdf.output())


def for_teacher(sheets: Sequence[Sheet], credits: str, model: str, date: str) -> bytes:
    """The same questions with what to say, the answers, and the figures behind them."""
    pdf = pdf_page.begin(TEACHER, date)
    words(pdf, f"{date}. The network: {model}.", _SIZE - 1)
    for number, sheet in enumerate(sheets, 1):
        _keep_together(pdf, PICTURE + 4 * _LINE)
        _head(pdf, number, sheet)
        words(pdf, f"How to go about it: {_plain(sheet.notes)}", _SIZE - 1)
        for sentence in sheet.sentences:
            pdf.ln(1)
            words(pdf, _plain(sentence), _SIZE)
        if sheet.rows:
            _keep_together(pdf, (len(sheet.rows) + 2) * _LINE)
            pdf.ln(1)
            _table(pdf, sheet)
            words(pdf, _plain(sheet.note), _SIZE - 2)
    pdf_page.end(pdf, [], _SIZE - 1)
    words(pdf, _plain(credits), _SIZE - 3)
    return bytes(pdf.output())


def _head(pdf: FPDF, number: int, sheet: Sheet) -> None:
    pdf.ln(4)
    words(pdf, f"{number}. {sheet.title}", _SIZE + 2, bold=True)
    words(pdf, _plain(sheet.question), _SIZE)
    if not sheet.pictures:
        return
    top = pdf.get_y() + 1
    for i, picture in enumerate(sheet.pictures):
        bare = picture.convert("RGB").copy()
        bare.info.clear()  # Pillow would write a comment on into the JPEG
        bare.thumbnail((300, 300))
        x = MARGIN + i * (PICTURE + GAP)
        pdf.image(bare, x=x, y=top, w=PICTURE, h=PICTURE, keep_aspect_ratio=True,
                  alt_text=f"Picture {i + 1}")  # fmt: skip
    pdf.set_y(top + PICTURE + 1)


def _ruled(pdf: FPDF) -> None:
    pdf.set_draw_color(150)
    for _ in range(_LINES):
        pdf.ln(_LINE)
        y = pdf.get_y()
        pdf.line(MARGIN, y, _WIDTH - MARGIN, y)


def _table(pdf: FPDF, sheet: Sheet) -> None:
    pdf.set_font("helvetica", "", _SIZE - 2)
    align = ("LEFT", *("RIGHT",) * (len(sheet.heads) - 1))
    with pdf.table(text_align=align, line_height=_SIZE * 0.45, borders_layout="MINIMAL") as table:
        for cells in (sheet.heads, *sheet.rows):
            row = table.row()
            for cell in cells:
                row.cell(latin(cell.replace("\N{NO-BREAK SPACE}", " ")))


def _keep_together(pdf: FPDF, millimetres: float) -> None:
    """A new page where so much would not fit on this one."""
    if pdf.get_y() + millimetres > _HEIGHT - MARGIN:
        pdf.add_page()


def _plain(text: str) -> str:
    return text.replace("**", "").replace("`", "")
