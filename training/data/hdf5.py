"""Pictures that come as one HDF5 file, as ISIC 2024's 400,000 do: a name, and a JPEG's bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from PIL import Image

from core.images import ImageRejected, open_image, read_image
from training.data.labelled_set import DataRejected

SUFFIXES = (".hdf5", ".h5")


@dataclass(frozen=True, slots=True)
class Hdf5Picture:
    """One picture of a file, in what a path is asked for here."""

    container: Path
    key: str

    @property
    def parts(self) -> tuple[str, ...]:
        return (*self.container.parts, self.key)

    @property
    def parent(self) -> Path:
        return self.container

    def __str__(self) -> str:
        return f"{self.container}/{self.key}"

    def read_bytes(self) -> bytes:
        """The encoded picture. Raises ``OSError``."""
        try:
            value = _opened(self.container)[self.key][()]
        except (KeyError, ValueError) as error:
            raise OSError(f"{self} is not there") from error
        return bytes(value) if isinstance(value, bytes) else bytes(value.tobytes())


Source = Path | Hdf5Picture


def read_picture(source: Source) -> Image.Image:
    """The picture, upright and RGB; raises ``core.images.ImageRejected``."""
    if isinstance(source, Path):
        return read_image(source)
    try:
        return open_image(source.read_bytes())
    except OSError as error:
        raise ImageRejected(f"This file cannot be read ({error}).") from error


def pictures_in(folder: Path) -> Iterator[tuple[str, Hdf5Picture]]:
    """Names and pictures of all HDF5 files in ``folder``. Raises ``DataRejected``."""
    for path in sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES):
        for key in _opened(path):
            yield str(key), Hdf5Picture(path, str(key))


@lru_cache(maxsize=4)
def _opened(path: Path) -> Any:
    """An open file; its library lets one thread at a time in."""
    try:
        import h5py
    except ImportError as error:
        raise DataRejected(
            f"{path} is an HDF5 file: pip install -r training/requirements.txt brings its reader."
        ) from error
    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise DataRejected(f"{path} is no HDF5 file that can be read: {error}.") from error
