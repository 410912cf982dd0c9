"""Weights drawn afresh, stage by stage, from a network's head down to the picture.

The cascading randomisation of Adebayo et al. 2018, arXiv:1810.03292.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator, Sequence

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from core.networks.lesion_network import LesionNetwork

_LISTS = ("features", "classifier", "_blocks")  # where networks keep their layers
# A dense block of 32 layers is a fifth of a DenseNet169: as one stage it would hide where a map
# goes, and its 82 layers as 82 stages would say no more than these runs.
_RUN = 8
_BATCH = 20  # pictures in one pass that takes the statistics of fresh layers


def stages(backbone: nn.Module) -> list[list[str]]:
    """Names of the layers that are drawn afresh together, from the head downwards.

    What holds no matrix, as a normalisation, goes with the layer that it follows; layers of a dense
    block go in runs.
    """
    found: list[list[str]] = []
    for names in _pieces(backbone):
        weights = [w for name in names for w in backbone.get_submodule(name).parameters()]
        if not weights:
            continue
        if found and all(weight.ndim < 2 for weight in weights):
            found[-1] += names
        else:
            found.append(names)
    return found[::-1]


def _pieces(backbone: nn.Module) -> Iterator[list[str]]:
    """Layers from the picture up; what a network packs into one list, taken apart."""
    for name, child in backbone.named_children():
        if name in _LISTS and isinstance(child, nn.Sequential | nn.ModuleList):
            for inner in _runs(child):
                yield [f"{name}.{one}" for one in inner]
        else:
            yield [name]


def _runs(layers: nn.Module) -> Iterator[list[str]]:
    """The names in a list of layers, each alone; those in a dense block, as even runs."""
    for name, child in layers.named_children():
        if not isinstance(child, nn.ModuleDict):
            yield [name]
            continue
        inside = [f"{name}.{inner}" for inner, _ in child.named_children()]
        count = -(-len(inside) // _RUN)
        cuts = [len(inside) * i // count for i in range(count + 1)]
        yield from (inside[start:end] for start, end in itertools.pairwise(cuts))


def told(stage: Sequence[str]) -> str:
    """A stage in words: what follows one another from the first to the last.

    >>> told(["block.layer1", "block.layer2", "block.layer3", "norm"])
    'block.layer1 to layer3 and norm'
    """
    said = []
    for block, run in itertools.groupby(stage, key=lambda name: name.rpartition(".")[0]):
        inside = list(run)
        if block and len(inside) > 2:
            said.append(f"{inside[0]} to {inside[-1].removeprefix(f'{block}.')}")
        else:
            said += inside
    return " and ".join(said)


def randomised(network: LesionNetwork, views: torch.Tensor, seed: int) -> Iterator[LesionNetwork]:
    """A copy of the network, after each stage of ``stages`` was drawn afresh in addition.

    It is one object that changes. Batch statistics of the fresh layers are taken on ``views``, as
    training would: with those of the trained weights their features would grow without bound.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        new = type(network)(network.architecture)
    now = copy.deepcopy(network)
    fresh: list[nn.Module] = []
    for stage in stages(network.backbone):
        for name in stage:
            layer = now.backbone.get_submodule(name)
            layer.load_state_dict(new.backbone.get_submodule(name).state_dict())
            fresh.append(layer)
        _settle(now, fresh, views)
        yield now


def _settle(network: LesionNetwork, fresh: Sequence[nn.Module], views: torch.Tensor) -> None:
    """Take the batch statistics of fresh layers."""
    norms = [n for layer in fresh for n in layer.modules() if isinstance(n, _BatchNorm)]
    if not norms:
        return
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the mean over all batches, each as much as the other
        norm.train()
    with torch.no_grad():
        for batch in views.split(_BATCH):
            network(batch)
    for norm in norms:
        norm.eval()
