from __future__ import annotations

import io

from PIL import Image
from pypdf import PdfReader

from core.reports import handout
from core.reports.handout import Sheet

SHEET = Sheet(
    title="A step", question="What has **it** learned?", guess="How likely?",
    notes="Let them `guess` first.", sentences=("It has learned **frames**.", "Not cancer – yet."),
    heads=("pictures", "AUC"), rows=(("own", "0.967"), ("other", "0.511 (0.428 to 0.597)")),
    note="In brackets the interval.",
    pictures=tuple(Image.new("RGB", (600, 400), (9 * i, 90, 60)) for i in range(7)),
)  # fmt: skip


def text(data: bytes) -> str:
    pages = PdfReader(io.BytesIO(data)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def test_students_get_questions_and_room_and_no_answer() -> None:
    data = handout.for_students([SHEET], "Pictures: mine.", "2026-01-02")
    said = text(data)
    assert "1. A step" in said
    assert "What has it learned?" in said
    assert "How likely? Your guess: ________ %" in said
    assert "Pictures: mine." in said
    for secret in ("frames", "0.967", "guess first"):
        assert secret not in said
    assert len(PdfReader(io.BytesIO(data)).pages[0].images) == 7


def test_the_teacher_gets_notes_answers_and_figures() -> None:
    said = text(handout.for_teacher([SHEET], "Pictures: mine.", "Tiny (tiny)", "2026-01-02"))
    for needed in ("Tiny (tiny)", "Let them guess first.", "It has learned frames.",
                   "Not cancer - yet.", "0.511 (0.428 to 0.597)", "In brackets the interval.",
                   "Not a medical device"):  # fmt: skip
        assert needed in said
    assert "**" not in said


def test_a_step_is_not_torn_and_pictures_stay_on_the_paper() -> None:
    pdf = PdfReader(io.BytesIO(handout.for_students([SHEET] * 12, "", "2026-01-02")))
    assert len(pdf.pages) > 2
    for page in pdf.pages:
        said = page.extract_text()
        # each page holds as many heads as places for a guess: none was left behind
        assert said.count("A step") == said.count("Your guess")
    width = handout.PICTURE * 7 + handout.GAP * 6
    assert width + 15 <= 210


def test_two_sheets_of_one_day_are_the_same_file() -> None:
    first, second = (handout.for_students([SHEET], "", "2026-01-02") for _ in range(2))
    assert first == second
