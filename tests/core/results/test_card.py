from __future__ import annotations

import dataclasses
import json
import math
import os
from pathlib import Path
from typing import Any

import pytest

from core.results.card import Card, read_card, write_card
from core.results.json_files import ResultsRejected
from core.results.limits import Answers, Limits, QualityBounds
from core.statistics.estimates import Rate, decimal, percent


@pytest.fixture
def path(tmp_path: Path, full_card: Card) -> Path:
    write_card(full_card, tmp_path / "model" / "card.json")
    return tmp_path / "model" / "card.json"


def change(path: Path, keys: str, value: Any) -> None:
    """Set one entry, named by its keys with dots between; ``...`` deletes it."""
    whole = part = json.loads(path.read_text(encoding="utf-8"))
    *way, last = keys.split(".")
    for key in way:
        part = part[key]
    if value is ...:
        del part[last]
    else:
        part[last] = value
    path.write_text(json.dumps(whole), encoding="utf-8")


def test_a_card_comes_back_as_it_was_written(path: Path, full_card: Card) -> None:
    back = read_card(path)
    assert back == full_card
    assert back.initialisation.not_loaded == ("fc.weight", "fc.bias")  # a tuple, not a list
    assert back.evaluations["official"].figures.specificity is None
    assert back.evaluations["official"].figures.auc == Rate(0.97, 0.96, 0.98)
    assert "naïve" in back.description


def test_what_has_a_default_may_be_left_out(path: Path) -> None:
    change(path, "initialisation.not_loaded", ...)
    change(path, "calibration.compared", ...)
    back = read_card(path)
    assert back.initialisation.not_loaded == ()
    assert back.calibration.compared == {}


def test_entries_of_a_later_release_with_the_same_schema_are_passed_over(
    path: Path, full_card: Card
) -> None:
    change(path, "mood", "sunny")
    assert read_card(path) == full_card


