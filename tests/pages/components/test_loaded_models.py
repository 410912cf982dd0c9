"""What a page says where a model can't be had."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import checkpoints, classifier
from core.runtime import memory
from pages.components import loaded_models, server_wide


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


@pytest.mark.parametrize(
    ("mib", "large", "kept"),
    [(690, None, ["general", "resnet18"]), (690, 70.0, ["general"]),
     (2048, 70.0, ["general", "resnet18"])],
)  # fmt: skip
def test_a_small_host_keeps_two_networks_but_no_other_beside_a_large_one(
    monkeypatch: pytest.MonkeyPatch, mib: float, large: float | None, kept: list[str]
) -> None:
    size = checkpoints.size
    monkeypatch.setattr(
        checkpoints, "size", lambda name: large if large and name == "general" else size(name)
    )
    monkeypatch.setattr(memory, "allowed", lambda: mib)
    monkeypatch.setattr(classifier, "load_for_serving", lambda name: name)
    server_wide.forget()
    try:
        networks = loaded_models.networks()
        for name in ("resnet18", "resnet18_robust"):  # as 'Stress test' compares them
            networks.get(name)
        assert networks.has("resnet18")
        networks.get("resnet18")
        networks.get("general")
        assert [name for name in checkpoints.available() if networks.has(name)] == kept
    finally:
        server_wide.forget()
