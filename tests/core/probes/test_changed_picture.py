from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image

from core.look import Look
from core.pictures import added, corruptions
from core.pictures.drawn_lesion import draw_lesion
from core.preprocessing import to_tensor
from core.probes import attack_path, attacks, changed_picture


@pytest.fixture(scope="module")
def subject() -> attack_path.Subject:
    """A drawing with a made-up direction: up on the left, down on the right, none in a column."""
    x = to_tensor(draw_lesion(224, 224))
    direction = torch.ones(3, 224, 224, dtype=torch.int8)
    direction[:, :, 112:], direction[:, :, 50] = -1, 0
    clean = Look(0.0, 0.5, "benign", np.zeros((224, 224), np.float32), torch.zeros(1, 1, 1))
    return attack_path.Subject(x, clean, direction)


def test_a_tensor_goes_to_a_picture_and_back_unchanged(subject: attack_path.Subject) -> None:
    back = to_tensor(changed_picture.picture(subject.x))
    assert torch.equal(back, subject.x)


def test_each_change_is_the_library_s_own(subject: attack_path.Subject) -> None:
    x, path = subject.x[None], attack_path.Path(subject.x, (0.0,), (subject.direction,))
    for change, expected in (
        ("fgsm", attacks.along(x, subject.direction[None], 0.02)),
        ("pgd", attacks.along(x, subject.direction[None], 0.02)),
        ("sign noise", attacks.sign_noise(x, 0.02, [3])),
        ("gaussian", attacks.gaussian(x, 0.02, [3])),
    ):
        assert torch.equal(changed_picture.changed(subject, change, 0.02, 3, path), expected[0])


@pytest.mark.parametrize("name", list(corruptions.SHIFTS))
def test_a_shift_is_made_on_what_the_model_takes(subject: attack_path.Subject, name: str) -> None:
    found = changed_picture.changed(subject, name, 0.5, 3)
    shifted = corruptions.apply(changed_picture.picture(subject.x), name, 0.5, 3)
    assert torch.equal(found, to_tensor(shifted))
    assert torch.equal(changed_picture.changed(subject, name, 0.0, 3), subject.x)


def test_bad_arguments_are_named(subject: attack_path.Subject) -> None:
    with pytest.raises(ValueError, match="change must be"):
        changed_picture.changed(subject, "<script>", 0.5, 0)
    with pytest.raises(ValueError, match="path must be"):
        changed_picture.changed(subject, "pgd", 0.5, 0)
    for change, name in (("fgsm", "epsilon"), ("gaussian", "sigma"), ("jpeg", "strength")):
        with pytest.raises(ValueError, match=f"{name} must be in"):
            changed_picture.changed(subject, change, 1.5, 0)


def test_a_difference_says_by_how_much_it_is_magnified(subject: attack_path.Subject) -> None:
    before = torch.full((3, 8, 8), 0.5)
    after = before.clone()
    after[:, 0, 0] += 2 / 255
    after[:, 0, 1] -= 1 / 255
    shown, factor = changed_picture.difference(before, after)
    assert factor == 50  # 2 levels: 100 of 128; twice as much would not fit
    assert [shown.getpixel((x, 0))[0] for x in range(3)] == [228, 78, 128]


def test_a_png_is_the_picture_and_nothing_else(subject: attack_path.Subject) -> None:
    data = added.png(changed_picture.picture(subject.x))
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
        assert changed_picture.picture(x + epsilon).getpixel((0, 0)) == (level, level, level)
