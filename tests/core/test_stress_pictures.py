from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image

from core import perturbation, shifts, stress, stress_pictures
from core.drawn_example import draw_lesion
from core.preprocessing import to_tensor


@pytest.fixture(scope="module")
def subject() -> stress.Subject:
    """A drawing with a made-up direction: up on the left, down on the right, none in a column."""
    x = to_tensor(draw_lesion(224, 224))
    direction = torch.ones(3, 224, 224, dtype=torch.int8)
    direction[:, :, 112:], direction[:, :, 50] = -1, 0
    clean = stress.Look(0.5, "benign", np.zeros((224, 224), np.float32))
    return stress.Subject(x, clean, direction)


def test_a_tensor_goes_to_a_picture_and_back_unchanged(subject: stress.Subject) -> None:
    back = to_tensor(stress_pictures.picture(subject.x))
    assert torch.equal(back, subject.x)


def test_each_change_is_the_library_s_own(subject: stress.Subject) -> None:
    x, path = subject.x[None], stress.Path(subject.x, (0.0,), (subject.direction,))
    for change, expected in (
        ("fgsm", perturbation.along(x, subject.direction[None], 0.02)),
        ("pgd", perturbation.along(x, subject.direction[None], 0.02)),
        ("sign noise", perturbation.sign_noise(x, 0.02, [3])),
        ("gaussian", perturbation.gaussian(x, 0.02, [3])),
    ):
        assert torch.equal(stress_pictures.changed(subject, change, 0.02, 3, path), expected[0])


@pytest.mark.parametrize("name", list(shifts.SHIFTS))
def test_a_shift_is_made_on_what_the_model_takes(subject: stress.Subject, name: str) -> None:
    found = stress_pictures.changed(subject, name, 0.5, 3)
    shifted = shifts.apply(stress_pictures.picture(subject.x), name, 0.5, 3)
    assert torch.equal(found, to_tensor(shifted))
    assert torch.equal(stress_pictures.changed(subject, name, 0.0, 3), subject.x)


def test_bad_arguments_are_named(subject: stress.Subject) -> None:
    with pytest.raises(ValueError, match="change must be"):
        stress_pictures.changed(subject, "<script>", 0.5, 0)
    with pytest.raises(ValueError, match="path must be"):
        stress_pictures.changed(subject, "pgd", 0.5, 0)
    for change, name in (("fgsm", "epsilon"), ("gaussian", "sigma"), ("jpeg", "strength")):
        with pytest.raises(ValueError, match=f"{name} must be in"):
            stress_pictures.changed(subject, change, 1.5, 0)


def test_a_difference_says_by_how_much_it_is_magnified(subject: stress.Subject) -> None:
    before = torch.full((3, 8, 8), 0.5)
    after = before.clone()
    after[:, 0, 0] += 2 / 255
    after[:, 0, 1] -= 1 / 255
    shown, factor = stress_pictures.difference(before, after)
    assert factor == 50  # 2 levels: 100 of 128; twice as much would not fit
    assert [shown.getpixel((x, 0))[0] for x in range(3)] == [228, 78, 128]


def test_a_png_is_the_picture_and_nothing_else(subject: stress.Subject) -> None:
    data = stress_pictures.png(subject.x)
    with Image.open(io.BytesIO(data)) as opened:
        assert opened.size == (224, 224)
        assert not opened.info
        assert torch.equal(to_tensor(opened.convert("RGB")), subject.x)
    chunks = {b"IHDR", b"IDAT", b"IEND"}
    assert not any(kind in data for kind in (b"tEXt", b"iTXt", b"zTXt", b"eXIf", b"tIME"))
    assert all(kind in data for kind in chunks)


def test_half_a_grey_level_is_lost_in_a_file_and_the_reports_step_becomes_one() -> None:
    x = torch.full((3, 4, 4), 100 / 255)
    for epsilon, level in ((0.25 / 255, 100), (0.003, 101), (2 / 255, 102)):
        assert stress_pictures.picture(x + epsilon).getpixel((0, 0)) == (level, level, level)
