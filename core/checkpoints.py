"""Weights on disk: safetensors and a card, checked by SHA-256 before they are believed.

Nothing is ever unpickled. A file that is missing, truncated, altered or made for another network
is refused with a sentence (``CheckpointRejected``), and the other models go on.
"""

from __future__ import annotations

import hashlib
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING

from core import files
from core.networks import registry
from core.results.card import CARD, WEIGHTS, Card, read_card
from core.results.json_files import ResultsRejected
from core.runtime import memory

if TYPE_CHECKING:
    import torch

    from core.assessment.picture_kind import Gate
    from core.networks.lesion_network import LesionNetwork

SHIPPED = Path(__file__).resolve().parent.parent / "checkpoints"
# Names the folder of whoever keeps models elsewhere: the app and every command look there.
ENVIRONMENT = "LESION_CHECKPOINTS"
FOLDER = Path(os.environ.get(ENVIRONMENT) or SHIPPED)

_APART = 16  # tensors in a block begin at multiples of 64 bytes, as processors like to read them

# Whom a visitor meets first, if at hand; and who stands in for ``general`` on a host with less room
# than a server takes that shows it (docs/results.md: up to 601 MiB).
_PREFERRED = ("general", "resnet18")
_LIGHT, _ROOM = "general_light", 640  # MiB


class CheckpointRejected(ValueError):
    """A checkpoint cannot be used; ``str()`` is a sentence that names it and says why."""


class FolderMissing(CheckpointRejected):
    """The folder of models is not there; the sentence tells its path, so it is for no visitor."""


def available(folder: Path | None = None) -> list[str]:
    """Names of the models whose weights and card are at hand, in alphabetical order."""
    root = FOLDER if folder is None else folder
    names = [path.parent.name for path in sorted(root.glob(f"*/{CARD}"))]
    return [name for name in names if (root / name / WEIGHTS).is_file() and _sound(name, root)]


def default(folder: Path | None = None) -> str | None:
    """The model used when none is named: the most trustworthy one at hand, ``None`` if none is."""
    names = in_order(available(folder))
    return names[0] if names else None


def in_order(names: list[str]) -> list[str]:
    """Names of models, the one first that a visitor meets first, the others by the alphabet."""
    light = (_LIGHT,) if memory.allowed() < _ROOM else ()
    first = next((name for name in (*light, *_PREFERRED) if name in names), None)
    return sorted(names, key=lambda name: (name != first, name))


def card(name: str, folder: Path | None = None) -> Card:
    """The card of a model. Raises ``CheckpointRejected`` for no such model or a damaged card."""
    root = FOLDER if folder is None else folder
    if not root.is_dir():
        raise FolderMissing(
            f"There is no folder {root} to find models in; python -m training.train makes one."
        )
    if name not in {path.parent.name for path in root.glob(f"*/{CARD}")}:
        there = ", ".join(available(root)) or "none yet; python -m training.train makes one"
        raise CheckpointRejected(f"There is no model called {name!r}. At hand: {there}.")
    try:
        found = read_card(root / name / CARD)
    except ResultsRejected as error:
        raise CheckpointRejected(f"The card of model {name!r} cannot be used: {error}") from error
    if found.architecture not in registry.ARCHITECTURES:
        raise CheckpointRejected(
            f"The card of model {name!r} names a network this version does not know: "
            f"{found.architecture!r}."
        )
    return found


def size(name: str, folder: Path | None = None) -> float:
    """MiB that the weights of a model take once they are read; none where they can't be had."""
    try:
        stored = ((FOLDER if folder is None else folder) / name / WEIGHTS).stat().st_size
    except OSError:
        return 0.0
    return 2 * stored / 2**20  # 16 bits a number there, 32 in memory


