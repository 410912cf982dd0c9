from __future__ import annotations

import re

import pytest

from pages.lesson import guess


def places(html: str) -> list[float]:
    """Where the marks stand, in percent of the bar, without repeats."""
    return [float(at) for at in dict.fromkeys(re.findall(r"left:([\d.]+)%", html))]


def test_before_the_number_is_told_only_the_guess_is_on_the_bar() -> None:
    html = guess.bar(0.3, None, "ResNet18 says: {} malignant")
    assert places(html) == [30.0]
    assert "ResNet18" not in html
    assert (
        'aria-label="Bar from 0 to 100\N{NO-BREAK SPACE}%; your guess: 30\N{NO-BREAK SPACE}%."'
    ) in html


def test_both_marks_stand_where_they_belong_and_are_said_in_words() -> None:
    html = guess.bar(0.3, 0.875, "ResNet18 says: {} malignant")
    assert places(html) == [30.0, 87.5]
    assert (
        "your guess: 30\N{NO-BREAK SPACE}%; ResNet18 says: 88\N{NO-BREAK SPACE}% malignant."
    ) in html


@pytest.mark.parametrize("at", [0.0, 1.0])
def test_a_mark_at_either_end_keeps_its_words_within_the_bar(at: float) -> None:
    html = guess.bar(at, at, "it says: {}")
    assert html.count(f"translateX({-100 * at:.0f}%)") == 2


def test_what_is_told_can_t_write_into_the_page() -> None:
    html = guess.bar(0.5, 0.5, '<script>"{}"</script>')
    assert "<script>" not in html
    assert (
        'aria-label="Bar from 0 to 100\N{NO-BREAK SPACE}%; your guess: '
        "50\N{NO-BREAK SPACE}%; &lt;script&gt;"
    ) in html
