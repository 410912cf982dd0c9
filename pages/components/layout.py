"""The little that Streamlit has no word for: how a page uses the screen, and a phone's camera.

All HTML, CSS and JavaScript of the app is constant text of this module; no other may hand any to a
browser (``tests/pages/test_privacy.py``), so no name of a visitor's file can ever become some.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

import streamlit as st

_EVERY_PAGE = """<style>
/* a row's cell is one button, the picture in it too */
[class*="st-key-examples-cell"] { position: relative; }
[class*="st-key-examples-cell"] img {
    width: 96px; height: 96px; object-fit: cover; border-radius: 0.5rem;
}
[class*="st-key-examples-cell"] button { position: static; padding: 0; min-height: 2.75rem; }
[class*="st-key-examples-cell"] button::after { content: ""; position: absolute; inset: 0; }
[class*="st-key-examples-cell"] button p { font-size: 0.875rem; line-height: 1.2; }
/* the photo and its map as large as a part of the window, whatever their shape */
.st-key-photo-shown img, .st-key-photo-map img {
    width: auto !important; max-width: 100%; max-height: min(60vh, 30rem); object-fit: contain;
}
/* Streamlit writes white on the accent whatever it is: on the dark theme's, 2.35 : 1. The accent
   has to be light there, as it is the colour of words on dark ground too. */
