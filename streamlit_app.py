"""The door: which pages there are. Run with ``streamlit run streamlit_app.py``.

Streamlit reads this file when a server starts, which then serves ``app``, and runs it for every
page that a visitor sees.
"""

import streamlit as st
from starlette.formparsers import MultiPartParser
from starlette.middleware import Middleware
from streamlit import runtime
from streamlit.runtime.pages_manager import PagesManager

from core.pictures import archive
from core.runtime import memory
from pages.components import layout
from pages.server import closed, connections, messages, preload, uploads

PAGES = (
    ("check_a_photo", "Check a photo", "photo_camera"),
    ("many_photos", "Many photos", "photo_library"),
    ("compare_models", "Compare models", "leaderboard"),
    ("in_class", "In class", "school"),
    ("skin_tone", "Skin tone", "diversity_3"),
    ("stress_test", "Stress test", "bolt"),
    ("about", "About", "info"),
)


def settle_process() -> None:
    """Settings of the whole process; each may be made again."""
    memory.be_frugal()
    memory.overwrite_freed()
    messages.bound_arriving()
    connections.bound()
    # Streamlit's web framework writes uploads above 1 MB to a temporary file. We promise that a
    # photo stays in memory, so the largest archive of photos fits there, form and all.
    MultiPartParser.spool_max_size = archive.MAX_BYTES + 2**21
    # Until st.navigation has been called once, Streamlit takes the folder pages/ for an old kind of
    # app: it would run whichever page is opened first by itself, without this door and its menu.
    PagesManager.uses_pages_directory = False


settle_process()
if runtime.exists():
    st.set_page_config(page_icon="🔬")  # no title: each tab is named after its page
    layout.every_page()
    page = st.navigation(
        [
            st.Page(f"pages/{file}.py", title=title, icon=f":material/{icon}:")
            for file, title, icon in PAGES
        ],
        position="top",
    )
    if refusal := uploads.refused():
        st.warning(refusal, icon=":material/upload_file:")
    page.run()
    preload.page_is_drawn()
    memory.give_back()  # what drawing the page has freed, before the next visitor's is drawn
else:
    app = st.App(
        "streamlit_app.py",
        middleware=[
            Middleware(closed.ClosedPaths),
            Middleware(uploads.BoundedUploads),
            Middleware(messages.PacedMessages),
        ],
        lifespan=preload.serving,
    )
