"""Throw away what a network has learned, layer by layer: do its saliency maps notice?

    python -m training.map_check --model resnet18 --data DATA/malignant_vs_benign

The weight-randomisation check of Adebayo et al. 2018, arXiv:1810.03292, cascading: weights are
drawn afresh from the head downwards, as an untrained network has them, and the map of the answer
that the trained network gave is compared with the trained network's map. FOLDER must hold the
pictures that the model was validated on. Writes map_check.json beside the weights.
"""

from __future__ import annotations

import argparse
import copy
import dataclasses
import datetime
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy.stats import rankdata
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from tqdm import tqdm

from core import checkpoints, classifier
from core.arrays import Floats
from core.files import write_text
from core.images import ImageRejected
from core.networks.lesion_network import LesionNetwork
from core.results import map_check
from core.results.map_check import MapCheck, MapCheckStage
from core.results.test_sets import VALIDATION
from core.saliency import grad_cam
from core.statistics import intervals
from core.statistics.estimates import Rate
from training import command
from training.data.file_lock import writing
from training.data.folders import read_folder
from training.data.hdf5 import read_picture
from training.data.labelled_set import DataRejected
from training.scoring.predictions import read_predictions

PICTURES = 60
DRAWS = 3  # one draw of random weights may be lucky
SEED = 0
_LISTS = ("features", "classifier", "_blocks")  # where networks keep their layers
_BATCH = 20  # pictures in one pass that takes the statistics of fresh layers


@dataclass(frozen=True)
class MapCheckOptions:
    """What the command was given."""

    model: str
    data: Path
    pictures: int
    draws: int


def parser() -> argparse.ArgumentParser:
    p = command.new_parser("training.map_check", __doc__)
    p.add_argument("--model", required=True)
    p.add_argument("--data", required=True, type=Path, metavar="FOLDER")
    p.add_argument("--pictures", type=command.several, default=PICTURES, help="how many at most")
    p.add_argument("--draws", type=command.positive, default=DRAWS, help="of weights")
    return p


def main(arguments: list[str] | None = None) -> int:
    return command.run(parser(), MapCheckOptions, check_and_tell, arguments)


def check_and_tell(options: MapCheckOptions, recorded: str) -> None:
    with writing(checkpoints.FOLDER / checkpoints.card(options.model).name):
        found = run(options, recorded)
    for stage in found.stages:
        print(f"down to {stage.layer}: {_told(stage.likeness)}")
    print(f"trained maps of two pictures: {_told(found.other_pictures)}")


def _told(rate: Rate | None) -> str:
    if rate is None:
        return "all maps are empty"
    return f"{rate.value:.3f} ({rate.low:.3f} to {rate.high:.3f})"


def run(options: MapCheckOptions, recorded: str) -> MapCheck:
    """The check of one model; the file is written last."""
    model = classifier.load(options.model)
    folder = checkpoints.FOLDER / options.model
    table = _validation(folder, options.data, options.pictures)
    views = torch.stack([model.network_input(_picture(path)) for path in table["path"]])
    groups = table["group"].to_numpy()
    network = checkpoints.load_network(options.model)  # with the norms that are drawn afresh
    found = check(network, views, groups, options.draws, model.margin_threshold)
    whole = dataclasses.replace(
        found,
        command=recorded, date=datetime.date.today().isoformat(), data=options.data.resolve().name,
        weights_sha256=model.card.weights.sha256,
    )  # fmt: skip
    text = json.dumps(dataclasses.asdict(whole), indent=2, allow_nan=False) + "\n"
    write_text(folder / map_check.FILE, text)
    return whole


def _validation(folder: Path, data: Path, pictures: int) -> pd.DataFrame:
    """Up to ``pictures`` rows of the validation part: file, path, group."""
    held = read_predictions(folder, VALIDATION)["file"]
    table = read_folder(data).table
    table = table[table["file"].isin(held)].sort_values("file")
    if len(table) != len(held):
        raise DataRejected(f"{data} lacks validation pictures of this model.")
    return table.sample(min(pictures, len(table)), random_state=SEED)