[data-testid^="stBaseButton-primary"], [data-testid^="stBaseButton-primary"] *,
[data-testid="stMultiSelect"] :has(> button[aria-label^="Remove "]),
[data-testid="stMultiSelect"] :has(> button[aria-label^="Remove "]) * {
    color: light-dark(#ffffff, #101a1a) !important;
}
/* a word for those who see it; a screen reader has the button's own name */
[data-testid="stExpandSidebarButton"]::after {
    content: "Menu" / ""; padding: 0 0.25rem; font-size: 1rem;
}
/* less of the empty band that Streamlit leaves above a title */
[data-testid="stMainBlockContainer"] { padding-top: 4.25rem; }
/* a table's own download would write photos into its cells, and names as formulas; ours don't */
[data-testid="stElementToolbar"] button[aria-label^="Download as CSV"],
[data-testid="stElementToolbarButton"]:has(button[aria-label^="Download as CSV"]) { display: none; }
/* the map's two switches: each is seen, as what it asks for, at its own width alone; columns stand
   under each other up to 640 pixels */
@media (min-width: 640.02px) {
    .st-key-map-narrow, [data-testid="stColumn"]:has(.st-key-map-if-narrow) { display: none; }
}
/* where the keyboard is, which Streamlit shows by a tint alone */
[data-testid="stTopNavLink"]:focus-visible, [data-testid="stTopNavDropdownLink"]:focus-visible,
[data-testid="stTopNavSection"]:focus-visible, [data-testid="stSidebarNavLink"]:focus-visible {
    outline: 2px solid currentColor !important; outline-offset: -2px;
}
/* they draw nothing, and take no gap */
.st-key-address, .st-key-photo-focus, .st-key-history {
    position: absolute; width: 0; height: 0; overflow: hidden;
}
/* how to take a photo: three of one size, all on the screen however narrow */
.st-key-photo-tips > * { flex: 1 1 0; min-width: 0; }
/* links among buttons are as high as a finger wants them */
.st-key-photo-next [data-testid="stPageLink-NavLink"] {
    min-height: 2.75rem; white-space: nowrap;
}
@media (max-width: 640px) {
    .st-key-map-wide, [data-testid="stColumn"]:has(.st-key-map-if-wide) { display: none; }
    [data-testid="stMainBlockContainer"] h1 { font-size: 1.75rem; padding: 0.25rem 0; }
    [data-testid="stMainBlockContainer"] h2 { padding: 0.25rem 0; }
    .st-key-photo-shown img { max-height: 7rem; }
    /* choices that take two lines are boxes of their own there, not one torn apart */
    [data-testid="stButtonGroup"] [role="radiogroup"] { gap: 0.375rem; }
    [data-testid="stButtonGroup"] [data-variant="segmented_control"] {
        border-radius: 0.6rem; margin: 0;
    }
    [data-testid="stButtonGroup"] [data-variant="segmented_control"][aria-checked="false"] {
        border: 1px solid color-mix(in srgb, currentColor 30%, transparent) !important;
    }
}
</style>"""
# Streamlit leaves 96 pixels above a page for a toolbar that is hidden here, and a level-1 title
# another 40: on a projector of 768 lines that is a fifth of what a class sees.
_COMPACT = """<style>
[data-testid="stMainBlockContainer"] { padding-top: 4.25rem; padding-bottom: 2rem; }
[data-testid="stMainBlockContainer"] h1 { font-size: 1.6rem; padding: 0 0 0.25rem; }
@media (min-width: 640px) {
    [data-testid="stMainBlockContainer"] { padding-left: 2.5rem; padding-right: 2.5rem; }
}
</style>"""
# Streamlit gives a picture the width of its column; a square one is as high.
# 19 rem stand over and under the lesson's picture: the menu, the step, the question and a line
# beneath, so that it ends above the window's edge; on a phone it is as wide as the screen.
_LESSON = """<style>
.st-key-lesson_photo img {
    max-width: max(14rem, calc(100vh - 19rem)) !important; height: auto;
}
</style>"""
# The stress test's picture, with its switch and its slider beneath it in the same window.
_STRESS = """<style>
.st-key-stress_photo img {
    max-width: max(14rem, calc(100vh - 24rem)) !important; height: auto;
}
@media (max-width: 640px) { .st-key-stress_photo img { max-width: 44vh !important; } }
</style>"""
# Two networks' pictures beside each other, on a phone too, where columns would stand one under the
# other; 21 rem stand over and under them in the lesson.
_PAIR = """<style>
.st-key-toward_pair img {
    max-width: max(9rem, calc(100vh - 21rem)) !important; height: auto;
}
.st-key-toward_pair [data-testid="stHorizontalBlock"] { flex-wrap: nowrap; }
.st-key-toward_pair [data-testid="stColumn"] { min-width: 0; }
</style>"""
_CAMERA = """export default function () {
    const ask = () => document
        .querySelectorAll('[class*="st-key-photo-camera"] input[type=file]')
        .forEach((input) => { input.setAttribute("capture", "environment"); });
    ask();
    const observer = new MutationObserver(ask);
    observer.observe(document.body, { childList: true, subtree: true });
    return () => observer.disconnect();
}"""

_FROM_TOP = """export default function ({ data }) {
    if (window.lesionShown === data.photo) { return; }
    window.lesionShown = data.photo;
    document.querySelector('[data-testid="stMain"]')?.scrollTo(0, 0);
}"""

# Streamlit's own way to write an address adds an entry to the browser's history each time. What
# it shows of another page's address for a moment, while a visitor leaves, is not touched.
_ADDRESS = """export default function ({ data, setStateValue }) {
    if (location.pathname.split("/").pop() !== data.page) { return; }
    const old = [...new URLSearchParams(location.search)];
    const embed = old.filter(([name]) => name.startsWith("embed"));
    const query = new URLSearchParams([...embed, ...Object.entries(data.setting)]).toString();
    if (location.search === `?${query}`) { return; }
    history.replaceState(history.state, "", `?${query}`);
    if (window.parent === window) { return; }
    clearTimeout(window.lesionAddress);
    window.lesionAddress = setTimeout(() => setStateValue("written", query), 1000);
}"""

# A choice that goes with its view takes its word out of the address, which Streamlit writes as an
# entry of its own: Back would only put the word there again.
_HISTORY = """export default function () {
    if (window.lesionHistory) { return; }
    window.lesionHistory = true;
    const push = history.pushState.bind(history), replace = history.replaceState.bind(history);
    history.pushState = (state, title, url) => {
        const to = new URL(url, location.href), now = new URLSearchParams(location.search);
        const same = to.pathname === location.pathname
            && [...to.searchParams].every(([name, value]) => now.getAll(name).includes(value));
        (same ? replace : push)(state, title, url);
    };
}"""
# What a visitor sent a photo with is gone when the answer is drawn, some time later, and the
# keyboard's place with it: it would begin at the page's top again, and a screen reader say nothing.
# Whoever has gone on to something else keeps it.
_FOCUS = """export default function ({ data }) {
    if (window.lesionAnswered === data.answer) { return; }
    const until = performance.now() + 10000;
    const look = setInterval(() => {
        const answer = document.querySelector('.st-key-photo-answer :is(h2, [role="alert"])');
        if (answer && document.activeElement === document.body) {
            answer.tabIndex = -1;
            answer.style.outline = "none";  // nothing to press: a ring would look like a button
            answer.focus({ preventScroll: true });
        } else if (performance.now() < until) { return; }
        window.lesionAnswered = data.answer;
        clearInterval(look);
    }, 100);
    return () => clearInterval(look);
}"""


def every_page() -> None:
    """What all pages look like, and that one step back leaves them."""
    st.html(_EVERY_PAGE)
    st.components.v2.component("history", js=_HISTORY)(key="history")


def compact() -> None:
    """Draw the page without the empty band on top, as wide as the screen."""
    st.html(_COMPACT)


def lesson() -> None:
    """Draw the picture in the container 'lesson_photo' as high as the window leaves room for."""
    st.html(_LESSON)


def stress() -> None:
    """Draw the picture in the container 'stress_photo' so high that its slider fits under it."""
    st.html(_STRESS)


def show_from_top(photo: str) -> None:
    """Scroll up to the answer when another photo is shown: an example is clicked far below."""
    seen = st.components.v2.component("from_top", js=_FROM_TOP)
    seen(key="photo-from-top", data={"photo": photo})


def focus_answer(answer: str) -> None:
    """Put the focus on the head of the container 'photo-answer' if it is lost and this one new."""
    focus = st.components.v2.component("focus", js=_FOCUS)
    focus(key="photo-focus", data={"answer": answer})


@st.fragment
def keep_address(page: str, setting: Mapping[str, str]) -> None:
    """Let the address of ``page`` hold the setting, in place of the one that it held.

    Where another page frames the app and shows its address, as Streamlit's cloud does, Streamlit is
    told afterwards: then the address is the same already, so that it adds nothing to the history.
    """
    address = st.components.v2.component("address", js=_ADDRESS)
    shown = address(
        key="address", data={"page": page, "setting": dict(setting)},
        default={"written": ""}, on_written_change=lambda: None,
    )  # fmt: skip
    if shown["written"].endswith(urlencode(setting)):
        st.query_params.from_dict(setting)


def pair() -> None:
    """Draw the columns in the container 'toward_pair' beside each other, in one window."""
    st.html(_PAIR)


def ask_for_camera() -> None:
    """Let the uploader of a camera open a phone's own camera, the one at its back."""
    st.components.v2.component("camera", js=_CAMERA)(key="photo-capture")


def is_phone() -> bool:
    """Whether the visitor's browser calls itself one of a phone (MDN's advice: look for 'Mobi')."""
    return "Mobi" in st.context.headers.get("User-Agent", "")
