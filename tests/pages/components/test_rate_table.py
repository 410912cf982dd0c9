from __future__ import annotations

import re

import pytest

from core.statistics.estimates import Rate
from pages.components import rate_table

HEADS = ("network", "right", "AUC")
ROWS = [("a", Rate(0.9, 0.8, 0.95), Rate(0.7, 0.6, 0.8)), ("b", None, Rate(0.4, 0.3, 0.5))]


def drawn() -> str:
    return rate_table.table(HEADS, ROWS, "All networks", (None, "percent", "decimal"))


def test_a_cell_has_the_estimate_and_its_interval_in_words() -> None:
    html = drawn().replace("&nbsp;", " ").replace("\N{NO-BREAK SPACE}", " ")
    assert "90.0 % (80.0 to 95.0)" in html
    assert "0.700 (0.600 to 0.800)" in html
    assert "<div>–</div></td>" in html


def test_on_a_phone_each_figure_stands_beside_its_column_s_name() -> None:
    cells = re.findall(r'<td role="cell" data-head="([^"]*)">', drawn())
    assert cells == 2 * ["network", "right", "AUC"]


def test_all_bars_share_one_scale_that_is_told() -> None:
    spans = [
        (float(left), float(width))
        for left, width in re.findall(
            r'class="span" style="left:([\d.]+)%;width:([\d.]+)%', drawn()
        )
    ]
    (right, narrow), (first, wide), (second, same) = spans
    assert first > second  # 0.6 stands to the right of 0.3
    assert wide == pytest.approx(same, abs=0.2)  # both intervals are 0.2 wide
    assert narrow == pytest.approx(0.75 * wide, abs=0.2)  # 0.15, in another column
    assert right - first == pytest.approx(wide, abs=0.2)  # 0.8 is 0.2 to the right of 0.6
    assert "from 0.29 (29\N{NO-BREAK SPACE}%) to 0.96 (96\N{NO-BREAK SPACE}%)." in drawn()
    assert (first, wide) == pytest.approx((100 * 0.31 / 0.67, 100 * 0.2 / 0.67), abs=0.1)
    assert "All bars" not in rate_table.table(("n",), [("a",)], "No figures", (None,))


def test_only_what_has_a_chance_level_shows_it() -> None:
    assert drawn().count('class="chance"') == 2


def test_names_can_t_write_into_the_page() -> None:
    html = rate_table.table(("n",), [("<img src=x onerror=alert(1)>",)], '"><b>', (None,))
    assert "<img" not in html
    assert 'aria-label="&quot;&gt;&lt;b&gt;"' in html