def _picture(path: Path) -> Image.Image:
    try:
        return read_picture(path)
    except ImageRejected as error:
        raise DataRejected(f"{path}: {error}") from error


def check(
    network: LesionNetwork,
    views: torch.Tensor,
    groups: NDArray[np.generic],
    draws: int = DRAWS,
    margin_threshold: float = 0.0,
) -> MapCheck:
    """The figures for views (N, 3, H, W) in [0, 1]; ``network`` itself stays as it is.

    Intervals are bootstrapped by group (N,); a picture's correlation is its mean over the draws.
    """
    trained = [
        grad_cam.grad_cam_plus_plus(network, view[None], None, margin_threshold)[0]
        for view in views
    ]
    targets = [one.target for one in trained]
    maps = [ranked(one.saliency_map) for one in trained]
    names = [" and ".join(stage) for stage in stages(network.backbone)]
    likeness = np.full((draws, len(names), len(views)), np.nan)
    with tqdm(total=draws * len(names), desc="weights drawn afresh", leave=False) as bar:
        for draw in range(draws):
            for s, fresh in enumerate(randomised(network, views, SEED + draw)):
                for i, view in enumerate(views):
                    (now,) = grad_cam.grad_cam_plus_plus(fresh, view[None], targets[i])
                    likeness[draw, s, i] = correlation(maps[i], ranked(now.saliency_map))
                bar.update()
    others = np.array([correlation(maps[i - 1], maps[i]) for i in range(len(maps))])
    return MapCheck(
        schema=map_check.SCHEMA, command="", date="", data="", weights_sha256="",
        pictures=len(views), draws=draws, seed=SEED,
        stages=tuple(
            MapCheckStage(name, mean_by_group(likeness[:, s], groups),
                  int(np.isfinite(likeness[:, s]).sum()))
            for s, name in enumerate(names)
        ),
        other_pictures=mean_by_group(others[None], groups),
    )  # fmt: skip


def stages(backbone: nn.Module) -> list[list[str]]:
    """Names of the layers that are drawn afresh together, from the head downwards.

    What holds no matrix, as a normalisation, goes with the layer that it follows.
    """
    found: list[list[str]] = []
    for name, layer in _layers(backbone):
        weights = list(layer.parameters())
        if not weights:
            continue
        if found and all(weight.ndim < 2 for weight in weights):
            found[-1].append(name)
        else:
            found.append([name])
    return found[::-1]


def _layers(backbone: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """The layers from the picture up; what a network packs into one list, taken apart."""
    for name, child in backbone.named_children():
        if name in _LISTS and isinstance(child, nn.Sequential | nn.ModuleList):
            yield from ((f"{name}.{inner}", layer) for inner, layer in child.named_children())
        else:
            yield name, child


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


def _settle(network: LesionNetwork, fresh: list[nn.Module], views: torch.Tensor) -> None:
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


def ranked(saliency_map: NDArray[np.float32]) -> Floats:
    """Ranks of a map's places, equal ones sharing theirs, with mean 0 and length 1.

    ``nan`` for a flat or empty map, which ranks nothing.
    """
    ranks = rankdata(saliency_map.ravel())
    ranks -= ranks.mean()
    length = float(np.linalg.norm(ranks))
    return ranks / length if length > 0 else np.full(ranks.shape, np.nan)


def correlation(one: Floats, other: Floats) -> float:
    """Spearman's, of two ``ranked`` maps."""
    return float(one @ other)


def mean_by_group(values: Floats, groups: NDArray[np.generic]) -> Rate | None:
    """The mean of values (draws, N) with its interval; empty maps are left out."""
    there = np.isfinite(values)
    if not there.any():
        return None
    total, count = np.where(there, values, 0.0).sum(axis=0), there.sum(axis=0).astype(np.float64)

    def statistic(weights: Floats) -> Floats:
        with np.errstate(invalid="ignore"):
            result: Floats = (weights @ total) / (weights @ count)
        return result

    return intervals.bootstrap(statistic, groups, SEED)


if __name__ == "__main__":
    raise SystemExit(main())
