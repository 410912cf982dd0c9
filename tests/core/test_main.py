from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from core import checkpoints, classifier
from core.__main__ import main
from core.pictures.drawn_lesion import draw_lesion

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _folder(tiny_checkpoints: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "FOLDER", tiny_checkpoints)


@pytest.fixture
def picture(tmp_path: Path) -> str:
    draw_lesion(300, 200, seed=1).save(tmp_path / "mole.png")
    return str(tmp_path / "mole.png")


def lines(capsys: pytest.CaptureFixture[str]) -> tuple[list[dict], str]:
    captured = capsys.readouterr()
    return [json.loads(line) for line in captured.out.splitlines()], captured.err


@pytest.mark.parametrize("name", ["resnet18", "baseline_cnn"])
def test_each_picture_gives_one_json_line_with_the_models_own_probability(
    name: str, picture: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.png"
    draw_lesion(200, 320, seed=2).save(other)
    assert main(["--model", name, picture, str(other)]) == 0
    printed, errors = lines(capsys)
    assert errors == ""
    model = classifier.load(name)
    expected = model.probabilities([draw_lesion(300, 200, seed=1), draw_lesion(200, 320, seed=2)])
    assert [line["file"] for line in printed] == [picture, str(other)]
    for line, probability in zip(printed, expected, strict=True):
        assert set(line) == {"file", "model", "probability", "kind", "answer", "warnings"}
        assert line["model"] == name
        assert line["probability"] == pytest.approx(probability, abs=1e-6)
        assert line["answer"] == ("malignant" if probability >= 0.4 else "benign")


def test_without_a_name_the_default_model_answers(
    picture: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([picture]) == 0
    assert lines(capsys)[0][0]["model"] == "resnet18"


def test_a_bad_picture_gets_a_sentence_and_the_good_ones_are_scored_all_the_same(
    picture: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "text.jpg").write_text("hello", encoding="utf-8")
    bad = [str(tmp_path / name) for name in ("empty.jpg", "text.jpg", "missing.jpg")]
    assert main(["--model", "baseline_cnn", bad[0], picture, *bad[1:], picture]) == 2
    printed, errors = lines(capsys)
    assert [line["file"] for line in printed] == [picture, picture]
    told = errors.splitlines()
    assert [line.split(": ")[0] for line in told] == bad
    for line, words in zip(told, ("is empty", "not a picture", "cannot be read"), strict=True):
        assert words in line
        assert line.endswith(".")


def test_an_unknown_model_is_told_before_any_picture_is_read(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--model", "../resnet19", "missing.jpg"]) == 2
    printed, errors = lines(capsys)
    assert printed == []
    assert errors == ("There is no model called '../resnet19'. At hand: baseline_cnn, resnet18.\n")


def test_without_any_checkpoint_a_sentence_says_what_to_do(
    picture: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(checkpoints, "FOLDER", tmp_path / "nowhere")
    assert main([picture]) == 2
    assert "python -m training.train" in lines(capsys)[1]


@pytest.mark.parametrize(
    "name",
    ['line\nbreak".png', "<script>alert(1)<\\script>.png", "größe 🔬.png", "bad \udcff byte.png"],
)
def test_odd_file_names_stay_one_valid_json_line(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draw_lesion(80, 80).save(tmp_path / "plain.png")
    odd = tmp_path / name
    (tmp_path / "plain.png").rename(odd)
    assert main(["--model", "baseline_cnn", str(odd)]) == 0
    printed, _ = lines(capsys)
    assert [line["file"] for line in printed] == [str(odd)]


def test_as_a_command_it_exits_with_2_and_never_with_a_traceback(
    picture: str, tiny_checkpoints: Path
) -> None:
    script = """
import runpy, sys
from pathlib import Path
from core import checkpoints
checkpoints.FOLDER = Path(sys.argv.pop(1))
runpy.run_module("core", run_name="__main__", alter_sys=True)
"""
    done = subprocess.run(
        [
            sys.executable, "-c", script, str(tiny_checkpoints),
            "--model", "baseline_cnn", "missing\n.jpg", picture,
        ],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert json.loads(done.stdout)["file"] == picture
    assert "Traceback" not in done.stderr
    assert "cannot be read (No such file or directory)." in done.stderr


def test_models_in_a_folder_of_ones_own_are_named_by_an_option_or_the_environment(
    picture: str, tiny_checkpoints: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(checkpoints, "FOLDER", tmp_path / "none")
    assert main([picture]) == 2
    assert f"There is no folder {tmp_path / 'none'}" in lines(capsys)[1]
    assert main(["--checkpoints", str(tiny_checkpoints), picture]) == 0
    assert lines(capsys)[0][0]["model"] == "resnet18"
    script = "from core import checkpoints; print(checkpoints.FOLDER, checkpoints.available())"
    there = {"PATH": "", checkpoints.ENVIRONMENT: str(tiny_checkpoints)}
    said = subprocess.run(
        [sys.executable, "-c", script], env=there, cwd=ROOT, capture_output=True, text=True,
        check=True,
    ).stdout  # fmt: skip
    assert said.strip() == f"{tiny_checkpoints} ['baseline_cnn', 'resnet18']"
