"""All collections, the older ones among them: what is learned of each and what is kept apart.

A network that is taught learns pictures of the older collections by their labels, and of the known
ones by what its teacher says of them too. Kept apart, for figures: the known collections' pictures
that their folds held out, and a quarter of the older ones. ``training.broaden`` keeps apart by
folds of its own whatever is strange to the network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from core.results.collections import FITZPATRICK, HAM_OTHER, OLDER, PAD_UFES, REPORT
from training.data.demographics import recorded
from training.data.folders import read_folder
from training.data.labelled_set import DataRejected, LabelledSet
from training.data.lots import number_lots
from training.data.pixels import PixelFile, in_file
from training.data.same_lesion import Pairs
from training.pooled.pool import folds, rows_of

KNOWN = (REPORT, HAM_OTHER, PAD_UFES, FITZPATRICK)
NEW = OLDER
STICKERS = "SONIC"  # all benign, many with a coloured sticker beside the mole: a clue
HELD_OUT = 4  # of the new collections, one part of so many
BROADENED = "then broadened"  # in the preset on the card of what came of it
LEARNED, TAUGHT, HELD, UNUSED = "learned", "taught", "held", "unused"


@dataclass(frozen=True)
class BroadPool:
    """The pictures of all collections, and what each of them is used for.

    ``table`` has a row a picture: collection, file, label, person, what is recorded of the person,
    ``place`` (its row in its pixel file), ``older``, ``together`` and ``use``: ``LEARNED`` by its
    label, ``TAUGHT`` by the network as it was, ``HELD`` or ``UNUSED``. ``sets`` and ``files`` have
    each collection's pictures by its name.
    """

    table: pd.DataFrame
    sets: dict[str, LabelledSet]
    files: dict[str, PixelFile]

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, rows: Sequence[int], /) -> torch.Tensor:
        """uint8 (B, 3, side, side) of some rows, in their order."""
        which = np.asarray(rows)
        place = self.table["place"].to_numpy()[which]
        owner = self.table["collection"].to_numpy()[which]
        first = next(iter(self.files.values()))
        batch = torch.empty((len(which), *first.shape), dtype=torch.uint8)
        for name, file in self.files.items():
            mine = np.flatnonzero(owner == name)
            if len(mine):
                batch[torch.from_numpy(mine)] = file[place[mine].tolist()]
        return batch

    def digests(self) -> dict[str, str]:
        """Each collection's SHA-256 over names, labels and contents."""
        return {name: data.sha256() for name, data in self.sets.items()}


def read_pool(
    root: Path, held_before: pd.DataFrame, side: int, cache: Path, pairs: Pairs, seed: int,
) -> BroadPool:  # fmt: skip
    """The collections under ``root``; of the report's set its train folder alone.

    ``held_before`` has the collection and file of what the network's folds held out. Raises
    ``DataRejected`` where a collection is missing or nothing is left to learn from.
    """
    sets, files, tables = {}, {}, []
    for name in (*KNOWN, *NEW):
        if not (root / name).is_dir():
            raise DataRejected(f"{root} has no folder {name}; all of {', '.join(KNOWN + NEW)}.")
        data = read_folder(root / name)
        if data.has_official_split:
            data = data.only(data.table["split"] == "train")
        sets[name], files[name] = data, in_file(data, cache, side=side)
        raw = data.table
        row = recorded(data).assign(
            collection=name, content=raw["content"], place=np.arange(len(raw))
        )
        # half of the report's malignant pictures are of the older collections: those without a
        # lesion of HAM10000
        ham = raw["lesion_id"].notna() if "lesion_id" in raw else False
        older = (
            (raw["label"] == 1) & ~np.broadcast_to(ham, len(raw)) if name == REPORT else name in NEW
        )
        row["older"] = older
        row["copy_of"] = raw.get("in_mvb_train")
        left_out = raw["collection"] == STICKERS if "collection" in raw else False
        if name != REPORT:
            left_out |= raw["file"].isin(pairs.shown_in_tests(name))
        tables.append(row[~np.broadcast_to(left_out, len(row))])
    table = pd.concat(tables, ignore_index=True)
    table["together"] = together(table, pairs)
    table["use"] = uses(table, held_before, seed)
    for use in (LEARNED, TAUGHT):
        if not (table["use"] == use).any():
            raise DataRejected(f"No picture is left to be {use}: all are held out.")
    return BroadPool(table.drop(columns=["content", "copy_of"]), sets, files)


def uses(table: pd.DataFrame, held_before: pd.DataFrame, seed: int) -> pd.Series:
    """``use`` of each row: nothing is learned of a lesion or person of whom a picture is held.

    Held of the older collections is a quarter, and of it what the network was trained on only where
    its folds held it out; of the others whatever its folds held out.
    """
    keys = pd.MultiIndex.from_frame(table[["collection", "file"]])
    before = keys.isin(pd.MultiIndex.from_frame(held_before[["collection", "file"]]))
    older, lot = table["older"].to_numpy(dtype=bool), table["together"]
    known = table["collection"].isin(KNOWN)
    seen = lot.isin(lot[known]).to_numpy() & ~before
    quarter = np.zeros(len(table), dtype=bool)
    quarter[older] = parted(table[older], HELD_OUT, seed) == 0
    held = np.where(older, quarter, before)
    apart = lot.isin(lot[held]).to_numpy()
    use = np.where(older, LEARNED, TAUGHT)
    return pd.Series(
        np.select([held & ~seen, apart], [HELD, UNUSED], use), index=table.index, dtype=str
    )


def strange(table: pd.DataFrame) -> pd.Series[bool]:
    """Which pictures of ``NEW`` show no lesion or person of a known picture, (N,)."""
    lot = table["together"]
    known = lot.isin(lot[table["collection"].isin(KNOWN)])
    return table["collection"].isin(NEW) & ~known


def together(table: pd.DataFrame, pairs: Pairs) -> NDArray[np.int64]:
    """A number (N,) for each picture, alike for those that show one person or lesion.

    A person, the same content, a copy in the report's set or a pair of matched pictures joins two,
    however far a chain of them goes.
    """
    report = np.flatnonzero(table["collection"] == REPORT)
    number = dict(zip(table["file"].iloc[report], report, strict=True))
    copies = [
        (number[copy], i) for i, copy in enumerate(table["copy_of"])
        if isinstance(copy, str) and copy in number
    ]  # fmt: skip
    labels = [table["collection"] + "/" + table["person"].astype(str), table["content"]]
    matched = np.concatenate([
        rows_of(pairs, table), np.array(copies, dtype=np.int64).reshape(-1, 2),
    ])  # fmt: skip
    return number_lots(labels, matched)


def parted(table: pd.DataFrame, count: int, seed: int) -> NDArray[np.int64]:
    """Which of ``count`` parts, (N,) from 0, each picture is in.

    Collections and classes are spread evenly; pictures that are ``together`` are in one part.
    """
    return folds(table.assign(group=table["collection"] + table["label"].astype(str)), count, seed)
