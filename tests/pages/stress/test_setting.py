from __future__ import annotations

import pytest

from core.pictures.corruptions import SHIFTS
from pages.stress import setting
from pages.stress.before_after import file_name
from pages.stress.setting import CHANGES, Setting, from_address, strengths, usual

NAMES = ["resnet18", "baseline_cnn"]


def test_an_empty_address_is_what_messengers_do_on_the_first_model_and_no_note() -> None:
    setting, notes = from_address({}, NAMES)
    assert setting == Setting("jpeg", "0.50", "resnet18", 0)
    assert setting.value == 0.5
    assert from_address({"attack": "fgsm"}, NAMES)[0].value == 0.003  # the report's step
    assert not notes


@pytest.mark.parametrize("change", [*CHANGES, *SHIFTS])
def test_every_place_of_every_slider_comes_back_from_its_address(change: str) -> None:
    for label, value in strengths(change).items():
        asked = {"attack": change, "strength": label, "model": "baseline_cnn", "seed": "17"}
        setting, notes = from_address(asked, NAMES)
        assert setting == Setting(change, label, "baseline_cnn", 17)
        assert setting.value == value
        assert not notes
    assert list(strengths(change).values()) == sorted(strengths(change).values())
    assert usual(change) in strengths(change)


@pytest.mark.parametrize(
    ("key", "nonsense"),
    [
        ("attack", "<script>alert(1)</script>"), ("attack", ""), ("strength", "1e9"),
        ("strength", "nan"), ("strength", "-1/255"), ("model", "../../etc/passwd"),
        ("seed", "-1"), ("seed", "99999"), ("seed", "1.5"), ("seed", "\u0661"), ("seed", "007"),
    ],
)  # fmt: skip
def test_nonsense_falls_back_with_a_note_that_does_not_repeat_it(key: str, nonsense: str) -> None:
    setting, notes = from_address({key: nonsense}, NAMES)
    assert setting == from_address({}, NAMES)[0]
    assert len(notes) == 1
    assert key in notes[0]
    assert not nonsense or nonsense not in notes[0]


def test_a_strength_of_another_change_is_nonsense_too() -> None:
    setting, notes = from_address({"attack": "jpeg", "strength": "2/255"}, NAMES)
    assert (setting.change, setting.strength, len(notes)) == ("jpeg", "0.50", 1)


def test_without_the_reports_network_the_first_at_hand_is_taken() -> None:
    assert from_address({}, ["baseline_cnn"])[0].model == "baseline_cnn"


def test_the_slider_has_the_greys_of_255_and_the_reports_0_003_among_them() -> None:
    assert list(strengths("fgsm"))[:6] == ["0", "0.25/255", "0.5/255", "0.003", "1/255", "2/255"]
    assert strengths("fgsm")["8/255"] == 8 / 255


def test_a_file_s_name_says_the_setting_in_safe_letters() -> None:
    name = file_name(Setting("sign noise", "0.5/255", "resnet18", 3))
    assert name == "lesion_sign-noise_0.5-of-255_resnet18_seed-3.png"
    assert setting.STANDARD in name
