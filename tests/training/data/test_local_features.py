from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageEnhance

from tests.training.conftest import textured
from training.data.local_features import Features, extractor, inliers

FEW = 7  # by chance three of six matches fit a map


def features(picture: Image.Image) -> Features:
    square = picture.resize((224, 224))
    return extractor()(np.asarray(square, np.uint8).transpose(2, 0, 1))


def framed_anew(picture: Image.Image) -> Image.Image:
    """Turned by 35 degrees, nearer, off the middle and darker."""
    turned = picture.rotate(35, Image.Resampling.BICUBIC)
    return ImageEnhance.Brightness(turned.crop((70, 80, 330, 320))).enhance(0.8)


@pytest.mark.parametrize("seed", range(3))
def test_a_picture_that_was_framed_anew_shows_the_same_lesion(seed: int) -> None:
    picture = textured(seed)
    one, other = features(picture), features(framed_anew(picture))
    assert inliers(one, other) >= 10
    assert inliers(other, one) >= 10


@pytest.mark.parametrize(("seed", "other"), [(0, 1), (1, 2), (2, 0)])
def test_pictures_of_other_textures_do_not(seed: int, other: int) -> None:
    assert inliers(features(textured(seed)), features(textured(other))) < FEW
    assert inliers(features(textured(seed)), features(framed_anew(textured(other)))) < FEW


def test_a_copy_has_all_its_features_again_and_one_squeezed_to_a_strip_is_no_view() -> None:
    whole = features(textured(0))
    assert inliers(whole, whole) == len(whole.places)
    thin = textured(0).resize((400, 150))
    canvas = Image.new("RGB", (400, 400))
    canvas.paste(thin, (0, 100))
    assert inliers(whole, features(canvas)) == 0


def test_a_picture_without_texture_has_no_features_and_no_pair() -> None:
    blank = features(Image.new("RGB", (224, 224), "tan"))
    assert blank.places.shape == (0, 2)
    assert inliers(blank, features(textured(0))) == 0


def test_the_same_pair_is_the_same_answer() -> None:
    one, other = features(textured(3)), features(framed_anew(textured(3)))
    assert len({inliers(one, other) for _ in range(5)}) == 1


def test_opencvs_descriptors_are_whole_numbers_that_a_byte_holds() -> None:
    import cv2

    grey: NDArray[np.uint8] = np.asarray(textured(0).convert("L"), np.uint8)
    _, found = cv2.SIFT_create(nfeatures=300).detectAndCompute(grey, None)  # type: ignore[attr-defined]
    assert (found == found.astype(np.uint8)).all()
