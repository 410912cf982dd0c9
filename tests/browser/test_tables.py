"""Tables of figures on a phone and titles on a projector, where neither has room to spare."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.driving import PHONE, fits_sideways, open_page

# A chart's title must end left of the button that saves it.
_CLEAR = """() => [...document.querySelectorAll('.js-plotly-plot')].every(chart => {
    const title = chart.querySelector('.gtitle').getBoundingClientRect();
    const button = chart.querySelector('.modebar-btn').getBoundingClientRect();
    return title.width > 0 && title.right <= button.left;
})"""


@pytest.mark.parametrize("place", ["about?card=general", "compare_models?compare=Table"])
def test_a_table_of_figures_fits_a_phone_without_scrolling_sideways(
    browser: Browser, address: str, place: str
) -> None:
    page = browser.new_page(viewport=PHONE)
    open_page(page, f"{address}/{place}")
    table = page.locator(".rate-table").first
    expect(table.get_by_role("cell").first).to_be_visible()
    assert table.evaluate("box => box.scrollWidth <= box.clientWidth")
    assert fits_sideways(page)
    page.close()


def test_titles_of_three_charts_beside_each_other_spare_their_buttons(
    browser: Browser, address: str
) -> None:
    page = browser.new_page(viewport={"width": 1024, "height": 768})
    open_page(page, f"{address}/compare_models?compare=One+model")
    expect(page.locator(".js-plotly-plot .gtitle")).to_have_count(3)
    page.wait_for_function(_CLEAR)
    page.close()
