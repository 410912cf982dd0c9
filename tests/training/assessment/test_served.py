"""The three answers are counted as the gate lets them through, worked by hand."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core import checkpoints
from core.assessment.picture_kind import BARE_SKIN, CONTENTS, ELSE, Content, Gate
from core.labels import DERMOSCOPIC, PHOTO
from core.pictures import blobs
from core.results.json_files import ResultsRejected
from core.results.limits import Answers
from training.assessment import conformal, held_out, limits_fit, served
from training.assessment.gate_pictures import half
from training.assessment.signatures import Signatures

CARD = checkpoints.card("resnet18")
LOW = Answers(0.9, 1.0, 0.2, 0.8, 0.2, 100, 0.20, 0.03)
HIGH = Answers(0.9, 1.0, 0.5, 0.6, 0.5, 100, 0.43, 0.06)


def gate_of(least: float) -> Gate:
    """A gate whose signatures are the logits of what is shown."""
    return Gate(np.eye(len(CONTENTS)), np.zeros(len(CONTENTS)), least)


def shows(*contents: Content) -> Signatures:
    values = np.array([[5.0 * (name == one) for name in CONTENTS] for one in contents])
    return Signatures(values, np.zeros((len(values), blobs.COUNT)), np.zeros(len(values)))


def test_a_picture_is_answered_by_the_cuts_of_what_it_is_taken_for_or_stopped() -> None:
    contents: list[Content] = [PHOTO, DERMOSCOPIC, BARE_SKIN, ELSE]  # type: ignore[list-item]
    p = np.full(4, 0.4)
    both = limits_fit.served(p, contents, {DERMOSCOPIC: LOW, PHOTO: HIGH})
    assert list(both) == ["benign", "uncertain", "not judged", "not judged"]
    one = limits_fit.served(p, contents, {DERMOSCOPIC: LOW})
    assert list(one) == ["not judged", "uncertain", "not judged", "not judged"]


def test_what_is_stopped_counts_as_a_picture_and_does_not_look_benign() -> None:
    labels = np.repeat([0, 1], [10, 40])
    said = np.array(
        ["benign"] * 5 + ["uncertain"] * 3 + ["not judged"] * 2
        + ["benign"] * 2 + ["malignant"] * 30 + ["uncertain"] * 4 + ["not judged"] * 4
    )  # fmt: skip
    found = conformal.told("a test", labels, said, np.ones(50, dtype=bool), 0.43, True)
    assert found.stopped is not None
    assert (found.stopped.value, found.stopped.n) == (pytest.approx(6 / 50), 50)
    assert found.uncertain.value == pytest.approx(7 / 50)
    assert found.right_among_answered is not None
    assert found.right_among_answered.value == pytest.approx(35 / 37)
    assert found.given["not judged"]["malignant"].value == pytest.approx(4 / 40)
    # of all that are shown, stopped ones among them, 5 % of the malignant, half of the benign
    assert found.malignant_among_benign is not None
    assert found.malignant_among_benign.value == pytest.approx(0.0215 / (0.0215 + 0.285))
    rare = found.malignant_among_benign_in_practice
    assert rare is not None
    assert rare.value == pytest.approx(0.01 * 0.05 / (0.01 * 0.05 + 0.99 * 0.5))
    assert rare.low < rare.value < rare.high


def test_misses_that_the_gate_stops_are_no_misses() -> None:
    random = np.random.default_rng(0)
    y = np.repeat([0, 1], 200)
    table = pd.DataFrame({
        "collection": "pad_ufes_20_half", "person": [f"P{i}" for i in range(400)], "y": y,
        "p": 1 / (1 + np.exp(-random.normal(3.0 * y - 1.5, 1.5))), "kind": PHOTO,
    })  # fmt: skip
    cuts = {PHOTO: limits_fit.answers(table, PHOTO)}
    (before,) = limits_fit.answer_checks(table, PHOTO, cuts).values()
    assert before.stopped is None
    passed = table.assign(content="photo")
    (same,) = limits_fit.answer_checks(passed, PHOTO, cuts).values()
    assert same.malignant_among_benign == before.malignant_among_benign
    assert before.malignant_among_benign is not None
    assert before.malignant_among_benign.value > 0
    low = (y == 1) & (table["p"] < 0.5)
    stopped = table.assign(content=np.where(low, BARE_SKIN, "photo"))
    (after,) = limits_fit.answer_checks(stopped, PHOTO, cuts).values()
    assert after.stopped is not None
    assert after.stopped.value == pytest.approx(low.mean())
    assert after.malignant_among_benign is not None
    assert after.malignant_among_benign.value == 0
    assert after.coverage == before.coverage  # of the sets, which the gate has no part in


def test_nobodys_picture_is_counted_by_the_gate_that_was_fitted_to_it() -> None:
    people = np.array([f"P{i}" for i in range(40)])
    known = np.array([half(person) for person in people])
    assert 5 < known.sum() < 35
    gates = served.TwoGates(served=gate_of(-99.0), other=gate_of(99.0))  # lets all, none through
    found = gates.contents(shows(*["photo"] * 40), people)
    assert (np.isin(found, [BARE_SKIN, ELSE]) == known).all()


def test_held_out_pictures_are_found_by_name_and_none_is_made_up() -> None:
    table = pd.DataFrame({
        "collection": ["a", "b", "a"], "file": ["2.png", "1.png", "1.png"], "y": [0, 1, 1],
    })  # fmt: skip
    there = {
        name: pd.DataFrame({
            "file": ["1.png", "2.png"], "path": [Path(name) / "1.png", Path(name) / "2.png"],
            "group": ["x", "y"],
        })
        for name in ("a", "b")
    }  # fmt: skip
    what: dict[str, Content] = {"a/1.png": "dermoscopic", "a/2.png": ELSE, "b/1.png": "photo"}

    def look(paths: object, name: str) -> Signatures:
        assert isinstance(paths, list)
        return shows(*(what[str(path)] for path in paths))

    gates = served.TwoGates(gate_of(0.0), gate_of(0.0))
    found = held_out.with_contents(table, gates, there, look)
    assert list(found["content"]) == [ELSE, "photo", "dermoscopic"]
    assert "content" not in held_out.with_contents(table, gates, {"a": there["a"]}, look)


def test_what_the_gate_took_them_for_is_kept_and_no_other_weights_are_read(
    tmp_path: Path,
) -> None:
    own = pd.DataFrame({"collection": "a", "file": ["1.png", "2.png"], "content": [ELSE, "photo"]})
    tests = {"official_test": pd.DataFrame({"file": ["3.png"], "content": [BARE_SKIN]})}
    served.write_contents(tmp_path, own, tests, CARD.weights.sha256)
    found = served.read_contents(tmp_path, CARD)
    assert dict(found["a"].to_numpy()) == {"1.png": ELSE, "2.png": "photo"}
    assert dict(found["official_test"].to_numpy()) == {"3.png": BARE_SKIN}
    weights = dataclasses.replace(CARD.weights, sha256="0" * 64)
    with pytest.raises(ResultsRejected, match=r"gate_contents.csv is of other weights: run `pytho"):
        served.read_contents(tmp_path, dataclasses.replace(CARD, weights=weights))
    served.write_contents(tmp_path, own.drop(columns="content"), {}, CARD.weights.sha256)
    assert served.read_contents(tmp_path, CARD) == {}
