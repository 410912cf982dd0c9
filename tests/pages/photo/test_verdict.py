"""The page and the sheet say the same of every answer, stopped ones too."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from PIL import Image
from pypdf import PdfReader
from streamlit.testing.v1 import AppTest

from core import checkpoints
from core.assessment import in_words
from core.assessment.assess import Assessment
from core.assessment.in_words import AnswerInWords
from core.assessment.look_alikes import Alike
from core.assessment.quality import measure
from core.labels import DERMOSCOPIC, Judgement
from core.pictures.drawn_lesion import draw_lesion
from core.pictures.reference import read_reference
from core.reports.photo_report import write
from core.saliency.display_copy import keep
from pages.photo import look_alikes, report_download
from tests.pages.conftest import words

ANSWERS: list[tuple[Judgement, bool]] = [
    ("benign", False), ("malignant", False), ("uncertain", False), ("not judged", False),
    ("not judged", True),
]  # fmt: skip


def said_of(answer: Judgement, anyway: bool) -> AnswerInWords:
    """A melanoma that the model can't tell, for one."""
    stopped = answer == "not judged"
    warnings = ("It is too dark. Take it again.",) if stopped else ("The picture looks blurred.",)
    found = Assessment(
        DERMOSCOPIC, answer, 0.48, warnings, "uncertain" if stopped else answer,
        measure(draw_lesion(64, 64)), "dark" if stopped else None,
    )  # fmt: skip
    return in_words.say(found, "benign", checkpoints.card("resnet18"), anyway)


def page(answer: str, anyway: bool) -> None:
    from pages.components import not_judged
    from pages.components.visit import Sent
    from pages.photo import out_of_thousand, verdict
    from tests.pages.photo.test_verdict import said_of

    said = said_of(answer, anyway)
    if said.stopped:
        not_judged.show(said, Sent())
    else:
        verdict.show(said)
    out_of_thousand.show(said)
    verdict.show_limits(said)


@pytest.mark.parametrize(("answer", "anyway"), ANSWERS)
def test_the_sheet_says_what_the_page_says(
    answer: Judgement, anyway: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    import streamlit as st

    monkeypatch.setattr(st, "page_link", lambda *_, **__: None)  # no other page in this test
    shown = AppTest.from_function(
        page, default_timeout=60, kwargs={"answer": answer, "anyway": anyway}
    ).run()
    assert not shown.exception
    on_page = "\n".join([words(shown), *(warning.value for warning in shown.warning)])
    if shown.segmented_control:  # the other prevalence is a click away
        on_page += words(shown.segmented_control(key="thousand").set_value("In its test").run())
    on_page = re.sub(r"\[([^]]+)]\(#[^)]+\)", r"\1", on_page)  # links within the page
    on_page = " ".join(on_page.replace("**", "").replace("\N{NO-BREAK SPACE}", " ").split())
    said = said_of(answer, anyway)
    picture = draw_lesion(160, 120)
    kept = keep(picture, np.ones((224, 224), np.float32), "squeeze")
    data = write(report_download.report(said, kept, checkpoints.card("resnet18")))
    (sheet,) = PdfReader(io.BytesIO(data)).pages
    on_sheet = " ".join(sheet.extract_text().replace("\N{NO-BREAK SPACE}", " ").split())
    told = [said.heading, *said.warnings, *said.sentences, *said.limits]
    if said.stopped:
        told[0] = "No answer for this picture"
    for sentence in told:
        plain = sentence.replace("**", "").replace("\N{NO-BREAK SPACE}", " ")
        assert plain in on_page
        assert plain in on_sheet
    others = {"Looks benign", "Looks suspicious", "Can't tell"} - {said.heading}
    for wrong in others:
        assert wrong not in on_page
        assert wrong not in on_sheet
    assert len(sheet.images) == (1 if said.stopped else 2)


@pytest.mark.parametrize(("answer", "anyway"), ANSWERS)
def test_a_thousand_dots_stand_for_the_number_beside_them(answer: Judgement, anyway: bool) -> None:
    from pages.photo.out_of_thousand import groups

    said = said_of(answer, anyway)
    assert bool(said.frequencies) == (answer != "not judged")
    for frequency in said.frequencies:
        malignant, benign = groups(frequency)
        assert malignant.count + benign.count == 1000
        assert malignant.count == pytest.approx(frequency.malignant, abs=0.5)


def test_the_sheet_has_the_signs_that_were_ticked_and_why_before_what_to_do() -> None:
    kept = keep(draw_lesion(160, 120), np.ones((224, 224), np.float32), "squeeze")
    card = checkpoints.card("resnet18")
    sheet = report_download.report(said_of("benign", False), kept, card, {4})
    assert [one for one in sheet.advice if "Ticked" in one] == [
        "**Ticked: Evolving: it is new, or is changing in size, shape or colour.**"
    ]
    assert sheet.advice[-1] == "**Show it to a doctor**, whatever the model says."
    bare = report_download.report(said_of("benign", False), kept, card)
    assert not any("Ticked" in one or "Show it" in one for one in bare.advice)
    stopped = report_download.report(said_of("not judged", False), kept, card)
    assert stopped.sentences == ("It is too dark.", "Take it again.")


@pytest.mark.parametrize(("answer", "anyway"), ANSWERS)
@pytest.mark.parametrize("far", [False, True])
def test_what_looks_alike_is_on_the_sheet_as_on_the_page(
    answer: Judgement, anyway: bool, far: bool
) -> None:
    def shown(alike: object) -> None:
        from pages.photo import look_alikes

        look_alikes.show(alike)  # type: ignore[arg-type]

    alike = Alike((*read_reference()[:3], *read_reference()[-3:]), 13, 20, far=far)
    said = said_of(answer, anyway)
    kept = keep(draw_lesion(160, 120), np.ones((224, 224), np.float32), "squeeze")
    card = checkpoints.card("resnet18")
    without = PdfReader(io.BytesIO(write(report_download.report(said, kept, card))))
    (sheet,) = PdfReader(
        io.BytesIO(write(report_download.report(said, kept, card, alike=alike)))
    ).pages
    on_sheet = " ".join(sheet.extract_text().split())
    if not look_alikes.are_shown(said):  # nor does the page show them
        assert len(sheet.images) == len(without.pages[0].images)
        assert look_alikes.TITLE not in on_sheet
        return
    page = AppTest.from_function(shown, default_timeout=60, kwargs={"alike": alike}).run()
    assert not page.exception
    on_page = re.sub(r"\[([^]]+)]\([^)]+\)", r"\1", words(page)).replace("**", "")
    for sentence in (
        look_alikes.TITLE, look_alikes.in_words(alike), look_alikes.NO_PROOF,
        "Tschandl et al. 2018, CC BY-NC 4.0",
    ):  # fmt: skip
        assert sentence.replace("**", "") in on_page
        assert sentence.replace("**", "") in on_sheet
    captions = [img.caption for found in page.get("image") for img in found.proto.imgs]
    assert len(captions) == (0 if far else 6)
    assert len(sheet.images) == len(without.pages[0].images) + len(captions)
    letters = on_sheet.replace(" ", "")
    for caption in captions:
        assert caption.replace(" ", "") in letters
    if not far:
        last = sheet.images[-1].image
        given = Image.open(alike.nearest[-1].path).convert("RGB")
        assert last is not None
        assert last.size == given.size
        assert np.abs(np.asarray(last.convert("RGB"), float) - np.asarray(given)).mean() < 4
