from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from training import download

Folder = Callable[..., Path]
Kaggle = Callable[[Callable[[str], str]], None]


@pytest.fixture
def kagglehub(monkeypatch: pytest.MonkeyPatch) -> Kaggle:
    """Stands in for the library: ``dataset_download`` is what the test gives."""

    def install(dataset_download: Callable[[str], str]) -> None:
        module = SimpleNamespace(dataset_download=dataset_download)
        monkeypatch.setitem(sys.modules, "kagglehub", module)  # type: ignore[arg-type]

    return install


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def refusal(to: Path, capsys: pytest.CaptureFixture[str]) -> str:
    assert download.main(["--to", str(to)]) == 2
    out, error = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in error
    (sentence,) = error.strip().splitlines()
    assert sentence.endswith(".")
    return sentence


@pytest.mark.parametrize("nested", [False, True], ids=["as downloaded", "under data/"])
def test_the_set_is_copied_from_kaggles_cache_and_its_folder_printed(
    kaggle: Folder, kagglehub: Kaggle, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    nested: bool,
) -> None:  # fmt: skip
    source = kaggle(train=(4, 3), test=(2, 1))
    cached = source
    if nested:
        cached = tmp_path / "cache"
        cached.mkdir()
        source = source.rename(cached / "data")
    (cached / "extra.txt").write_text("not part of it")
    asked = []
    kagglehub(lambda name: asked.append(name) or str(cached))
    assert download.main(["--to", str(tmp_path / "new" / "data")]) == 0
    goal = tmp_path / "new" / "data" / "malignant_vs_benign"
    out, error = capsys.readouterr()
    assert out.strip() == str(goal)
    assert "10 pictures, 4 malignant / 6 benign" in error
    assert asked == ["fanconic/skin-cancer-malignant-vs-benign"]
    pictures = {k: v for k, v in contents(source).items() if k != "extra.txt"}
    assert contents(goal) == pictures
    assert len(contents(source)) >= 10  # the cache keeps its copy
    assert [path.name for path in goal.parent.iterdir()] == ["malignant_vs_benign"]


def test_a_set_that_is_there_is_kept_and_nothing_is_fetched(
    kaggle: Folder, kagglehub: Kaggle, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    goal = kaggle().rename(tmp_path / "malignant_vs_benign")
    before = contents(goal)

    def fetched(_: str) -> str:
        raise AssertionError("it was there already")

    kagglehub(fetched)
    assert download.main(["--to", str(tmp_path)]) == 0
    assert contents(goal) == before
    assert capsys.readouterr().out.strip() == str(goal)


def test_a_set_that_is_there_but_incomplete_is_refused_and_kept(
    kaggle: Folder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    goal = kaggle().rename(tmp_path / "malignant_vs_benign")
    shutil.rmtree(goal / "test" / "benign")
    before = contents(goal)
    assert str(goal / "test" / "benign") in refusal(tmp_path, capsys)
    assert contents(goal) == before


@pytest.mark.parametrize(
    "error",
    [
        ConnectionError("Max retries exceeded\nwith url /api\nand more"),
        ValueError("401 Client Error."),
        RuntimeError(""),
    ],
)
def test_a_refusal_by_kaggle_is_one_sentence_and_leaves_nothing(
    kagglehub: Kaggle, tmp_path: Path, capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    def fail(_: str) -> str:
        raise error

    kagglehub(fail)
    sentence = refusal(tmp_path / "data", capsys)
    assert (str(error).splitlines() or ["RuntimeError"])[0].rstrip(".") in sentence
    assert "kaggle.json" in sentence
    assert not (tmp_path / "data").exists() or not list((tmp_path / "data").iterdir())


def test_a_copy_that_fails_midway_is_one_sentence_and_leaves_nothing(
    kaggle: Folder, kagglehub: Kaggle, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = kaggle(train=(4, 3))
    broken = source / "train" / "malignant" / "1.png"
    broken.unlink()
    broken.symlink_to("nowhere")  # reading it fails, after others were copied
    kagglehub(lambda _: str(source))
    sentence = refusal(tmp_path / "data", capsys)
    assert "1.png" in sentence
    assert "[(" not in sentence  # what shutil.Error looks like
    assert not list((tmp_path / "data").iterdir())


def test_what_an_interrupted_copy_left_does_not_get_into_the_next_one(
    kaggle: Folder, kagglehub: Kaggle, tmp_path: Path
) -> None:
    source = kaggle()
    left = tmp_path / "data" / "malignant_vs_benign.part" / "train" / "benign"
    left.mkdir(parents=True)
    (left / "half.png").write_bytes(b"half a picture")
    kagglehub(lambda _: str(source))
    assert download.main(["--to", str(tmp_path / "data")]) == 0
    assert contents(tmp_path / "data" / "malignant_vs_benign") == contents(source)


@pytest.mark.parametrize("gone", ["train", "test", "test/malignant"])
def test_a_download_that_is_not_the_set_is_refused_and_not_put_in_place(
    kaggle: Folder, kagglehub: Kaggle, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    gone: str,
) -> None:  # fmt: skip
    source = kaggle()
    shutil.rmtree(source / gone)
    kagglehub(lambda _: str(source))
    assert gone in refusal(tmp_path / "data", capsys)
    assert not (tmp_path / "data" / "malignant_vs_benign").exists()
