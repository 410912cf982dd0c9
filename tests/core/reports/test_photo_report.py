from __future__ import annotations

import dataclasses
import io

import numpy as np
import pytest
from PIL import Image
from pypdf import PdfReader

from core.pictures.drawn_lesion import draw_lesion
from core.reports.photo_report import MAP, TITLE, PhotoReport, write
from core.saliency.overlay import overlay


@pytest.fixture(scope="module")
def report() -> PhotoReport:
    picture = draw_lesion(320, 240)
    picture.info["comment"] = b"SECRET"
    heat = np.zeros((240, 320), np.float32)
    heat[100:140, 140:200] = 1
    return PhotoReport(
        picture, overlay(picture, heat, 0.6), "The model's answer: benign",
        ("The chance is 12 %.", "Warning: it is blurred."), ("It knows 2,373 pictures.",),
        ("it is new – or changes.",), "ResNet18 (resnet18), trained 2026-11-23", "2026-11-24",
    )  # fmt: skip


def read(data: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(data))


def test_the_report_reads_back_as_one_page_with_all_its_words(report: PhotoReport) -> None:
    pdf = read(write(report))
    assert len(pdf.pages) == 1
    text = " ".join(pdf.pages[0].extract_text().split())
    for part in (
        TITLE, report.answer, *report.sentences, *report.limits, "it is new - or changes.",
        report.model, report.date, "Not a medical device, not a diagnosis.",
    ):  # fmt: skip
        assert part in text


def test_it_holds_the_picture_and_the_map_and_they_differ(report: PhotoReport) -> None:
    shown = [np.asarray(i.image.convert("RGB"), float) for i in read(write(report)).pages[0].images]
    assert len(shown) == 2
    for stored, given in zip(shown, (report.picture, report.overlay), strict=True):
        assert stored.shape == (240, 320, 3)
        assert np.abs(stored - np.asarray(given, float)).mean() < 4  # JPEG's own loss


def test_it_says_nothing_of_program_person_or_time(report: PhotoReport) -> None:
    data = write(report)
    assert dict(read(data).metadata or {}) == {
        "/Title": TITLE, "/CreationDate": "D:20261124000000Z",
    }  # fmt: skip
    assert read(data).xmp_metadata is None
    assert b"SECRET" not in data
    assert b"Exif" not in data


def test_two_reports_of_one_picture_are_the_same_to_the_byte(report: PhotoReport) -> None:
    assert write(report) == write(report)


@pytest.mark.parametrize("size", [(600, 100), (100, 600)])
def test_long_pictures_and_many_words_stay_on_one_page(
    report: PhotoReport, size: tuple[int, int]
) -> None:
    picture = Image.new("RGB", size, (200, 150, 120))
    wordy = dataclasses.replace(
        report, picture=picture, overlay=picture, limits=("Words, and more words. " * 12,) * 4
    )
    pdf = read(write(wordy))
    assert len(pdf.pages) == 1
    text = " ".join(pdf.pages[0].extract_text().split())
    assert text.count("and more words") == 48


def test_more_words_than_a_page_holds_are_refused(report: PhotoReport) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        write(dataclasses.replace(report, limits=("Words. " * 3000,)))


def test_letters_that_the_fonts_lack_do_not_stop_it(report: PhotoReport) -> None:
    odd = dataclasses.replace(report, model="Модель 皮膚 naïve")
    assert "naïve" in read(write(odd)).pages[0].extract_text()


def test_what_is_bold_on_the_page_is_bold_on_the_sheet(report: PhotoReport) -> None:
    fonts: dict[str, str] = {}

    def seen(text: str, _c: object, _t: object, font: dict[str, str] | None, _s: object) -> None:
        if font and text.strip():
            fonts[text.strip()] = font["/BaseFont"]

    marked = dataclasses.replace(
        report, sentences=("**This is not a diagnosis**, and no all-clear.",),
        limits=("It knows **5** pictures of my__own__skin.",),
    )  # fmt: skip
    (page,) = read(write(marked)).pages
    page.extract_text(visitor_text=seen)
    assert fonts["This is not a diagnosis"].endswith("Bold")
    assert next(fonts[one] for one in fonts if "no all-clear" in one) == "/Helvetica"
    text = page.extract_text()
    assert "It knows 5 pictures of my__own__skin." in text  # a folder's name is no markup
    assert "**" not in text


def test_a_map_has_its_legend_and_a_sheet_without_one_has_none(report: PhotoReport) -> None:
    def text(of: PhotoReport) -> str:
        return " ".join(read(write(of)).pages[0].extract_text().split())

    assert MAP in text(report)
    assert MAP not in text(dataclasses.replace(report, overlay=None))
