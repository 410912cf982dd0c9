"""Weights drawn afresh, stage by stage, from a network's head down to the picture.

The cascading randomisation of Adebayo et al. 2018, arXiv:1810.03292.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from core.networks.lesion_network import LesionNetwork

# Where networks keep their layers; a network with two ways, what is below and on each.
_LISTS = ("features", "classifier", "_blocks", "shared", "photo", "dermoscopic")
# A dense block of 32 layers is a fifth of a DenseNet169: as one stage it would hide where a map
# goes, and its 82 layers as 82 stages would say no more than these runs.
_RUN = 8
_BATCH = 20  # pictures in one pass that takes the statistics of fresh layers


def stages(backbone: nn.Module, ways: Sequence[str] = ()) -> list[list[str]]:
    """Names of the layers that are drawn afresh together, from the head downwards.

    What holds no matrix, as a normalisation, goes with the layer that it follows; layers of a dense
    block go in runs. ``ways`` stand side by side (``Architecture.ways``): what is as high on one as
    on another goes together, and what they share comes after all of both.
    """
    found: list[list[str]] = []
    for names in _pieces(backbone, ways):
        weights = [w for name in names for w in backbone.get_submodule(name).parameters()]
        if not weights:
            continue
        if found and all(weight.ndim < 2 for weight in weights):
            found[-1] += names
        else:
            found.append(names)
    return found[::-1]


def _pieces(backbone: nn.Module, ways: Sequence[str]) -> Iterator[list[str]]:
    """Layers from the picture up; what a network packs into one list, taken apart."""
    for name, child in backbone.named_children():
        if name in ways[1:]:
            continue
        beside = ways if name in ways else (name,)
        if name in _LISTS and isinstance(child, nn.Sequential | nn.ModuleList):
            for inner in _runs(child):
                yield [f"{way}.{one}" for way in beside for one in inner]
        else:
            yield list(beside)


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


def told(stage: Sequence[str], ways: Sequence[str] = ()) -> str:
    """A stage in words: what follows one another from the first to the last, ways by their names.

    >>> told(["photo.norm", "dermoscopic.norm"], ["photo", "dermoscopic"])
    'photo and dermoscopic: norm'
    """
    beside = [way for way in ways if any(name.startswith(f"{way}.") for name in stage)]
    first = f"{beside[0]}." if beside else ""
    names = [name.removeprefix(first) for name in stage if name.startswith(first)]
    said = []
    for block, run in itertools.groupby(names, key=lambda name: name.rpartition(".")[0]):
        inside = list(run)
        if block and len(inside) > 2:
            said.append(f"{inside[0]} to {inside[-1].removeprefix(f'{block}.')}")
        else:
            said += inside
    where = f"{' and '.join(beside)}: " if beside else ""
    return where + " and ".join(said)


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
    for stage in stages(network.backbone, network.architecture.ways):
        for name in stage:
            layer = now.backbone.get_submodule(name)
            layer.load_state_dict(new.backbone.get_submodule(name).state_dict())
            fresh.append(layer)
        _settle(now, fresh, views)
        yield now


def _settle(network: LesionNetwork, fresh: Sequence[nn.Module], views: torch.Tensor) -> None:
    """Take the batch statistics of fresh layers.

    A way that no picture took has nobody's: then all of them are sent along it, as they may take
    it when its layers judge by these statistics.
    """
    batches, ways = views.split(_BATCH), network.architecture.ways
    norms = _norms(fresh)
    with torch.no_grad():
        if norms:
            with _taking(norms):
                for batch in batches:
                    network(batch)
        for way in map(network.backbone.get_submodule, ways):
            own = [norm for norm in _norms([way]) if norm in norms]
            if own and not any(norm.num_batches_tracked for norm in own):
                with _taking(own):
                    for batch in batches:
                        early = network.architecture.early
                        way(early(network.backbone, network.normalise(batch)))


@contextmanager
def _taking(norms: Sequence[_BatchNorm]) -> Iterator[None]:
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the mean over all batches, each as much as the other
        norm.train()
    yield
    for norm in norms:
        norm.eval()


def _norms(layers: Sequence[nn.Module]) -> list[_BatchNorm]:
    return [norm for layer in layers for norm in layer.modules() if isinstance(norm, _BatchNorm)]
