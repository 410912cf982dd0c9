"""Files that the attacks send."""

from __future__ import annotations

import io
import zipfile

import numpy as np
from PIL import Image

from core.pictures.drawn_lesion import draw_lesion


def _photo() -> bytes:
    data = io.BytesIO()
    draw_lesion(1632, 1224).save(data, "JPEG", quality=90)
    return data.getvalue()


PHOTO = _photo()


def marked(mark: str) -> bytes:
    """A photo whose metadata says ``mark``: in what a camera writes, and in a comment."""
    said = Image.Exif()
    said[0x010E] = said[0x010F] = mark  # description, maker
    data = io.BytesIO()
    picture = draw_lesion(1632, 1224, seed=len(mark))
    picture.save(data, "JPEG", quality=90, comment=mark.encode(), exif=said)
    return data.getvalue()


def collection(megabytes: int, seed: int) -> bytes:
    """An honest zip of photos, of about so many megabytes."""
    noise = np.random.default_rng(seed)
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as packed:
        number = 0
        while data.tell() < megabytes * 2**20:
            picture = draw_lesion(1632, 1224, seed=number)
            grain = noise.integers(-24, 25, (1224, 1632, 3), np.int16)
            grainy = np.clip(np.asarray(picture, np.int16) + grain, 0, 255).astype(np.uint8)
            photo = io.BytesIO()
            Image.fromarray(grainy).save(photo, "JPEG", quality=95)
            for _ in range(4):  # the same photo some times over: drawing takes its time
                packed.writestr(f"{number:03}.jpg", photo.getvalue())
                number += 1
    return data.getvalue()