def test_a_whole_number_is_read_where_a_figure_is_meant(path: Path) -> None:
    change(path, "calibration.slope", 1)
    slope = read_card(path).calibration.slope
    assert (slope, type(slope)) == (1.0, float)


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        ("schema", 2),
        ("schema", True),
        ("schema", "1"),
        ("schema", ...),
        ("name", ...),
        ("name", None),
        ("name", 7),
        ("geometry", "stretch"),
        ("side", 0),
        ("side", 224.5),
        ("side", 10**9),
        ("name", "../../../etc"),
        ("name", "a/b"),
        ("name", ".."),
        ("name", ""),
        ("weights.file", "../other/weights.safetensors"),
        ("threshold", "0.5"),
        ("threshold", 0.0),
        ("threshold", 1.0),
        ("threshold", 7),
        ("threshold", True),
        ("threshold", None),
        ("weights", ...),
        ("weights", []),
        ("weights", "weights.safetensors"),
        ("weights.sha256", 5),
        ("weights.parameters", 1.5),
        ("weights.parameters", False),
        ("training.versions", ["torch"]),
        ("training.versions", "torch"),
        ("training.versions", None),
        ("training.versions.torch", 2),
        ("initialisation.not_loaded", "fc.weight"),
        ("initialisation.not_loaded", {"fc": 1}),
        ("initialisation.not_loaded", 3),
        ("initialisation.not_loaded", [1]),
        pytest.param("calibration.slope", 10**400, id="calibration.slope-huge"),
        ("calibration.slope", 1e300),
        ("calibration.intercept", -1e6),
        ("calibration.prevalence", 1.5),
        ("calibration.slope", 0.0),
        ("calibration.slope", -1.0),
        ("calibration.compared", {"platt": "low"}),
        ("evaluations", []),
        ("evaluations", 0),
        ("evaluations.official", None),
        ("evaluations.official.figures", {}),
        ("evaluations.official.figures.n", "660"),
        ("evaluations.official.figures.accuracy", None),
        ("evaluations.official.figures.accuracy.value", 7.0),
        ("evaluations.official.figures.auc.low", -0.1),
        ("evaluations.official.figures.auc.low", ...),
        ("evaluations.official.figures.auc", [0.9, 0.8, 1.0]),
    ],
)
def test_an_entry_that_does_not_fit_is_refused_naming_the_file(
    path: Path, keys: str, value: Any
) -> None:
    change(path, keys, value)
    with pytest.raises(ResultsRejected) as caught:
        read_card(path)
    assert str(caught.value).startswith("/".join(path.parts[-3:]))
    assert str(path) not in str(caught.value)  # a visitor may read it
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"7",
        b'"card"',
        b"\xff\xfe\x00",
        b"not json",
        pytest.param(b"[" * 100_000, id="nested too deeply"),
    ],
)
def test_a_file_that_is_no_card_is_refused_naming_it(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    with pytest.raises(ResultsRejected) as caught:
        read_card(path)
    assert str(caught.value).startswith("/".join(path.parts[-3:]))
    assert str(path) not in str(caught.value)  # a visitor may read it


def test_a_card_cut_short_is_refused_wherever_it_was_cut(path: Path) -> None:
    whole = path.read_bytes()
    for length in range(0, len(whole) - 2, 37):
        path.write_bytes(whole[:length])
        with pytest.raises(ResultsRejected, match="damaged"):
            read_card(path)


@pytest.mark.parametrize("figure", ["NaN", "Infinity", "-Infinity", "1e400", "-1e999"])
def test_a_figure_that_is_no_number_is_refused_on_reading(path: Path, figure: str) -> None:
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"slope": 1.3', f'"slope": {figure}'), encoding="utf-8")
    with pytest.raises(ResultsRejected, match=rf"card\.json is damaged: {figure} is no number\.$"):
        read_card(path)


@pytest.mark.parametrize("kind", ["answers", "answers_by_kind.photo"])
@pytest.mark.parametrize("name", ["benign_up_to", "malignant_from", "suspicious_from", "coverage"])
@pytest.mark.parametrize("value", [2.0, -0.1])
def test_an_answer_parts_at_a_probability_or_the_card_is_refused(
    path: Path, full_card: Card, kind: str, name: str, value: float
) -> None:
    answers = Answers(0.9, 0.95, 0.3, 0.7, 0.5, 100)
    limits = Limits(
        command="", date="", fitted_on="", file="limits.json", sha256="", kinds_judged=("photo",),
        answers=answers, quality=QualityBounds(-4.5, 0.3, 0.8, 0.2, 0.1, "drawings"),
        answers_by_kind={"photo": answers},
    )  # fmt: skip
    write_card(dataclasses.replace(full_card, limits=limits), path)
    read_card(path)
    change(path, f"limits.{kind}.{name}", value)
    with pytest.raises(ResultsRejected, match=rf"{name} {value} is not between 0 and 1\.$"):
        read_card(path)


def test_a_missing_card_is_refused_naming_it(tmp_path: Path) -> None:
    with pytest.raises(ResultsRejected, match=r"card\.json is missing"):
        read_card(tmp_path / "card.json")
    with pytest.raises(ResultsRejected, match="damaged: Is a directory") as caught:
        read_card(tmp_path)
    assert str(tmp_path) not in str(caught.value)


def test_the_schema_of_a_later_version_is_named(path: Path) -> None:
    change(path, "schema", 2)
    with pytest.raises(ResultsRejected, match="has schema 2; this version reads schema 1"):
        read_card(path)


def test_an_interrupted_write_leaves_the_old_card(
    path: Path, full_card: Card, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*given: Any) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="No space"):
        write_card(dataclasses.replace(full_card, title="New"), path)
    assert read_card(path) == full_card


@pytest.mark.parametrize("figure", [math.nan, math.inf])
def test_a_figure_that_is_no_number_is_not_written(
    path: Path, full_card: Card, figure: float
) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_card(dataclasses.replace(full_card, threshold=figure), path)
    assert read_card(path) == full_card
    assert [file.name for file in path.parent.iterdir()] == ["card.json"]


def test_a_figure_is_told_with_its_interval_and_breaks_only_between_the_two() -> None:
    rate = Rate(0.91364, 0.8899, 0.99951)
    assert percent(rate) == "91.4\u00a0% (89.0\u00a0to\u00a0100.0)"
    assert decimal(rate) == "0.914 (0.890\u00a0to\u00a01.000)"
    assert percent(None) == decimal(None) == "–"


def test_the_same_text_is_built_once_and_another_anew(path: Path) -> None:
    first = read_card(path)
    assert read_card(path) is first
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"slope": 1.3', '"slope": 1.4'), encoding="utf-8")
    assert read_card(path).calibration.slope == 1.4
    path.unlink()
    with pytest.raises(ResultsRejected, match="missing"):
        read_card(path)
