"""Labels mean what the user says, bad rows are all named at once, and a test stays a test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from core.results.card import LabelRule
from tests.training.conftest import draw, files
from training.data.folders import read_folder
from training.data.label_rule import rule
from training.data.labelled_set import DataRejected
from training.data.pixels import in_memory
from training.data.split import GIVEN, training_split

DX = ["mel", " NV", "bkl", "Mel ", "nv", "bcc"]
Write = Callable[[list[dict[str, Any]]], Path]


@pytest.fixture
def table(tmp_path: Path) -> Write:
    """A folder with a metadata.csv of these rows, and a picture for each."""

    def write(rows: list[dict[str, Any]]) -> Path:
        folder = tmp_path / "own"
        folder.mkdir()
        pd.DataFrame(rows).to_csv(folder / "metadata.csv", index=False)
        for seed, row in enumerate(rows):
            draw("benign", seed).save(folder / row["file"], "PNG")
        return folder

    return write


def diagnosed(**more: list[Any]) -> list[dict[str, Any]]:
    return [
        {"file": f"{i}.png", "dx": dx, **{name: values[i] for name, values in more.items()}}
        for i, dx in enumerate(DX)
    ]


# Which labels mean malignant


def test_what_is_named_is_malignant_and_the_rest_benign_case_and_spaces_forgiven(
    table: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    data = read_folder(table(diagnosed()), rule=rule("dx", "MEL, bcc", None))
    assert data.labels.tolist() == [1, 0, 0, 1, 0, 1]
    assert data.mapping == "malignant: mel 2, bcc 1; benign: nv 2, bkl 1"
    assert f"own: {data.mapping}" in capsys.readouterr().out
    assert training_split(data, 0, "report").mapping == data.mapping


def test_where_both_sides_are_named_every_other_label_is_refused(table: Write) -> None:
    folder = table(diagnosed())
    with pytest.raises(DataRejected) as refused:
        read_folder(folder, rule=rule("dx", "mel,bcc", "nv"))
    assert "1 things wrong" in str(refused.value)
    assert "2.png is labelled 'bkl'" in str(refused.value)


def test_a_label_that_no_picture_has_is_a_typing_error(table: Write) -> None:
    with pytest.raises(DataRejected, match=r"labelled mle .*Its labels: mel 2, nv 2, bkl 1, bcc 1"):
        read_folder(table(diagnosed()), rule=rule("dx", "mle", None))


def test_labels_that_nobody_explained_are_listed_with_what_to_do(table: Write) -> None:
    with pytest.raises(DataRejected, match=r"as --positive mel\. Its labels: mel 2, nv 2"):
        read_folder(table(diagnosed()), rule=LabelRule(column="dx"))


def test_a_column_that_is_not_there_is_refused_with_those_that_are(table: Write) -> None:
    with pytest.raises(DataRejected, match=r"'label'. Its columns: file, dx.*--label-column"):
        read_folder(table(diagnosed()))


def test_labels_of_one_and_zero_are_mapped_as_they_stand(table: Write) -> None:
    rows = [{"file": f"{i}.png", "target": i % 2 or None} for i in range(4)]
    rows = [row | {"target": int(row["target"] or 0)} for row in rows]
    data = read_folder(table(rows), rule=rule("target", "1", None))
    assert data.labels.tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize(
    ("positive", "negative", "said"), [(None, "nv", "--positive"), ("mel,nv", "NV", "nv: in both")]
)
def test_a_rule_that_says_half_or_both_is_refused(
    positive: str | None, negative: str, said: str
) -> None:
    with pytest.raises(DataRejected, match=said.replace("in both", "in --positive and")):
        rule(None, positive, negative)


# Layouts by class


@pytest.mark.parametrize("parts", [("",), ("train/", "test/"), ("train/", "valid/", "test/")])
def test_folders_by_diagnosis_are_read_with_a_rule(tmp_path: Path, parts: tuple[str, ...]) -> None:
    for p, part in enumerate(parts):
        for k, dx in enumerate(("mel", "nv", "bkl")):
            (tmp_path / "own" / part / dx).mkdir(parents=True)
            for i in range(2):
                draw("benign", 100 * p + 10 * k + i).save(tmp_path / "own" / part / dx / f"{i}.png")
    data = read_folder(tmp_path / "own", rule=rule(None, "mel", None))
    assert data.balance() == f"{2 * len(parts)} malignant / {4 * len(parts)} benign"
    split = sorted(set(data.table["split"])) if "split" in data.table else [""]
    assert split == sorted(part.strip("/").replace("valid", "val") for part in parts)
    with pytest.raises(DataRejected, match="--positive"):
        read_folder(tmp_path / "own")


# What is test is never learned from


def test_train_val_and_test_are_honoured_however_they_are_written(table: Write) -> None:
    parts = ["train", "Train ", "training", "val", "validation", "TEST"]
    folder = table(
        [
            {"file": f"{i}.png", "label": ("benign", "malignant")[i % 2], "split": part}
            for i, part in enumerate(parts)
        ]
    )
    split = training_split(read_folder(folder), 0, "lesion")
    assert files(split.train) == {"0.png", "1.png", "2.png"}
    assert files(split.validation) == {"3.png", "4.png"}
    assert split.how == GIVEN


def test_without_val_a_tenth_of_train_is_drawn_and_test_stays_out(table: Write) -> None:
    rows = [
        {"file": f"{i}.png", "label": ("benign", "malignant")[i % 2],
         "split": "test" if i < 6 else "train"}
        for i in range(36)
    ]  # fmt: skip
    split = training_split(read_folder(table(rows)), 0, "lesion")
    assert (files(split.train) | files(split.validation)) == {f"{i}.png" for i in range(6, 36)}
    assert split.how == ""


def test_a_split_of_another_name_and_none_are_refused_by_file(table: Write) -> None:
    parts = ["train", "train", "holdout", None]
    rows = [
        {"file": f"{i}.png", "label": ("benign", "malignant")[i % 2], "split": part}
        for i, part in enumerate(parts)
    ]
    with pytest.raises(DataRejected) as refused:
        read_folder(table(rows))
    assert "2.png has the split 'holdout'" in str(refused.value)
    assert "3.png has no split" in str(refused.value)


def test_a_set_that_is_all_test_is_not_trained_on(table: Write) -> None:
    rows = [
        {"file": f"{i}.png", "label": ("benign", "malignant")[i % 2], "split": "test"}
        for i in range(4)
    ]
    with pytest.raises(DataRejected, match="every picture is marked as test"):
        training_split(read_folder(table(rows)), 0, "lesion")


# All that is wrong, at once


def test_all_bad_rows_are_named_in_one_sentence(table: Write) -> None:
    rows = [
        {"file": f"{i}.png", "label": label}
        for i, label in enumerate(["benign", "malignant", "nv", None, "benign"])
    ]
    folder = table(rows)
    (folder / "4.png").unlink()
    with pytest.raises(DataRejected) as refused:
        read_folder(folder)
    assert str(refused.value) == (
        f"{folder / 'metadata.csv'} has 3 things wrong: 2.png is labelled 'nv', neither benign nor "
        "malignant; 3.png has no label; 4.png is not there."
    )


def test_of_many_bad_rows_twenty_are_named_and_the_rest_counted(table: Write) -> None:
    rows = [{"file": f"{i}.png", "label": "nv" if i > 1 else "benign"} for i in range(50)]
    with pytest.raises(DataRejected) as refused:
        read_folder(table(rows), both_classes=False)
    assert "48 things wrong" in str(refused.value)
    assert str(refused.value).count("is labelled") == 20
    assert str(refused.value).endswith("; and 28 more.")


def test_files_that_are_no_pictures_are_all_named_before_any_is_decoded(table: Write) -> None:
    rows = [{"file": f"{i}.png", "label": ("benign", "malignant")[i % 2]} for i in range(5)]
    folder = table(rows)
    (folder / "1.png").write_bytes(b"")
    (folder / "2.png").write_text("a note")
    draw("benign", 9, 20).save(folder / "3.png")
    with pytest.raises(DataRejected) as refused:
        read_folder(folder)
    said = str(refused.value)
    assert "3 files that are no pictures" in said
    for name in ("1.png", "2.png", "3.png (This picture is only 20 x 20 pixels"):
        assert name in said


def test_pictures_that_are_cut_short_are_all_named_when_they_are_read(table: Write) -> None:
    rows = [{"file": f"{i}.png", "label": ("benign", "malignant")[i % 2]} for i in range(5)]
    folder = table(rows)
    for name in ("1.png", "3.png"):
        (folder / name).write_bytes((folder / name).read_bytes()[:600])
    data = read_folder(folder)
    with pytest.raises(DataRejected, match=r"own has 2 pictures .*1\.png.*3\.png"):
        in_memory(data)


def test_an_empty_folder_is_called_so(tmp_path: Path) -> None:
    with pytest.raises(DataRejected, match="is empty"):
        read_folder(tmp_path)
