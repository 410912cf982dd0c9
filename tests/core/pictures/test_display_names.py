"""What a picture of an archive is called on the page."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.pictures.display_names import NAME_LENGTH, display_name, named_apart


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("a/b.jpg", "a/b.jpg"),
        ("a\\b.jpg", "a/b.jpg"),
        ("two\nlines\r\n.jpg", "two lines .jpg"),
        ("mole\N{RIGHT-TO-LEFT OVERRIDE}gpj.exe", "molegpj.exe"),
        ("zero\N{ZERO WIDTH SPACE}width\x07bell.jpg", "zerowidth bell.jpg"),
        ("<script>alert(1)</script>.jpg", "_script_alert(1)_/script_.jpg"),
        ("![x](https://example.org/x.png)", "!_x_(https://example.org/x.png)"),
        ("$E=mc^2$ `code` | cell", "_E=mc^2_ _code_ _ cell"),
        ("IMG_2034 (1).jpeg", "IMG_2034 (1).jpeg"),
        ("=HYPERLINK(1).jpg", "'=HYPERLINK(1).jpg"),
        (" \u200b＠SUM(1)", "'＠SUM(1)"),
        ("-1.5", "-1.5"),
        ("Mu\u0308ller/\u76ae\u819a.jpg", "M\u00fcller/\u76ae\u819a.jpg"),
        ("\n\u200f", "unnamed"),
    ],
)
def test_a_name_is_one_line_without_anything_that_acts(path: str, shown: str) -> None:
    assert display_name(path) == shown


def test_a_long_name_keeps_its_end() -> None:
    shown = display_name("folder/" * 40 + "last.jpg")
    assert len(shown) == NAME_LENGTH
    assert shown.startswith("…")
    assert shown.endswith("last.jpg")


@settings(deadline=None)
@given(st.text(max_size=200))
def test_no_text_at_all_gets_through_as_markup(path: str) -> None:
    shown = display_name(path)
    assert 0 < len(shown) <= NAME_LENGTH
    assert shown.splitlines() == [shown]
    assert not set(shown) & set("<>[]`$|\\\x00\u202e\u200f\u2066")


def test_equal_names_are_told_apart() -> None:
    assert named_apart(["a", "a", "a (2)", "a", "b"]) == ["a", "a (2)", "a (2) (2)", "a (3)", "b"]
    assert named_apart(["a (2)", "a", "a"]) == ["a (2)", "a", "a (3)"]
