"""Where weights start: random, torchvision's ImageNet download, or a safetensors file."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open

from core.network import LesionNetwork
from core.results import Initialisation
from training.data import DataRejected

RANDOM, TORCHVISION = "random", "torchvision"


def initialise(
    network: LesionNetwork, name: str, source: str
) -> tuple[Initialisation, frozenset[str]]:
    """Load the start into ``network``; returns what the card says of it and the fresh parameters.

    ``source`` is ``random``, ``torchvision`` or the path of a safetensors file with torchvision's
    key names, which may cover only a part. Tensors of another shape (the 1000-way head) are left
    out. Raises ``DataRejected`` when nothing of it fits, or when it cannot be had.
    """
    backbone = network.backbone
    if source == RANDOM:
        return Initialisation(RANDOM, "random numbers", 0), frozenset()
    state, lineage = _torchvision(name) if source == TORCHVISION else _file(Path(source))
    own = backbone.state_dict()
    fitting = {k: v.float() if v.is_floating_point() else v for k, v in state.items()
               if k in own and own[k].shape == v.shape}  # fmt: skip
    if not fitting:
        raise DataRejected(f"{source} holds nothing that fits a {name} network.")
    backbone.load_state_dict(fitting, strict=False)
    missing = [key for key in own if key not in fitting and not key.endswith("num_batches_tracked")]
    parameters = {key for key, _ in backbone.named_parameters()}
    start = Initialisation(
        source=Path(source).name,
        lineage=lineage,
        loaded=len(fitting),
        not_loaded=tuple(dict.fromkeys(key.split(".")[0] for key in missing)),
    )
    return start, frozenset(parameters & set(missing))


def describe(start: Initialisation) -> str:
    """One line for the log: what was loaded and what was not."""
    left = ", ".join(start.not_loaded) or "nothing"
    return f"start: {start.source} ({start.lineage}); {start.loaded} tensors loaded, random: {left}"


def _file(path: Path) -> tuple[dict[str, torch.Tensor], str]:
    try:
        with safe_open(path, "pt") as file:
            state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
            return state, (file.metadata() or {}).get("lineage", "not stated in the file")
    except (OSError, SafetensorError) as error:
        raise DataRejected(f"{path} is not a readable safetensors file.") from error


def _torchvision(name: str) -> tuple[dict[str, torch.Tensor], str]:
    from torchvision import models

    try:
        weights = models.get_model_weights(name).DEFAULT
    except ValueError as error:
        raise DataRejected(f"torchvision has no weights for {name}.") from error
    try:
        return weights.get_state_dict(check_hash=True), f"torchvision {weights}"
    except (OSError, RuntimeError) as error:  # RuntimeError: the file's hash is another
        raise DataRejected(
            f"torchvision's weights for {name} cannot be downloaded here; "
            "give a file with --init-from FILE, or --init random."
        ) from error
