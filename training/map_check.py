"""Throw away what a network has learned, layer by layer: do its saliency maps notice?

    python -m training.map_check --model resnet18 --data DATA/malignant_vs_benign
    python -m training.map_check --model general --data FOLDER_WITH_THE_COLLECTIONS

The weight-randomisation check of Adebayo et al. 2018, arXiv:1810.03292, cascading: weights are
drawn afresh from the head downwards, as an untrained network has them, and the map of the answer
that the trained network gave is compared with the trained network's map. FOLDER must hold the
pictures that the model was validated on. Of a model of several collections these are as many of
each: what it held out of those that it was trained on, and the collections that are foreign to it;
never a picture that it has learned from, as it has from what its folds held out. Where one has
fewer than its share, the others give the rest. Writes map_check.json beside the weights.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy.stats import rankdata
from tqdm import tqdm

from core import checkpoints, classifier
from core.arrays import Floats
from core.files import write_text
from core.images import ImageRejected
from core.labels import CLASSES
from core.networks.lesion_network import LesionNetwork
from core.results import map_check
from core.results.card import Card
from core.results.collections import COLLECTIONS
from core.results.map_check import MapCheck, MapCheckStage
from core.results.test_sets import VALIDATION
from core.saliency import grad_cam
from core.statistics import intervals
from core.statistics.estimates import Rate
from training import command
from training.assessment import held_out
from training.data import learned
from training.data.file_lock import writing
from training.data.folders import read_folder
from training.data.hdf5 import read_picture
from training.data.labelled_set import DataRejected
from training.scoring.fresh_weights import randomised, stages, told
from training.scoring.predictions import read_predictions

PICTURES = 60
DRAWS = 3  # one draw of random weights may be lucky
SEED = 0


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
    of_several = " + " in model.card.training.data
    choose = of_collections if of_several else _of_one_set
    table = choose(model.card, folder, options.data, options.pictures)
    views = torch.stack([model.network_input(_picture(path)) for path in table["path"]])
    targets = [CLASSES.index(model.look(view[None])[0].answer) for view in views]
    network = checkpoints.load_network(options.model)  # with the norms that are drawn afresh
    found = check(network, views, table["group"].to_numpy(), targets, options.draws)
    counts = table.groupby("collection").size() if of_several else pd.Series(dtype=np.int64)
    whole = dataclasses.replace(
        found,
        command=recorded, date=datetime.date.today().isoformat(), data=options.data.resolve().name,
        weights_sha256=model.card.weights.sha256,
        collections={str(name): int(n) for name, n in counts.items()},
    )  # fmt: skip
    text = json.dumps(dataclasses.asdict(whole), indent=2, allow_nan=False) + "\n"
    write_text(folder / map_check.FILE, text)
    return whole


def _of_one_set(card: Card, folder: Path, data: Path, pictures: int) -> pd.DataFrame:
    """Up to ``pictures`` rows of the validation part: file, path, group."""
    del card
    held = read_predictions(folder, VALIDATION)["file"]
    table = read_folder(data).table
    table = table[table["file"].isin(held)].sort_values("file")
    if len(table) != len(held):
        raise DataRejected(f"{data} lacks validation pictures of this model.")
    return table.sample(min(pictures, len(table)), random_state=SEED)


def of_collections(card: Card, folder: Path, data: Path, pictures: int) -> pd.DataFrame:
    """Up to ``pictures`` rows that the model did not learn from: collection, file, path, group.

    By turns one of each collection, so that a batch has of all of them.
    """
    part = learned.parts(folder, card)
    if part is None:
        raise DataRejected(f"{card.name} has no {learned.FILE}: nobody knows what it learned from.")
    held = held_out.unseen(card, read_predictions(folder, VALIDATION))
    mine = dict(list(held.groupby("collection")["file"]))
    tables = []
    for name, about in COLLECTIONS.items():
        if not about.lesions or not (name in mine or (data / name).is_dir()):
            continue
        table = read_folder(data / name, both_classes=False).table
        if name in mine:
            table = table[table["file"].isin(mine[name])]
            if len(table) != len(mine[name]):
                raise DataRejected(f"{data / name} lacks validation pictures of this model.")
        known = table["content"].str[: learned.DIGITS].map(part) == learned.TRAIN
        table = table[~known].sort_values("file").sample(frac=1, random_state=SEED)
        tables.append(table.assign(collection=name, turn=range(len(table))))
    whole = pd.concat(tables)
    whole["group"] = whole["collection"] + "/" + whole["group"].astype(str)
    if whole.empty:
        raise DataRejected(f"{data} has no pictures that {card.name} did not learn from.")
    return whole.sort_values("turn", kind="stable").head(pictures)


def _picture(path: Path) -> Image.Image:
    try:
        return read_picture(path)
    except ImageRejected as error:
        raise DataRejected(f"{path}: {error}") from error


def check(
    network: LesionNetwork,
    views: torch.Tensor,
    groups: NDArray[np.generic],
    targets: Sequence[int],
    draws: int = DRAWS,
) -> MapCheck:
    """The figures for views (N, 3, H, W) in [0, 1]; ``network`` itself stays as it is.

    ``targets`` are the classes that the maps explain. Intervals are bootstrapped by group (N,); a
    picture's correlation is its mean over the draws.
    """
    trained = [
        grad_cam.grad_cam_plus_plus(network, view[None], target)[0]
        for view, target in zip(views, targets, strict=True)
    ]
    maps = [ranked(one.saliency_map) for one in trained]
    names = [told(stage) for stage in stages(network.backbone)]
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
