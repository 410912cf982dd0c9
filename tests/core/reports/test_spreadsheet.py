from __future__ import annotations

import csv
import io

import pytest

from core.reports.spreadsheet import as_csv


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_text_never_starts_a_formula_and_numbers_stay_numbers(start: str) -> None:
    said = as_csv([(f"{start}1", -0.5, None, 7)]).decode("utf-8-sig")
    assert said.lstrip('"').startswith("'" + start)
    assert said.rstrip().endswith(",-0.5,,7")


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "＝", "＋", "－", "＠"])
@pytest.mark.parametrize(
    "before", ["", " ", "\n", "\r\n", "\u00a0", "\u200b", "\ufeff", "\x00 ", "\u3000"]
)
def test_nothing_that_is_skipped_hides_a_formula(before: str, sign: str) -> None:
    (row,) = csv.reader(
        io.StringIO(as_csv([(f"{before}{sign}1+1", 1)]).decode("utf-8-sig"), newline="")
    )
    assert row == [f"'{before}{sign}1+1", "1"]


def test_nor_does_a_separator_of_another_country() -> None:
    assert as_csv([("a; =1+1;b\t@c",)]).decode("utf-8-sig") == "a;' =1+1;b\t'@c\r\n"


@pytest.mark.parametrize("name", ["mole = mine.jpg", "a-b", "1 - 2", "I–II", "'=1", "V; VI", "x@y"])
def test_what_is_no_formula_stays_as_it_is(name: str) -> None:
    assert as_csv([(name,)]).decode("utf-8-sig") == f"{name}\r\n"


def test_a_spreadsheet_is_told_that_it_is_utf_8() -> None:
    assert as_csv([("naïve",)]) == b"\xef\xbb\xbfna\xc3\xafve\r\n"
