from __future__ import annotations

import csv
from pathlib import Path

from core.pictures.examples import FOLDER, read_examples
from core.pictures.lesson_examples import FILE, read_lesson_examples


def test_every_row_names_a_picture_that_is_there_and_says_why() -> None:
    with (FOLDER / FILE).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    files = {example.file for example in read_examples()}
    for row in rows:
        assert row["file"] in files
        assert row["why"].endswith((".", "?"))
        assert row["told"] in ("right", "wrong", "")
    found = [chosen for step in dict.fromkeys(row["step"] for row in rows)
             for chosen in read_lesson_examples(step)]  # fmt: skip
    assert len(found) == len(rows)


def test_a_step_has_its_own_pictures_in_the_file_s_order(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(
        "step,file,told,why\nb,two.jpg,wrong,Because.\na,one.jpg,right,Why not.\n", encoding="utf-8"
    )
    assert read_lesson_examples("a", tmp_path) == ()  # the pictures are not at hand
    assert [chosen.example.file for chosen in read_lesson_examples("change")] == [
        "ISIC_0034562.jpg", "ISIC_0034584.jpg",
    ]  # fmt: skip


def test_without_the_folder_there_are_none(tmp_path: Path) -> None:
    assert read_lesson_examples("answer", tmp_path / "nowhere") == ()
