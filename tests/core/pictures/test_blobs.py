"""What stands out is measured by how much, how wide, where, and next to what skin does anyway."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from core.arrays import AnyFloats, Floats
from core.pictures import blobs

# A row a pair of scales: what stands out most in L*, a*, b*, then how often that is the median.
SCALES = 3
MOST, OFTEN = slice(0, 3), slice(3, 6)


def _skin(seed: int = 0, noise: float = 0.5) -> AnyFloats:
    random = np.random.default_rng(seed)
    lab = np.array([65.0, 15.0, 18.0]) + random.normal(0, noise, (blobs.SIDE, blobs.SIDE, 3))
    return lab.astype(np.float32)


def _spot(lab: AnyFloats, width: float, channel: int, by: float, at: int = 32) -> AnyFloats:
    """The picture with a round, soft spot of that spread in pixels."""
    y, x = np.mgrid[: blobs.SIDE, : blobs.SIDE]
    with_spot = lab.copy()
    with_spot[..., channel] += by * np.exp(-((x - at) ** 2 + (y - at) ** 2) / (2 * width**2))
    return with_spot


def _scales(lab: AnyFloats) -> Floats:
    return blobs.measure_blobs(lab)[: SCALES * 6].reshape(SCALES, 6)


def test_there_are_as_many_measures_as_are_told_and_all_are_finite_on_a_plain_picture() -> None:
    plain = np.full((blobs.SIDE, blobs.SIDE, 3), 50, dtype=np.float32)
    found = blobs.measure_blobs(plain)
    assert found.shape == (blobs.COUNT,)
    assert np.isfinite(found).all()
    assert found[:3] == pytest.approx(np.log(0.05), abs=0.05)  # nothing stands out
    assert found[3:6] == pytest.approx(0, abs=0.05)  # as much in the middle as anywhere


@pytest.mark.parametrize("by", [-8.0, 8.0])
@pytest.mark.parametrize("channel", [0, 1, 2])
def test_a_spot_stands_out_in_its_channel_alone_darker_or_lighter(channel: int, by: float) -> None:
    more = _scales(_spot(_skin(), 5, channel, by)) - _scales(_skin())
    assert more[:, MOST][:, channel].max() > np.log(4)
    assert more[:, OFTEN][:, channel].max() > np.log(2)
    others = [c for c in range(3) if c != channel]
    assert np.abs(more[:, MOST][:, others]).max() < 0.01


def test_twice_the_contrast_is_the_logarithm_of_two_more() -> None:
    once, twice = (_scales(_spot(_skin(noise=0), 5, 0, by)) for by in (-10.0, -20.0))
    assert (twice - once)[:, 0] == pytest.approx(np.log(2), abs=0.05)


def test_a_small_spot_stands_out_at_the_finest_scale_and_a_wide_one_at_the_coarsest() -> None:
    assert _scales(_spot(_skin(noise=0), 2.5, 0, -10))[:, 0].argmax() == 0
    assert _scales(_spot(_skin(noise=0), 11, 0, -10))[:, 0].argmax() == 2


def test_a_spot_in_the_corner_stands_out_less_than_one_in_the_middle() -> None:
    middle, corner = (_scales(_spot(_skin(), 4, 0, -10, at=at)) for at in (32, 6))
    assert (middle[:, 0] > corner[:, 0] + np.log(2)).all()


def test_on_rough_skin_the_same_spot_stands_out_less_often_than_on_smooth_skin() -> None:
    smooth, rough = (_scales(_spot(_skin(noise=n), 4, 0, -6)) for n in (0.5, 6))
    assert (smooth[:2, 3] > rough[:2, 3] + np.log(2)).all()


def test_a_turned_picture_measures_the_same() -> None:
    lab = _spot(_skin(), 4, 1, 6)
    for turned in (lab[::-1], lab[:, ::-1], lab.transpose(1, 0, 2)):
        assert blobs.measure_blobs(turned) == pytest.approx(blobs.measure_blobs(lab), abs=1e-3)


def test_the_last_six_are_the_channels_spread_and_mean_slope() -> None:
    ramp = np.zeros((blobs.SIDE, blobs.SIDE, 3), dtype=np.float32)
    ramp[..., 0] = np.arange(blobs.SIDE) * 0.5
    found = np.exp(blobs.measure_blobs(ramp)[-6:]) - 0.05
    assert found[0] == pytest.approx(np.std(np.arange(blobs.SIDE) * 0.5), rel=1e-4)
    assert found[3] == pytest.approx(0.5, rel=1e-4)
    assert found[[1, 2, 4, 5]] == pytest.approx(0, abs=1e-4)


def test_a_picture_of_any_size_is_measured_by_its_copy() -> None:
    y, x = np.mgrid[:896, :896]
    dark = 40 * np.exp(-((x - 448) ** 2 + (y - 448) ** 2) / (2 * 80**2))
    large = Image.fromarray((200 - dark[..., None] - [0, 40, 60]).astype(np.uint8))
    half = large.resize((448, 448), Image.Resampling.BOX)
    assert blobs.blobs_of(half) == pytest.approx(blobs.blobs_of(large), abs=0.1)
