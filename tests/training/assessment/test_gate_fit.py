from __future__ import annotations

import numpy as np
import pytest

from core.assessment.picture_kind import BARE_SKIN, CONTENTS, ELSE, Content, Gate
from core.pictures import blobs
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


def plain(seed: int) -> dict[Content, np.ndarray]:
    """What stands out in pictures in which nothing does: noise, alike for all."""
    random = np.random.default_rng(seed)
    return {content: random.normal(0, 1, (PICTURES, blobs.COUNT)) for content in CONTENTS}


@pytest.fixture(scope="module")
def people() -> dict[Content, np.ndarray]:
    return {content: np.arange(PICTURES).astype(str) for content in CONTENTS}


def test_new_pictures_are_told_and_bare_skin_is_stopped_as_often_as_asked(
    people: dict[Content, np.ndarray],
) -> None:
    gate = gate_fit.fit(drawn(1), plain(1), people)
    fresh = drawn(2)
    shown = {content: gate.contents(fresh[content], plain(2)[content]) for content in CONTENTS}
    for content in CONTENTS:
        assert np.mean([found == content for found in shown[content]]) > 0.8, content
    stopped = np.mean([found in (BARE_SKIN, ELSE) for found in shown[BARE_SKIN]])
    assert stopped == pytest.approx(gate_fit.CAUGHT, abs=0.03)


def test_where_the_network_sees_no_difference_what_stands_out_tells_lesions_from_bare_skin(
    people: dict[Content, np.ndarray],
) -> None:
    def alike(seed: int) -> dict[Content, np.ndarray]:
        """To the network photos of lesions are bare skin."""
        random = np.random.default_rng(seed)
        return {**drawn(seed), BARE_SKIN: drawn(0)["photo"] + random.normal(0, 1, (PICTURES, WIDE))}

    def standing_out(seed: int) -> dict[Content, np.ndarray]:
        """Of lesions the second measure is larger; of things it is larger still."""
        found = plain(seed)
        for content, more in (("dermoscopic", 4), ("photo", 4), (ELSE, 9)):
            found[content][:, 1] += more  # type: ignore[index]
        return found

    def passed(gate: Gate, content: Content) -> float:
        found = gate.contents(alike(2)[content], standing_out(2)[content])
        return float(np.mean([one not in (BARE_SKIN, ELSE) for one in found]))

    blind = gate_fit.fit(alike(1), plain(1), people)
    assert passed(blind, "photo") < 0.3
    gate = gate_fit.fit(alike(1), standing_out(1), people)
    assert passed(gate, "photo") > 0.85
    assert passed(gate, BARE_SKIN) < 0.08
    assert passed(gate, ELSE) < 0.1  # however much stands out in a thing


def test_where_too_few_people_show_bare_skin_the_network_is_asked_alone(
    people: dict[Content, np.ndarray],
) -> None:
    few = {**people, BARE_SKIN: np.array([str(i % 4) for i in range(PICTURES)])}
    assert gate_fit.fit(drawn(1), plain(1), people).spot is not None
    assert gate_fit.fit(drawn(1), plain(1), few).spot is None


def test_a_scale_of_the_features_changes_nothing(people: dict[Content, np.ndarray]) -> None:
    scale, shift = np.linspace(0.1, 40, WIDE), np.linspace(-5, 5, WIDE)
    usual = gate_fit.fit(drawn(1), plain(1), people)
    other = gate_fit.fit(
        {k: v * scale + shift for k, v in drawn(1).items()},
        {k: v * 7 - 2 for k, v in plain(1).items()}, people,
    )  # fmt: skip
    fresh, out = drawn(3)["photo"], plain(3)["photo"]
    assert usual.contents(fresh, out) == other.contents(fresh * scale + shift, out * 7 - 2)


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
    gate = gate_fit.fit(
        {name: drawn(1)[name] for name in there}, {name: plain(1)[name] for name in there}, people
    )
    fresh = drawn(2)
    shown = {content: gate.contents(fresh[content], plain(2)[content]) for content in CONTENTS}
    for content in CONTENTS:
        assert set(shown[content]) <= set(there)
    for content in there:
        assert np.mean([found == content for found in shown[content]]) > 0.8, content
    assert (gate.spot is not None) == (BARE_SKIN in there)
    assert np.isfinite(gate.weights).all()
    assert np.isfinite(gate.bias).all()


@pytest.mark.parametrize("there", [("photo", "dermoscopic"), ("bare skin",), ()])
def test_without_lesions_or_without_anything_else_there_is_no_gate(
    people: dict[Content, np.ndarray], there: tuple[Content, ...]
) -> None:
    with pytest.raises(ValueError, match="needs pictures of lesions and of other things"):
        gate_fit.fit({name: drawn(1)[name] for name in there}, plain(1), people)


def test_a_person_is_on_one_side_wherever_the_pictures_lie() -> None:
    names = [f"PAT_{i}" for i in range(1000)]
    halves = [gate_pictures.half(name) for name in names]
    assert 0.45 < np.mean(halves) < 0.55
    assert halves == [gate_pictures.half(name) for name in names]
