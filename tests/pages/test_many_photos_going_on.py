"""'Many photos' is stopped, waits its turn, goes on, and is come back to."""

from __future__ import annotations

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import classifier
from core.batch import rows as photo_batch
from core.images import open_image
from core.pictures.archive import PhotoFile
from core.pictures.drawn_lesion import draw_lesion
from pages.components import work_queue
from pages.components.work_queue import Queue
from tests.pages.conftest import as_file, words
from tests.pages.many_photos import upload, zipped


def test_a_stop_keeps_the_rows_and_going_on_judges_only_the_rest(
    many: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge, seen = photo_batch.judge, []

    def stopping(model: classifier.Classifier, file: PhotoFile) -> photo_batch.Row:
        if len(seen) == 2:  # as if Stop were clicked while the third is looked at
            progress = st.session_state["many_photos"]
            progress.stopped = True
            seen.append("stop")
            st.stop()
        seen.append(file.name)
        return judge(model, file)

    monkeypatch.setattr(photo_batch, "judge", stopping)
    photos = {f"{i}_jpg": as_file(draw_lesion(160, 120, seed=i)) for i in range(4)}
    upload(many, **photos).run()
    assert not many.exception
    assert "Stopped after 2 of 4 files" in many.info[0].value
    assert list(many.dataframe[0].value["file"]) == ["0.jpg", "1.jpg"]
    next(button for button in many.button if button.label == "Go on").click().run()
    assert not many.info
    assert seen == ["0.jpg", "1.jpg", "stop", "2.jpg", "3.jpg"]
    assert len(many.dataframe[0].value) == 4


def test_each_photo_takes_one_turn_in_the_row_and_gives_it_back(
    many: AppTest, lesion: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, inside = Queue(1), []
    monkeypatch.setattr(work_queue, "shared_queue", lambda: row)
    judge = photo_batch.judge

    def watched(model: classifier.Classifier, file: PhotoFile) -> photo_batch.Row:
        inside.append(row.inside)
        return judge(model, file)

    monkeypatch.setattr(photo_batch, "judge", watched)
    upload(many, photos_zip=zipped({f"{i}.jpg": lesion for i in range(3)}))
    assert not many.exception
    assert inside == [1, 1, 1]
    assert (row.inside, row.waiting) == (0, 0)
    assert "before you" not in words(many)


def test_photos_wait_while_others_are_at_work(
    many: AppTest, lesion: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = Queue(1, most_waiting=0)
    monkeypatch.setattr(work_queue, "shared_queue", lambda: row)
    with row.turn(lambda _: None):
        upload(many, a_jpg=lesion)
    assert not many.exception
    assert "try again in a minute" in many.warning[0].value
    many.run()
    assert len(many.dataframe[0].value) == 1


def test_another_model_judges_anew(many: AppTest, lesion: bytes) -> None:
    upload(many, a_jpg=lesion)
    first = many.dataframe[0].value["chance of malignant"][0]
    many.selectbox(key="many-model").select("baseline_cnn").run()
    second = many.dataframe[0].value["chance of malignant"][0]
    expected = classifier.load("baseline_cnn").probabilities([open_image(lesion)])[0]
    assert second == pytest.approx(100 * expected) != first


def _watch(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    judge, seen = photo_batch.judge, []

    def watched(model: classifier.Classifier, file: PhotoFile) -> photo_batch.Row:
        seen.append(file.name)
        return judge(model, file)

    monkeypatch.setattr(photo_batch, "judge", watched)
    return seen


def test_the_table_is_there_when_one_comes_back_and_a_further_photo_is_the_only_one_judged(
    many: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = _watch(monkeypatch)
    upload(many, **{f"{i}_jpg": as_file(draw_lesion(160, 120, seed=i)) for i in range(2)})
    before = many.dataframe[0].value
    many.switch_page("pages/about.py").run()
    many.switch_page("pages/many_photos.py").run()
    assert not many.exception
    assert many.dataframe[0].value.equals(before)
    upload(many, more_jpg=as_file(draw_lesion(160, 120, seed=9)))
    assert list(many.dataframe[0].value["file"]) == ["0.jpg", "1.jpg", "more.jpg"]
    assert seen == ["0.jpg", "1.jpg", "more.jpg"]
    many.switch_page("pages/about.py").run()
    many.switch_page("pages/many_photos.py").run()
    assert len(many.dataframe[0].value) == 3
    many.button(key="forget-rows").click().run()
    assert not many.dataframe
    assert "many_photos" not in many.session_state


def test_what_was_judged_by_another_model_does_not_stand_among_new_rows(
    many: AppTest, lesion: bytes
) -> None:
    upload(many, a_jpg=lesion)
    many.selectbox(key="many-model").select("baseline_cnn").run()
    many.switch_page("pages/about.py").run()
    many.switch_page("pages/many_photos.py").run()
    assert many.session_state["many_photos"].model == "baseline_cnn"
    upload(many, b_jpg=lesion)  # by the first model again
    assert list(many.dataframe[0].value["file"]) == ["b.jpg"]
