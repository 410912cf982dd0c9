from __future__ import annotations

import dataclasses
import io
import re
from typing import TYPE_CHECKING

import pytest
from pypdf import PdfReader

from core.fairness import own_review
from core.fairness.groups import Gap
from core.fairness.review import Review
from core.reports.group_report import LIMITS, TITLE, GroupReport, write
from core.statistics.estimates import Rate, percent
from tests.core.fairness.test_own_review import collection

if TYPE_CHECKING:
    from core.results.card import Card


@pytest.fixture(scope="module")
def review(full_card: Card) -> Review:
    return own_review.review(collection(), "type", full_card, 0.5)


def text(data: bytes) -> str:
    pages = PdfReader(io.BytesIO(data)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def test_every_figure_gap_and_sentence_can_be_read_back(review: Review) -> None:
    data = write(GroupReport(review, "type", "Tiny (tiny)", ("One – picture was not read.",)))
    said = text(data)
    assert TITLE in said
    assert "64 pictures of 64 people, 31 of them malignant, grouped by 'type'" in said
    assert "from a chance of 50 % up" in said
    for group in review.groups:
        if group.specificity:
            assert " ".join(percent(group.specificity).split()) in said
    assert "b minus a: sensitivity" in said
    assert "specificity -1.000" in said
    assert "b minus c: sensitivity can't tell; specificity can't tell" in said
    assert "One - picture was not read." in said
    for limit in LIMITS:
        assert " ".join(limit.split()) in said
    assert len(PdfReader(io.BytesIO(data)).pages) <= 2
    assert data == write(
        GroupReport(review, "type", "Tiny (tiny)", ("One – picture was not read.",))
    )


def test_the_most_groups_with_the_longest_names_fit_on_two_pages(review: Review) -> None:
    rate = Rate(0.9123, 0.8567, 0.9999)
    names = [f"{i:02} " + "w" * 37 for i in range(12)]
    group = dataclasses.replace(
        review.groups[0], by="type", sensitivity=rate, specificity=rate, auc=rate, ece=rate,
        predicted=rate, observed=rate,
    )  # fmt: skip
    groups = tuple(dataclasses.replace(group, group=name) for name in names)
    gaps = tuple(
        Gap("type", measure, names[0], name, Rate(-0.1, -0.2, 0.1), "better on " + name)
        for name in names[1:]
        for measure in ("sensitivity", "specificity", "auc", "ece")
    )
    whole = dataclasses.replace(review, groups=(review.groups[0], *groups), gaps=gaps)
    notes = ("A note of a hundred and sixty letters. " * 4,) * 12
    data = write(GroupReport(whole, "type", "Tiny (tiny)", notes))
    assert len(PdfReader(io.BytesIO(data)).pages) <= 2
    assert all(name.split()[0] in text(data) for name in names)
    with pytest.raises(ValueError, match="two pages"):
        write(GroupReport(whole, "type", "Tiny (tiny)", notes * 20))


def test_groups_named_in_any_script_are_told_apart_and_spelled_out(review: Review) -> None:
    names = ["深色", "浅色", "गहरा", "داكن", "тёмная", "V–VI", "V-VI", "Größe", "深色 V"]
    groups = tuple(
        dataclasses.replace(review.groups[0], by="肤色", group=name, n=1000 + i)
        for i, name in enumerate(names)
    )
    gaps = tuple(Gap("肤色", "auc", names[0], name, None, "can't tell") for name in names[1:])
    whole = dataclasses.replace(review, groups=(review.groups[0], *groups), gaps=gaps)
    said = text(write(GroupReport(whole, "肤色", "Tiny (tiny)", ("'深色' is a group of 3.",))))
    assert "?" not in said.replace("served alike?", "").replace("believe it", "")
    shown = re.findall(r"(\S+(?: \S+)?) 1,00\d ", said)
    shown = [name.rsplit(" ", 1)[-1] if not name.startswith("[") else name for name in shown]
    assert len(set(shown)) == len(names)
    assert "V-VI" in shown
    assert "Größe" in shown
    for name in ("深色", "浅色", "गहरा", "داكن", "тёмная"):
        numbers = " ".join(f"{ord(char):04X}" for char in name)
        (number,) = set(re.findall(rf"\[(\d+)\] is {numbers} \(", said))
        assert f"[{number}] 1,00" in said or f"[{number}] minus" in said
    first = re.search(r"\[(\d+)\] is 6DF1 8272 \(Cjk\)", said)
    assert first is not None
    assert f"'[{first[1]}]' is a group of 3." in said
    assert f"[{first[1]}] minus [" in said


def test_the_longest_names_without_a_latin_letter_fit_on_two_pages(review: Review) -> None:
    names = [chr(0x4E00 + i) * 39 for i in range(12)]
    groups = tuple(dataclasses.replace(review.groups[0], by="x", group=name) for name in names)
    gaps = tuple(
        Gap("x", measure, names[0], name, Rate(-0.1, -0.2, 0.1), f"better on {name}")
        for name in names[1:]
        for measure in ("sensitivity", "specificity", "auc", "ece")
    )
    whole = dataclasses.replace(review, groups=(review.groups[0], *groups), gaps=gaps)
    notes = tuple(f"'{name}' is a group of 3 people: nothing can be told." for name in names)
    data = write(GroupReport(whole, "x", "Tiny (tiny)", notes))
    assert len(PdfReader(io.BytesIO(data)).pages) <= 2
    assert "?" not in text(data).replace("served alike?", "")


def test_latin_names_are_written_as_they_are_and_need_no_legend(review: Review) -> None:
    said = text(write(GroupReport(review, "type", "Tiny (tiny)", ("A – b…",))))
    assert "A - b..." in said
    assert "Unicode" not in said
