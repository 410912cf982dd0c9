"""The pictures that come with the app: listed, sound, and made as the command says."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.images import open_image
from core.pictures.diagnoses import in_words
from core.pictures.examples import FOLDER, IMAGES, Example, read_examples, types_missing
from training.examples import FLAWS, encoded

EXAMPLES = read_examples()


def test_every_picture_is_listed_once_and_opens() -> None:
    assert sorted(one.file for one in EXAMPLES) == sorted(
        path.name for path in (FOLDER / IMAGES).iterdir()
    )
    for one in EXAMPLES:
        assert min(open_image(one.data).size) >= 200, one.file
        assert one.shows


@pytest.mark.parametrize(
    ("types", "said"),
    [
        (
            "23456",
            "No picture of skin type I is among the examples; the lightest skin here is of "
            "type II.",
        ),
        (
            "245",
            "No picture of skin types I, III and VI is among the examples; the lightest skin "
            "here is of type II.",
        ),
        (
            "13456",
            "No picture of skin type II is among the examples; the lightest skin here is of "
            "type I.",
        ),
        ("123456", ""),
    ],
)
def test_the_skin_types_that_no_example_has_are_named(types: str, said: str) -> None:
    one = EXAMPLES[0]
    assert types_missing(dataclasses.replace(one, fitzpatrick=number) for number in types) == said


def test_there_are_phone_photos_and_dermoscopic_ones_of_both_classes() -> None:
    counts = {
        (kind, label): sum(one.kind == kind and one.label == label for one in EXAMPLES)
        for kind in ("photo", "dermoscopic")
        for label in ("benign", "malignant")
    }
    assert counts == {
        ("photo", "benign"): 12, ("photo", "malignant"): 12,
        ("dermoscopic", "benign"): 6, ("dermoscopic", "malignant"): 6,
    }  # fmt: skip


def test_what_a_picture_shows_gives_its_diagnosis_away_to_nobody() -> None:
    for one in EXAMPLES:
        told = one.shows.lower()
        assert not any(
            word in told for word in ("malignant", "benign", *in_words(one.dx).lower().split(", "))
            if word
        ), one.file  # fmt: skip


def test_a_malignant_label_goes_with_a_malignant_diagnosis() -> None:
    malignant = {"mel", "bcc", "scc", "akiec"}
    assert all((one.label == "malignant") == (one.dx in malignant) for one in EXAMPLES)


def _called(file: str) -> Example:
    return next(one for one in EXAMPLES if one.file == file)


@pytest.mark.parametrize(
    ("file", "truth"),
    [
        ("PAT_801_1518_78.jpg", "Malignant: melanoma (confirmed by biopsy)."),
        ("PAT_621_3591_171.jpg", "Benign: naevus, a mole (as the doctors judged it)."),
        (
            "ISIC_0034734.jpg",
            "Benign: vascular lesion, of blood vessels (as its collection records it).",
        ),
        ("made_bare_skin.jpg", "There is no lesion in this picture: it is bare skin."),
        ("made_dark.jpg", "Malignant: melanoma (confirmed by biopsy)."),
    ],
)
def test_the_truth_is_told_with_how_it_is_known(file: str, truth: str) -> None:
    assert _called(file).truth == truth


@pytest.mark.parametrize("flaw", FLAWS, ids=lambda flaw: flaw.name)
def test_what_was_made_is_what_the_command_makes(flaw: object) -> None:
    assert flaw in FLAWS
    made = next(one for one in FLAWS if one is flaw)
    shipped = _called(f"made_{made.name}.jpg")
    again = np.asarray(Image.open(io.BytesIO(encoded(made, _called(made.made_from)))), float)
    assert np.abs(again - np.asarray(Image.open(io.BytesIO(shipped.data)), float)).mean() < 1
    assert (shipped.made_from, shipped.made) == (made.made_from, made.made)


def test_without_the_folder_there_are_none(tmp_path: Path) -> None:
    assert read_examples(tmp_path) == ()
