from __future__ import annotations

import numpy as np
import pytest
import torch

from core.look import Explanation
from core.preprocessing import Geometry
from core.probes.map_on_lesion import on_lesion


def _explained(view: np.ndarray, size: tuple[int, int], geometry: Geometry) -> Explanation:
    return Explanation(
        margin=0.0, probability=0.5, answer="benign", saliency_map=view.astype(np.float32),
        summary=torch.zeros(1), size=size, geometry=geometry,
    )  # fmt: skip


def _half(view: np.ndarray) -> np.ndarray:
    view[:, : view.shape[1] // 2] = True
    return view


def test_shares_of_a_squeezed_picture_by_hand() -> None:
    # the map lies on the left half at 3 to 1, and the lesion is that half
    view = np.full((8, 8), 1.0)
    view[:, :4] = 3.0
    found = on_lesion(_explained(view, (80, 40), "squeeze"), _half(np.zeros((8, 8), bool)))
    assert found is not None
    assert (found.share, found.flat) == (pytest.approx(0.75), 0.5)
    assert not found.beside


def test_a_flat_map_of_a_cropped_picture_is_flat_only_where_the_network_looked() -> None:
    # 200 x 100: the view is the middle half; the lesion is the left 3 / 8, of which it sees 1 / 4
    lesion = np.zeros((80, 80), bool)
    lesion[:, :30] = True
    view = np.zeros((100, 100))
    view[:, :50] = 1  # half of the map is on the lesion
    found = on_lesion(_explained(view, (200, 100), "crop"), lesion)
    assert found is not None
    assert found.flat == pytest.approx(0.25, abs=0.01)
    assert found.share == pytest.approx(0.5, abs=0.02)


def test_looking_everywhere_is_no_better_than_beside() -> None:
    found = on_lesion(
        _explained(np.ones((8, 8)), (50, 50), "squeeze"), _half(np.zeros((6, 6), bool))
    )
    assert found is not None
    assert found.beside


@pytest.mark.parametrize("lesion", [None, np.ones((4, 4), bool)])
def test_without_a_lesion_or_a_map_there_is_no_figure(lesion: np.ndarray | None) -> None:
    view = np.zeros((8, 8)) if lesion is not None else np.ones((8, 8))
    assert on_lesion(_explained(view, (50, 50), "squeeze"), lesion) is None
