"""Pictures that are no skin: those that scikit-learn and scikit-image carry in their packages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from core.images import ImageRejected, read_image

_SUFFIXES = {".png", ".jpg"}
_QUARTERS = ((0.0, 0.0), (0.5, 0.0), (0.0, 0.5), (0.5, 0.5))
_SMALL = 4  # a copy of this fraction of the size
_LEAST = 56


def pictures() -> Iterator[tuple[str, Image.Image]]:
    """Each picture whole, in quarters, and as a small copy, with its name."""
    for path in _files():
        try:
            image = read_image(path)
        except ImageRejected:  # too small for anybody's photo
            continue
        w, h = image.size
        yield f"{path.name}, whole", image
        for x, y in _QUARTERS:
            box = (int(x * w), int(y * h), int(x * w) + w // 2, int(y * h) + h // 2)
            yield f"{path.name}, quarter", image.crop(box)
        small = (max(_LEAST, w // _SMALL), max(_LEAST, h // _SMALL))
        yield f"{path.name}, small", image.resize(small)


def _files() -> list[Path]:
    import skimage
    import sklearn.datasets

    folders = (
        Path(skimage.__file__).parent / "data",
        Path(sklearn.datasets.__file__).parent / "images",
    )
    return [f for folder in folders for f in sorted(folder.iterdir()) if f.suffix in _SUFFIXES]
