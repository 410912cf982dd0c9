"""How much of a saliency map lies on the lesion, and how much of a flat map would."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.saliency.overlay import share_inside

if TYPE_CHECKING:
    from core.look import Explanation


@dataclass(frozen=True)
class OnLesion:
    """Shares in [0, 1] of a map's weight on the lesion: the map's own, and a flat map's.

    A flat map is alike wherever the network looked, so ``flat`` is what looking everywhere gives.
    """

    share: float
    flat: float

    @property
    def beside(self) -> bool:
        """Whether the map has no more on the lesion than a flat one."""
        return self.share <= self.flat


def on_lesion(found: Explanation, lesion: NDArray[np.bool_] | None) -> OnLesion | None:
    """Hold a map against a mask (H, W) of the whole picture, squeezed or not (``Quality.lesion``).

    ``None`` where no lesion was found or the map is empty: there is nothing to hold together.
    """
    if lesion is None or not found.saliency_map.any():
        return None
    # in the picture's own proportions, which say what a network that crops has seen of it
    scale = max(lesion.shape) / max(found.size)
    width, height = (max(1, round(side * scale)) for side in found.size)
    mask = np.asarray(Image.fromarray(lesion).resize((width, height), Image.Resampling.NEAREST))
    flat = dataclasses.replace(found, saliency_map=np.ones_like(found.saliency_map))
    return OnLesion(
        share=share_inside(found.heatmap_at(width, height), mask),
        flat=share_inside(flat.heatmap_at(width, height), mask),
    )
