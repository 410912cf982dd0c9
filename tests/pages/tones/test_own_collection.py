"""'Skin tone', a visitor's own collection: what is reviewed, refused and gone on with."""

from __future__ import annotations

import dataclasses
import io
import zipfile
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import classifier
from core.batch import rows
from core.pictures.archive import PhotoFile
from core.pictures.drawn_lesion import draw_lesion
from core.statistics import metrics
from tests.pages.conftest import ROOT, as_file, words

OWN = "Your own collection"


def opened() -> AppTest:
    page = AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=240)
    page.switch_page("pages/skin_tone.py").run()
    page.segmented_control(key="tones").set_value(OWN).run()
    assert not page.exception
    return page


@pytest.fixture(scope="module")
def drawings() -> dict[str, bytes]:
    return {f"{i}.jpg": as_file(draw_lesion(120, 90, seed=i)) for i in range(24)}


def collection(drawings: dict[str, bytes], table: str | None = None) -> bytes:
    """20 people of one type, half of them with malignant lesions, and three of another."""
    lines = ["file,label,type,person"]
    for i, name in enumerate(drawings):
        label = "malignant" if i % 2 else "benign"
        lines.append(f"{name},{label},{'V-VI' if i > 19 else 'I-II'},{min(i, 22)}")
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("metadata.csv", "\n".join(lines) if table is None else table)
        for name, content in drawings.items():
            archive.writestr(name, content)
    return data.getvalue()


def chance(name: str) -> float:
    """A made-up answer for each drawing, all of them different."""
    return (int(name.removesuffix(".jpg")) * 7 % 24 + 0.5) / 24


@pytest.fixture
def judged(models: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Pictures get ``chance`` at once; the list tells which were looked at, each in its turn."""
    from pages.components import work_queue

    seen: list[str] = []

    def judge(model: classifier.Classifier, file: PhotoFile) -> rows.Row:
        assert work_queue.shared_queue().inside == 1  # one turn, and not one within another
        seen.append(file.name)
        return rows.Row(file.name, "benign", chance(file.name), ())

    monkeypatch.setattr(rows, "judge", judge)
    return seen


def uploaded(data: bytes) -> AppTest:
    page = opened()
    page.file_uploader(key="own_zip").set_value(("own.zip", data, "application/zip")).run()
    assert not page.exception
    return page


def test_a_visitors_collection_gets_the_figures_that_can_be_worked_out(
    judged: list[str], drawings: dict[str, bytes]
) -> None:
    page = uploaded(collection(drawings))
    said = words(page)
    assert judged == list(drawings)
    auc = metrics.auc([i % 2 for i in range(20)], [*map(chance, list(drawings)[:20])])
    row = next(line for line in said.split("\n") if line.startswith("| resnet18 | I-II | 20 | 20"))
    assert f"| {auc:.3f} (" in row
    assert "| resnet18 | V-VI | 4 | 3 | 2 | – |" in said
    assert "'V-VI' is a group of 3 people" in page.warning[0].value
    assert "can't tell" in said
    labels_of = {button.proto.label for button in page.get("download_button")}
    # the chart has its own figures to save, beside those of the whole collection
    assert labels_of == {"Figures as CSV", "Report as PDF", "Save as CSV", "Scores as CSV"}
    # the finding first, then all pictures, then the groups that are too small
    assert said.index("**resnet18 finds ") < said.index("**All pictures together**")
    assert len(page.warning) == 1
    assert "What the zip holds" in {place.label for place in page.expander}


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ("file,type\n0.jpg,x", "has no column 'label'"),
        ("file,label,type\n0.jpg,naevus,x", "neither benign nor malignant"),
        ("file,label,type\nother.jpg,benign,x", "not even other.jpg"),
        ("", "lists no pictures"),
    ],
)
def test_what_is_no_collection_gets_its_sentence(
    judged: list[str], drawings: dict[str, bytes], table: str, sentence: str
) -> None:
    page = uploaded(collection(drawings, table))
    assert sentence in page.error[0].value
    assert not page.get("download_button")


def test_one_class_and_files_left_out_are_told_and_the_rest_is_reviewed(
    judged: list[str], drawings: dict[str, bytes]
) -> None:
    lines = [f"{name},malignant,x" for name in list(drawings)[:12]] + ["gone.jpg,malignant,x"]
    page = uploaded(collection(drawings, "\n".join(["file,label,type", *lines])))
    said = words(page)
    assert "1 file that the CSV names is not in the archive and is left out: gone.jpg." in said
    assert "12 files in the archive are not in the CSV and are left out: 12.jpg" in said
    assert "All pictures are malignant" in said
    page.selectbox(key="own_measure").set_value("sensitivity").run()
    assert not page.exception
    assert "| resnet18 | x | 12 | 12 | 12 |" in words(page)


def test_a_stop_reviews_what_was_looked_at_and_going_on_does_the_rest(
    judged: list[str], drawings: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    judge, stops = rows.judge, []

    def stopping(model: classifier.Classifier, file: PhotoFile) -> rows.Row:
        if len(judged) == 21 and not stops:  # as if Stop were clicked while it is looked at
            st.session_state["own_collection"].stopped = True
            stops.append(file.name)
            st.stop()
        return judge(model, file)

    monkeypatch.setattr(rows, "judge", stopping)
    page = uploaded(collection(drawings)).run()
    assert "Stopped after 21 of 24 files" in page.info[0].value
    assert "the first 21 of 24 pictures" in words(page)
    assert "| resnet18 | I-II | 20 | 20 |" in words(page)
    next(button for button in page.button if button.label == "Go on").click().run()
    assert judged == list(drawings)
    assert "| resnet18 | V-VI | 4 | 3 |" in words(page)


def test_stopped_pictures_are_counted_only_when_that_is_asked_for(
    judged: list[str], drawings: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = rows.judge

    def gated(model: classifier.Classifier, file: PhotoFile) -> rows.Row:
        found = judge(model, file)
        return found if int(file.name[:-4]) > 4 else dataclasses.replace(found, answer="not judged")

    monkeypatch.setattr(rows, "judge", gated)
    page = uploaded(collection(drawings))
    assert "5 of 24 pictures get no answer" in words(page)
    assert "They are not among the figures." in words(page)
    assert "| resnet18 | I-II | 15 | 15 |" in words(page)
    page.toggle(key="own_stopped").set_value(True).run()
    assert not page.exception
    assert "They count here all the same." in words(page)
    assert "| resnet18 | I-II | 20 | 20 |" in words(page)


def test_where_all_are_stopped_there_are_no_figures_and_it_says_so(
    judged: list[str], drawings: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = rows.judge
    monkeypatch.setattr(
        rows, "judge",
        lambda model, file: dataclasses.replace(judge(model, file), answer="not judged"),
    )  # fmt: skip
    page = uploaded(collection(drawings))
    assert not page.exception
    assert "24 of 24 pictures get no answer" in words(page)
    assert not page.get("download_button")
    page.toggle(key="own_stopped").set_value(True).run()
    assert "| resnet18 | I-II | 20 | 20 |" in words(page)
