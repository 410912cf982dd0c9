"""What a page says where a model can't be had."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import checkpoints


def _page() -> None:
    import streamlit as st

    from pages.components import loaded_models

    st.text(str(loaded_models.classifier("resnet18")))


def test_a_folder_that_is_gone_is_told_without_the_servers_path(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "FOLDER", models / "elsewhere")
    page = AppTest.from_function(_page).run()
    assert not page.exception
    assert page.text[0].value == "None"
    assert [error.value for error in page.error] == [
        "The folder of the models is not there any more."
    ]
