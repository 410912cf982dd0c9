from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import classifier
from core.batch import rows as photo_batch
from core.images import open_image
from core.pictures import archive
from core.pictures.drawn_lesion import draw_lesion
from pages.components import batch, batch_table, photo_files
from tests.pages.conftest import as_file, words
from tests.pages.many_photos import upload, zipped


def test_before_photos_there_is_advice_but_no_table(many: AppTest) -> None:
    assert not many.exception
    assert not many.dataframe
    assert "see a doctor about a spot if" in words(many)
    assert "never stored" in words(many)


def test_each_photo_gets_the_probability_that_core_computes(many: AppTest) -> None:
    photos = {f"{i}_jpg": as_file(draw_lesion(160, 120, seed=i)) for i in range(3)}
    upload(many, **photos)
    assert not many.exception
    shown = many.dataframe[0].value
    expected = classifier.load("resnet18").probabilities(list(map(open_image, photos.values())))
    assert list(shown["file"]) == ["0.jpg", "1.jpg", "2.jpg"]
    assert list(shown["chance of malignant"]) == pytest.approx(list(100 * expected))
    assert all(url.startswith("data:image/jpeg;base64,") for url in shown["picture"])
    assert "3 files" in words(many)


def test_one_bad_picture_in_a_zip_costs_one_row(many: AppTest, lesion: bytes) -> None:
    files = {"a/1.jpg": lesion, "a/2.jpg": b"words", "b/1.jpg": lesion, "b/3.jpg": lesion[:500]}
    upload(many, photos_zip=zipped(files))
    assert not many.exception
    shown = many.dataframe[0].value
    assert list(shown["file"]) == list(files)
    assert [answer == "not read" for answer in shown["answer"]] == [False, True, False, True]
    assert "not a picture" in shown["warnings"][1]
    assert "**2** not read" in words(many)


def test_what_is_no_picture_is_no_row_and_told_once(many: AppTest, lesion: bytes) -> None:
    live = {"IMG_1.JPG": lesion, "IMG_1.MOV": b"film", "IMG_1.AAE": b"<plist>", "IMG_2": lesion}
    many.file_uploader(key="many-files").set_value([(n, d, "") for n, d in live.items()]).run()
    assert not many.exception
    assert list(many.dataframe[0].value["file"]) == ["IMG_1.JPG", "IMG_2"]
    assert words(many).count("2 files that are no pictures were left out.") == 1
    files = {"a/1.jpg": lesion, "metadata.csv": b"x", "licenses/CC-0.txt": b"x", "a/Icon\r": b""}
    many.file_uploader(key="many-files").set_value([("download", zipped(files), "")]).run()
    assert list(many.dataframe[0].value["file"]) == ["a/1.jpg"]
    assert "3 files that are no pictures were left out." in words(many)
    many.file_uploader(key="many-files").set_value([("notes.txt", b"x", "")]).run()
    assert [error.value for error in many.error] == ["No picture is among these files."]


def test_a_file_that_is_named_like_a_formula_starts_none(many: AppTest, lesion: bytes) -> None:
    many.file_uploader(key="many-files").set_value([("=1+1.jpg", lesion, "")]).run()
    assert list(many.dataframe[0].value["file"]) == ["'=1+1.jpg"]


def test_a_refused_zip_gets_its_sentence_and_the_page_goes_on(many: AppTest, lesion: bytes) -> None:
    upload(many, photos_zip=zipped({"../up.jpg": lesion}))
    assert not many.exception
    assert [error.value for error in many.error] == [
        "This archive holds a file that points outside its folder."
    ]
    assert not many.dataframe
    upload(many, photos_zip=zipped({"1.jpg": lesion}))
    assert not many.error
    assert len(many.dataframe[0].value) == 1


def test_rows_before_a_limit_is_broken_stay(
    many: AppTest, lesion: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = archive.ArchiveLimits(unpacked=4 * 2**20, each=2**20)
    monkeypatch.setattr(photo_files, "LIMITS", limits)
    members = {"1.jpg": lesion} | {f"big{i}.jpg": bytes(2**21) for i in range(3)}
    upload(many, photos_zip=zipped(members | {"last.jpg": bytes(2**20 - len(lesion) - 10)}))
    assert not many.exception
    assert [error.value for error in many.error] == [
        "This archive unpacks to more than 4 MB, the limit."
    ]
    assert many.dataframe[0].value["file"][0] == "1.jpg"


def test_photos_and_a_zip_together_are_refused_with_a_sentence(
    many: AppTest, lesion: bytes
) -> None:
    upload(many, photos_zip=zipped({"1.jpg": lesion}), a_jpg=lesion)
    assert "either photos or one zip" in many.error[0].value


def test_too_many_single_photos_are_refused_with_a_sentence(
    many: AppTest, lesion: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photo_files, "LIMITS", archive.ArchiveLimits(pictures=2))
    many.run()
    upload(many, a_jpg=lesion, b_jpg=lesion, c_jpg=lesion)
    assert "These are 3 photos; the limit is 2" in many.error[0].value


def test_without_any_model_the_page_says_how_to_make_one(
    many: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lesion: bytes
) -> None:
    from core import checkpoints

    monkeypatch.setattr(checkpoints, "FOLDER", tmp_path)
    upload(many, a_jpg=lesion)
    assert not many.exception
    assert "python -m training.train" in many.error[0].value


def test_nothing_is_written_to_a_disk(
    many: AppTest, lesion: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    written: list[object] = []
    opened, made = io.open, os.open

    def spy(file: object, mode: str = "r", *args: object, **kwargs: object) -> object:
        if set(mode) & set("wax+"):
            written.append(file)
        return opened(file, mode, *args, **kwargs)  # type: ignore[call-overload]

    def low(path: object, flags: int, *args: object, **kwargs: object) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            written.append(path)
        return made(path, flags, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr("builtins.open", spy)
    monkeypatch.setattr(io, "open", spy)
    monkeypatch.setattr(os, "open", low)
    upload(many, photos_zip=zipped({"1.jpg": lesion, "2.jpg": b"words"}))
    assert len(many.dataframe[0].value) == 2
    assert [path for path in written if "__pycache__" not in str(path)] == []
    with Path.open(tmp_path / "seen", "w"):  # the spies do see what is written
        assert written


def test_each_row_of_a_readable_photo_can_be_opened_as_far_as_there_is_room(
    many: AppTest, lesion: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "MOST_HELD", len(lesion) + 10)
    upload(many, photos_zip=zipped({"1.jpg": b"words", "2.jpg": lesion, "3.jpg": lesion}))
    shown = many.dataframe[0].value
    assert [value == batch_table.OPEN for value in shown["open"]] == [False, True, False]
    assert many.session_state["many_photos"].photos == [None, lesion, None]


def test_what_is_not_judged_has_no_number_in_the_table() -> None:
    rows = [
        photo_batch.Row("a", "not judged", 0.55, ("This picture is too dark.",)),
        photo_batch.Row("b", "uncertain", 0.43, ()),
        photo_batch.Row("c", photo_batch.NOT_READ, None, ("Bad.",)),
    ]
    shown = batch_table.table(rows)
    assert list(shown["answer"]) == ["not judged", "can't tell", "not read"]
    assert list(shown["chance of malignant"].isna()) == [True, False, True]
    assert shown["chance of malignant"][1] == pytest.approx(43)
