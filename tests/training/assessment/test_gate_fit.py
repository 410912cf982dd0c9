from __future__ import annotations

import numpy as np
import pytest

from core.assessment.picture_kind import CONTENTS, Content
from training.assessment import gate_fit, gate_pictures

PICTURES, WIDE = 200, 12


def drawn(seed: int) -> dict[Content, np.ndarray]:
    """Each content around a centre of its own, a little of each in each other's place."""
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(0).normal(0, 1.2, (len(CONTENTS), WIDE))
    return {
        content: centre + random.normal(0, 1, (PICTURES, WIDE))
        for content, centre in zip(CONTENTS, centres, strict=True)
    }


@pytest.fixture(scope="module")
def people() -> dict[Content, np.ndarray]:
    return {content: np.arange(PICTURES).astype(str) for content in CONTENTS}


def test_new_pictures_are_told_and_bare_skin_is_stopped_as_often_as_asked(
    people: dict[Content, np.ndarray],
) -> None:
    gate = gate_fit.fit(drawn(1), people)
    fresh = drawn(2)
    for content in CONTENTS:
        right = np.mean([told == content for told in gate.contents(fresh[content])])
        assert right > 0.8, content
    stopped = np.mean(
        [t in ("bare skin", "something else") for t in gate.contents(fresh["bare skin"])]
    )
    assert stopped == pytest.approx(gate_fit.CAUGHT, abs=0.03)


def test_a_scale_of_the_features_changes_nothing(people: dict[Content, np.ndarray]) -> None:
    scale, shift = np.linspace(0.1, 40, WIDE), np.linspace(-5, 5, WIDE)
    usual = gate_fit.fit(drawn(1), people)
    other = gate_fit.fit({k: v * scale + shift for k, v in drawn(1).items()}, people)
    fresh = drawn(3)["photo"]
    assert usual.contents(fresh) == other.contents(fresh * scale + shift)


@pytest.mark.parametrize(
    "there",
    [
        ("dermoscopic", "something else"),
        ("photo", "bare skin", "something else"),
        ("dermoscopic", "photo", "something else"),
    ],
)
def test_a_content_without_pictures_is_never_found_and_the_others_are(
    people: dict[Content, np.ndarray], there: tuple[Content, ...]
) -> None:
    gate = gate_fit.fit({name: drawn(1)[name] for name in there}, people)
    fresh = drawn(2)
    for content in CONTENTS:
        assert set(gate.contents(fresh[content])) <= set(there)
    for content in there:
        right = np.mean([told == content for told in gate.contents(fresh[content])])
        assert right > 0.8, content
    assert np.isfinite(gate.weights).all()
    assert np.isfinite(gate.bias).all()


@pytest.mark.parametrize("there", [("photo", "dermoscopic"), ("bare skin",), ()])
def test_without_lesions_or_without_anything_else_there_is_no_gate(
    people: dict[Content, np.ndarray], there: tuple[Content, ...]
) -> None:
    with pytest.raises(ValueError, match="needs pictures of lesions and of other things"):
        gate_fit.fit({name: drawn(1)[name] for name in there}, people)


def test_a_person_is_on_one_side_wherever_the_pictures_lie() -> None:
    names = [f"PAT_{i}" for i in range(1000)]
    halves = [gate_pictures.half(name) for name in names]
    assert 0.45 < np.mean(halves) < 0.55
    assert halves == [gate_pictures.half(name) for name in names]
