"""A visitor may look at any number of photos: each that is replaced makes room for the next."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def _page() -> None:
    from streamlit import runtime
    from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
    from streamlit.runtime.scriptrunner import get_script_run_ctx
    from streamlit.runtime.uploaded_file_manager import UploadedFileRec

    from pages.components import visit

    manager = MemoryUploadedFileManager("/_stcore/upload_file")
    server = runtime.get_instance()
    server.uploaded_file_mgr = manager
    me = get_script_run_ctx().session_id
    for name in "abc":
        manager.add_file(me, UploadedFileRec(name, "mole.jpg", "image/jpeg", b"x"))
        visit.begin(visit.Sent(b"x", name))
    import streamlit as st

    st.text(" ".join(manager.file_storage[me]))


def test_the_file_of_a_photo_goes_with_it() -> None:
    page = AppTest.from_function(_page).run()
    assert not page.exception
    assert page.text[0].value == "c"


def _page_of_a_file_that_is_gone() -> None:
    import streamlit as st
    from streamlit.runtime.uploaded_file_manager import DeletedFile

    from pages.components import uploader, visit

    st.session_state["photo-file-0"] = DeletedFile("gone")
    uploader.begin_with("photo-file-0")
    st.text(str(visit.photo()))


def test_a_browser_that_names_a_file_that_is_gone_changes_nothing() -> None:
    page = AppTest.from_function(_page_of_a_file_that_is_gone).run()
    assert not page.exception
    assert page.text[0].value == "None"
