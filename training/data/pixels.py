"""Decoded pictures: all of a small set in memory, or a large one in a file beside it.

The file is written once, in order, and goes on where it was if it was stopped. Training reads from
it the pictures of a batch and no others, so memory does not grow with the set.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from tqdm import tqdm

from core.files import write_text
from core.images import ImageRejected
from core.preprocessing import SIDE, Geometry, to_bytes
from core.runtime.cores import cores
from training.data.file_lock import claim
from training.data.hdf5 import Source, read_picture
from training.data.label_rule import refuse
from training.data.labelled_set import DataRejected, LabelledSet

# Pictures decoded between two notes of how far the file is: 50 MB of 256 pixels.
CHUNK = 256


class Pixels(Protocol):
    """uint8 pictures (N, 3, side, side), of which any may be fetched together."""

    def __len__(self) -> int: ...

    def __getitem__(self, which: Sequence[int], /) -> torch.Tensor: ...


Batch = tuple[torch.Tensor, torch.Tensor]  # uint8 (B, 3, side, side), int64 (B,)
Part = tuple[Pixels, torch.Tensor]  # the same for a whole part of a set


class PixelFile:
    """Pictures in a file of uint8 (N, 3, side, side).

    It is read and not mapped: what a process has read of a mapped file counts as its memory.
    """

    def __init__(self, path: Path, n: int, side: int) -> None:
        self.path, self.n, self.shape = path, n, (3, side, side)
        self._size = 3 * side * side

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, which: Sequence[int], /) -> torch.Tensor:
        """uint8 (B, 3, side, side); ``IndexError`` beyond the last picture."""
        batch = np.empty((len(which), *self.shape), dtype=np.uint8)
        with self.path.open("rb", buffering=0) as file:
            for row, index in zip(batch, which, strict=True):
                if not 0 <= index < self.n:
                    raise IndexError(f"picture {index} of {self.n}")
                file.seek(index * self._size)
                if file.readinto(row.data) != self._size:
                    raise DataRejected(f"{self.path} is cut short: delete it and try again.")
        return torch.from_numpy(batch)


def slices(pixels: Pixels, size: int) -> Iterator[torch.Tensor]:
    """The pictures in order, ``size`` at a time."""
    for start in range(0, len(pixels), size):
        yield pixels[list(range(start, min(start + size, len(pixels))))]


def load(data: LabelledSet, side: int, cache: Path | None) -> Pixels:
    """Every picture decoded: in memory, or in a file under ``cache``. Raises ``DataRejected``."""
    if cache is None:
        return in_memory(data, side=side)
    return in_file(data, cache, side=side)


def in_memory(data: LabelledSet, geometry: Geometry = "squeeze", side: int = SIDE) -> torch.Tensor:
    """uint8 (N, 3, side, side). 3,297 of 224 pixels are 0.5 GB."""
    return torch.stack(list(_decoded(data, geometry, side, 0)))


def in_file(
    data: LabelledSet, folder: Path, geometry: Geometry = "squeeze", side: int = SIDE
) -> PixelFile:
    """The pictures in a file under ``folder``, named by what is in it; made if it isn't whole.

    It may be stopped: the next call goes on after the last chunk that was written whole.
    """
    n = len(data.table)
    of = f"{geometry} {side}\n" + "\n".join(data.table["content"])
    name = f"{data.name}-{side}-{hashlib.sha256(of.encode()).hexdigest()[:16]}"
    path, note = folder / f"{name}.uint8", folder / f"{name}.json"
    folder.mkdir(parents=True, exist_ok=True)
    with claim(folder / f"{name}.lock"):  # of several processes one decodes, the others wait
        _write(data, path, note, geometry, side)
    return PixelFile(path, n, side)


def _write(data: LabelledSet, path: Path, note: Path, geometry: Geometry, side: int) -> None:
    n, size = len(data.table), 3 * side * side
    done = json.loads(note.read_text(encoding="utf-8"))["pictures"] if note.is_file() else 0
    if not path.is_file() or path.stat().st_size < done * size:
        done = 0
    if done < n:
        path.touch()
        with path.open("r+b") as file:
            file.truncate(done * size)
            file.seek(done * size)
            pictures = _decoded(data, geometry, side, done)
            while chunk := list(islice(pictures, CHUNK)):
                file.write(torch.stack(chunk).numpy().data)
                file.flush()
                os.fsync(file.fileno())
                done += len(chunk)
                write_text(note, json.dumps({"pictures": done, "of": n}) + "\n")


def _decoded(
    data: LabelledSet, geometry: Geometry, side: int, first: int
) -> Iterator[torch.Tensor]:
    """Pictures in order from number ``first``, decoded by all processors, a chunk ahead at most."""

    def decode(path: Source) -> torch.Tensor | str:
        try:
            return to_bytes(read_picture(path), geometry, side)
        except ImageRejected as error:
            return f"{path}: {error}"

    bad: list[str] = []
    paths = list(data.table["path"])
    with (
        ThreadPoolExecutor(cores()) as pool,
        tqdm(
            total=len(paths), initial=first, desc=f"reading {data.name}", unit=" pictures",
            leave=False,
        ) as bar,
    ):  # fmt: skip
        for start in range(first, len(paths), CHUNK):
            for pixels in pool.map(decode, paths[start : start + CHUNK]):
                if isinstance(pixels, str):
                    bad.append(pixels)
                elif not bad:  # what follows one that can't be read has no place
                    yield pixels
                bar.update()
    if len(bad) == 1:
        raise DataRejected(bad[0])
    refuse(data.name, "pictures that cannot be read", [one.rstrip(".") for one in bad])
