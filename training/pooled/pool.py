"""All collections as one set: groups that must stay together, held-out folds, whom they show.

Pictures stay together that share a lesion, a patient, their bytes or, nearly, their look, and those
that ``training.same_lesion`` matched by local features. Near duplicates are told by a perceptual
hash (the signs of the 64 lowest DCT coefficients of a grey 32 x 32 thumbnail; Zauner 2010) and
confirmed by the thumbnails' correlation, as hashes alone take one dark lesion on light skin for
another.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from core.fairness.groups import NOT_RECORDED
from core.preprocessing import SIDE
from core.results.collections import FITZPATRICK, HAM_OTHER, PAD_UFES, REPORT
from training.data.demographics import recorded
from training.data.folders import read_folder
from training.data.labelled_set import DataRejected, LabelledSet
from training.data.lots import number_lots
from training.data.pixels import in_memory
from training.data.same_lesion import Pairs

TRAINED_ON = (REPORT, HAM_OTHER, PAD_UFES, FITZPATRICK)
NEAR_BITS = 8  # of 64
NEAR_CORRELATION = 0.97
# A group of fewer pictures is counted with the rest of its collection and class.
LEAST_IN_GROUP = 10
_THUMBNAIL, _LOWEST = 32, 8


@dataclass(frozen=True)
class Pool:
    """Pixels uint8 (N, 3, side, side) of all collections, and a row a picture.

    Its columns: collection, file, label, person, fitzpatrick, together (which pictures may not be
    parted) and group (whom sampling and the worst-group objective count: collection, Fitzpatrick
    pair and class).
    """

    pixels: torch.Tensor
    table: pd.DataFrame
    sets: dict[str, LabelledSet]


def pixels_at(sets: dict[str, LabelledSet], side: int) -> torch.Tensor:
    """All pictures as a network of that side takes them, uint8 (N, 3, side, side)."""
    return torch.cat([in_memory(data, side=side) for data in sets.values()])


def read_pool(root: Path, pairs: Pairs, side: int = SIDE) -> Pool:
    """The training collections under ``root``; of the report's set its train folder alone."""
    sets, tables = {}, []
    for name in TRAINED_ON:
        if not (root / name).is_dir():
            raise DataRejected(f"{root} has no folder {name}; all of {', '.join(TRAINED_ON)}.")
        data = read_folder(root / name)
        if data.has_official_split:
            data = data.only(data.table["split"] == "train")
        sets[name] = data
        tables.append(recorded(data).assign(collection=name, content=data.table["content"]))
    table = pd.concat(tables, ignore_index=True)
    whole = pixels_at(sets, side)
    labels = [table["collection"] + table["person"].astype(str), table["content"]]
    matched = np.concatenate([near_duplicates(whole), rows_of(pairs, table)])
    table["together"] = number_lots(labels, matched)
    table["group"] = counted_groups(table)
    return Pool(whole, table.drop(columns="content"), sets)


def near_duplicates(pixels: torch.Tensor) -> NDArray[np.int64]:
    """Pairs (P, 2) of rows of uint8 pixels (N, 3, H, W) that show nearly the same picture."""
    small = torch.cat([
        F.interpolate(part.float().mean(1, keepdim=True), (_THUMBNAIL, _THUMBNAIL), mode="area")
        for part in pixels.split(256)
    ]).flatten(1)  # fmt: skip
    k = torch.arange(_THUMBNAIL)
    cosine = torch.cos(torch.pi / _THUMBNAIL * (k + 0.5) * k[:_LOWEST, None])  # (8, 32)
    dct = cosine @ small.view(-1, _THUMBNAIL, _THUMBNAIL) @ cosine.T
    low = dct.flatten(1)
    low[:, 0] = 0  # mean brightness says nothing about what is shown
    sign = torch.where(low > low.median(dim=1, keepdim=True).values, 1.0, -1.0)
    shape = F.normalize(small - small.mean(dim=1, keepdim=True), dim=1)
    bits = sign.shape[1]
    pairs = []
    for start in range(0, len(sign), 512):
        rows = slice(start, start + 512)
        apart = (bits - sign[rows] @ sign.T) / 2
        near = (apart <= NEAR_BITS) & (shape[rows] @ shape.T >= NEAR_CORRELATION)
        found = near.nonzero() + torch.tensor([start, 0])
        pairs.append(found[found[:, 0] < found[:, 1]])
    return torch.cat(pairs).numpy()


def rows_of(pairs: Pairs, table: pd.DataFrame) -> NDArray[np.int64]:
    """Rows (P, 2) of a table with collection and file of those pairs that are both in it."""
    number = {key: i for i, key in enumerate(zip(table["collection"], table["file"], strict=True))}
    found = [(number[a], number[b]) for a, b in pairs.keys() if a in number and b in number]  # noqa: SIM118
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def counted_groups(table: pd.DataFrame) -> pd.Series:
    """Collection, Fitzpatrick pair and class of each picture; the rare ones without their pair."""
    label = table["label"].map({0: "benign", 1: "malignant"})
    whole = table["collection"] + " / " + table["fitzpatrick"] + " / " + label
    rest = table["collection"] + " / " + NOT_RECORDED + " / " + label
    return whole.where(whole.groupby(whole).transform("size") >= LEAST_IN_GROUP, rest)


def folds(table: pd.DataFrame, count: int, seed: int) -> NDArray[np.int64]:
    """Which fold (N,) holds each picture out: ``together`` on one side, groups spread evenly.

    Each lot of pictures goes to the fold that has fewest of their groups so far, large lots first.
    """
    random = np.random.default_rng(seed)
    codes = pd.factorize(table["group"])[0]
    kinds = int(codes.max()) + 1
    lots = [np.asarray(rows) for rows in table.groupby("together").indices.values()]
    order = sorted(random.permutation(len(lots)), key=lambda i: -len(lots[i]))
    held = np.zeros((count, kinds))
    fold = np.empty(len(table), dtype=np.int64)
    share = np.bincount(codes, minlength=kinds)
    for i in order:
        mine = np.bincount(codes[lots[i]], minlength=kinds)
        fullness = (held * (mine / share)).sum(axis=1) + 1e-6 * held.sum(axis=1)
        target = int(np.argmin(fullness))
        held[target] += mine
        fold[lots[i]] = target
    return fold


def weights(table: pd.DataFrame) -> torch.Tensor:
    """How likely each picture is drawn, (N,), summing to 1.

    Both classes alike in every collection, so that none tells the label, and in each class its
    Fitzpatrick pairs alike; the collections by the square root of their pictures: drawn alike, one
    of 600 would be learned by heart before one of 4,000 is seen.
    """
    cell = table["collection"] + "/" + table["label"].astype(str)
    size = table["group"].groupby(table["group"]).transform("size")
    kinds = table["group"].groupby(cell).transform("nunique")
    root = table["collection"].groupby(table["collection"]).transform("size") ** 0.5
    weight = root / (size * kinds)
    return torch.tensor((weight / weight.sum()).to_numpy(np.float64))
