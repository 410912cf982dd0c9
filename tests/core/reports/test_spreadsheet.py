from __future__ import annotations

import pytest

from core.reports.spreadsheet import as_csv


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_text_never_starts_a_formula_and_numbers_stay_numbers(start: str) -> None:
    said = as_csv([(f"{start}1", -0.5, None, 7)]).decode("utf-8-sig")
    assert said.lstrip('"').startswith("'" + start)
    assert said.rstrip().endswith(",-0.5,,7")


def test_a_spreadsheet_is_told_that_it_is_utf_8() -> None:
    assert as_csv([("naïve",)]) == b"\xef\xbb\xbfna\xc3\xafve\r\n"