def load_network(name: str, folder: Path | None = None) -> LesionNetwork:
    """The network of a model, in eval mode, its parameters frozen.

    It maps float32 (N, 3, 224, 224) in [0, 1] to logits (N, 2), benign first, malignant second,
    and normalises inside. Raises ``CheckpointRejected``.
    """
    import torch
    from safetensors import SafetensorError

    from core.networks.lesion_network import skeleton

    root = FOLDER if folder is None else folder
    about = card(name, root)
    try:
        with (root / name / WEIGHTS).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise CheckpointRejected(f"The weights of model {name!r} cannot be read.") from error
    if digest != about.weights.sha256:
        raise CheckpointRejected(
            f"The weights of model {name!r} are not the ones its card describes (SHA-256 differs): "
            "the file was altered or cut short."
        )
    try:
        state = read_state(root / name / WEIGHTS)
    except (SafetensorError, ValueError, KeyError, OSError) as error:
        raise CheckpointRejected(f"The weights of model {name!r} are not safetensors.") from error
    network = skeleton(registry.get(about.architecture))
    try:
        network.backbone.load_state_dict(state, strict=True, assign=True)
    except RuntimeError as error:
        raise CheckpointRejected(
            f"The weights of model {name!r} do not fit a {about.architecture} network."
        ) from error
    network.normalise = type(network.normalise)(network.architecture.normalisation)
    # The layout that the processor's kernels like best: a ResNet18 takes a fifth less time. All
    # but the normalisation lies so already.
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stub
    return network.requires_grad_(False).eval()


def load_gate(card: Card, folder: Path | None = None) -> Gate | None:
    """What tells kinds of pictures apart for a model; ``None`` where its card names none.

    Raises ``CheckpointRejected``.
    """
    from core.assessment import picture_kind

    if card.limits is None:
        return None
    root = FOLDER if folder is None else folder
    try:
        return picture_kind.read(root / card.name / picture_kind.FILE, card.limits.sha256)
    except picture_kind.GateRejected as error:
        raise CheckpointRejected(f"The limits of model {card.name!r}: {error}") from error


def write_weights(state: dict[str, torch.Tensor], path: Path, lineage: str | None = None) -> str:
    """Save a state dict, matrices and kernels as float16, and return the file's SHA-256.

    Vectors (biases, batch-norm statistics) keep float32: they are few, and variances may exceed
    what 16 bits hold. ``lineage`` goes into the header, for whoever starts from the file.
    """
    import torch
    from safetensors.torch import save

    small = {
        key: (
            value.half() if value.dtype == torch.float32 and value.ndim > 1 else value
        ).contiguous()
        for key, value in state.items()
    }
    data = save(small, None if lineage is None else {"lineage": lineage})
    files.write_bytes(path, data)
    return hashlib.sha256(data).hexdigest()


def read_state(path: Path) -> dict[str, torch.Tensor]:
    """A state dict that ``write_weights`` wrote, back in float32, in one block of memory.

    The block goes back to the system as soon as all are forgotten; hundreds of small ones leave
    holes, and a server that changes models would grow. Kernels (N, C, H, W) lie channels last.
    One tensor after the other: the file is never in memory as a whole beside what it holds.
    """
    import torch
    from safetensors import safe_open

    with safe_open(path, "pt") as file:
        shapes = {key: file.get_slice(key).get_shape() for key in file.keys()}  # noqa: SIM118
        room = [-(-math.prod(shape) // _APART) * _APART for shape in shapes.values()]
        block = torch.empty(sum(room))
        state = {}
        for (key, shape), part in zip(shapes.items(), block.split(room), strict=True):
            found = file.get_tensor(key)
            if found.is_floating_point():
                state[key] = _shaped(part[: found.numel()], shape).copy_(found)
            else:
                state[key] = found.clone()
    return state


def _shaped(flat: torch.Tensor, shape: list[int]) -> torch.Tensor:
    """The same numbers as a tensor of that shape, a kernel's channels last in memory."""
    if len(shape) != 4:
        return flat.view(shape)
    n, c, h, w = shape
    return flat.view(n, h, w, c).permute(0, 3, 1, 2)


def _sound(name: str, root: Path) -> bool:
    try:
        card(name, root)
    except CheckpointRejected:
        return False
    return True
