"""Whether an answer rests on what its saliency map marks: deletion and insertion curves.

Deletion hides the picture piece by piece, what the map marks most first; insertion starts from a
hidden picture and shows it in the same order (Petsiuk et al. 2018, RISE, arXiv:1806.07421, section
4.2). A map that names the places that matter makes the chance of the answer fall fast, and rise
fast. How fast is fast, only other maps can say: the same is done with random ones. These are the
map itself, shifted round the edges, turned and mirrored by chance, so that they are as large and as
coarse as it, and differ in nothing but where they point.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.arrays import Floats
from core.calibration import calibrated
from core.classifier import Classifier
from core.labels import Answer
from core.runtime.between import Between, go_on

if TYPE_CHECKING:
    import torch

STEPS = 10
# With 19, a map that knows nothing beats all of them once in 20 times.
RANDOM = 19
# Forward passes of one check: the picture shown, hidden, and what lies between, for every map.
FORWARDS = 2 + 2 * (STEPS - 1) * (1 + RANDOM)
_BATCH = 3  # views in one forward pass: memory, not the result, depends on it
_COARSE = 8  # places a side of the field that orders pixels which a map holds for equal
SEED = 0

Map = NDArray[np.float32]


@dataclass(frozen=True)
class Curves:
    """P(answer), (STEPS + 1,), as 0, 1 / STEPS ... all of the picture is hidden, and is shown."""

    deletion: Floats
    insertion: Floats


@dataclass(frozen=True)
class Evidence:
    """The curves of a map and those of the random ones."""

    own: Curves
    random: tuple[Curves, ...]

    @property
    def worse_at_deletion(self) -> int:
        """How many random maps hide what matters later: theirs is the larger area."""
        return sum(area(other.deletion) > area(self.own.deletion) for other in self.random)

    @property
    def worse_at_insertion(self) -> int:
        """How many random maps show what matters later: theirs is the smaller area."""
        return sum(area(other.insertion) < area(self.own.insertion) for other in self.random)


def shares() -> Floats:
    """The share of pixels that have changed after each step, (STEPS + 1,)."""
    return np.linspace(0, 1, STEPS + 1)


def area(curve: Floats) -> float:
    """The area under a curve (STEPS + 1,) by trapezoids, in [0, 1]: its mean height."""
    return float(np.trapezoid(curve, shares()))


def curves(
    model: Classifier,
    picture: Image.Image,
    saliency_map: Map,
    answer: Answer,
    seed: int = SEED,
    between: Between = go_on,
) -> Iterator[Curves]:
    """The curves of a map, then those of ``RANDOM`` random maps, each when it is asked for.

    ``saliency_map`` is ``Look.saliency_map`` of the RGB picture. What is hidden has the picture's
    mean colour. ``between`` hears the share of all the maps that is done. Raises ``ValueError`` for
    an empty map, which puts pixels into no order.
    """
    if not saliency_map.any():
        raise ValueError("an empty map puts the pixels into no order")
    x = model.network_input(picture)
    model = model.for_input(x)
    height, width = x.shape[1:]
    random = np.random.default_rng(seed)
    saliency_map = _enlarged(saliency_map, width, height)
    hidden = x.mean(dim=(1, 2), keepdim=True).expand_as(x)
    ends = _chances(model, [x, hidden], answer)
    for number in range(1 + RANDOM):
        one = moved(saliency_map, random) if number else saliency_map

        def within(share: float, done: int = number) -> None:
            between((done + share) / (1 + RANDOM))

        yield _curves(model, x, hidden, ranks(one, random),
                      ends=ends, answer=answer, between=within)  # fmt: skip


def moved(saliency_map: Map, random: np.random.Generator) -> Map:
    """The square map turned by quarters, mirrored and shifted round the edges, by chance."""
    turned = np.rot90(saliency_map, int(random.integers(4)))
    if random.integers(2):
        turned = turned[:, ::-1]
    return np.roll(turned, tuple(random.integers(saliency_map.shape)), axis=(0, 1))


def ranks(saliency_map: Map, random: np.random.Generator) -> NDArray[np.int64]:
    """Each pixel's place in the order, (H, W), 0 for what the map marks most.

    Equal pixels, as where a map is 0, follow a coarse random field: in single pixels they would
    turn the picture to sand, and in the order of rows they would favour its top.
    """
    coarse = random.random((_COARSE, _COARSE)).astype(np.float32)
    tie = _enlarged(coarse, saliency_map.shape[1], saliency_map.shape[0])
    place = np.empty(saliency_map.size, np.int64)
    place[np.lexsort((tie.ravel(), -saliency_map.ravel()))] = np.arange(saliency_map.size)
    return place.reshape(saliency_map.shape)


def _curves(
    model: Classifier,
    x: torch.Tensor,
    hidden: torch.Tensor,
    place: NDArray[np.int64],
    *,
    ends: Floats,
    answer: Answer,
    between: Between,
) -> Curves:
    import torch

    views = []
    for share in shares()[1:-1]:
        first = torch.from_numpy(place < round(share * place.size))
        views += [torch.where(first, hidden, x), torch.where(first, x, hidden)]
    inner = _chances(model, views, answer, between)
    return Curves(
        deletion=np.concatenate([ends[:1], inner[::2], ends[1:]]),
        insertion=np.concatenate([ends[1:], inner[1::2], ends[:1]]),
    )


def _chances(
    model: Classifier, views: list[torch.Tensor], answer: Answer, between: Between = go_on
) -> Floats:
    """P(answer) of views (3, H, W), as many as there are."""
    margins = model.margins_of_inputs(views, _BATCH, lambda n: between(n / len(views)))
    malignant = calibrated(margins, model.card.calibration)
    return malignant if answer == "malignant" else 1 - malignant


def _enlarged(saliency_map: Map, width: int, height: int) -> Map:
    if saliency_map.shape == (height, width):
        return saliency_map
    return np.asarray(
        Image.fromarray(saliency_map).resize((width, height), Image.Resampling.BILINEAR)
    )
