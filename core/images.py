"""Untrusted bytes to an upright RGB image without metadata.

Every way this can fail is an ``ImageRejected`` whose text is a sentence for the person who
chose the file. Sizes are checked on the header, before a single pixel is decoded.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError
from PIL import JpegImagePlugin as _jpeg  # noqa: F401  (importing a plugin registers it)
from PIL import PngImagePlugin as _png  # noqa: F401
from PIL import WebPImagePlugin as _webp  # noqa: F401

from core.preprocessing import SIDE

MAX_BYTES = 10 * 1024**2
# Above any phone's ordinary picture (12 to 48 megapixels).
MAX_PIXELS = 50_000_000
# Decoding takes 300 MiB at most (`python -m tests.fuzz` measures it). Pillow keeps 4 bytes a pixel,
# and some decoders hold copies of their own: WebP's three, a progressive JPEG's all coefficients.
# Only the plain JPEG can be decoded at a smaller scale instead.
FULL_SCALE_PIXELS, WEBP_PIXELS = 25_000_000, 12_500_000
# More than this is judged at half its width and height, or a quarter: the networks see a thirtieth,
# a screen is sent half, and all that is done to a phone's picture takes as long as it has pixels.
ENOUGH_PIXELS = 1_500_000
# Below a quarter of what the networks see, there is no lesion left to judge.
MIN_SIDE = SIDE // 4
# Only these decoders are ever tried, the last only where a file begins like HEIF. MPO, the
# two-picture file of many phones, opens as JPEG.
FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
EXTENSIONS = ("jpg", "jpeg", "png", "webp", "heic", "heif")

_WHITE = (255, 255, 255)

# Pillow's own guard warns from 89 megapixels on and refuses from 179. Ours is stricter and
# speaks to the visitor, so Pillow's is switched off rather than heard twice.
Image.MAX_IMAGE_PIXELS = None


class ImageRejected(ValueError):
    """The bytes are not a picture we can judge; ``str()`` is a sentence for the visitor."""


def open_image(data: bytes) -> Image.Image:
    """Decode one JPEG, PNG, WebP or HEIC file, whatever its name says.

    Returns an upright ``RGB`` image that carries no metadata: EXIF orientation is applied,
    16 bit is scaled to 8, transparency is laid onto white, and of an animation the first frame
    is taken. More than 1.5 megapixels come at half their width and height, or a quarter: the mean
    of each square. Raises ``ImageRejected``, and no other exception, for everything else.
    """
    if not data:
        raise ImageRejected("This file is empty. Please choose the picture again.")
    _check_bytes(len(data))
    try:
        with _identify(data) as picture:
            _check_size(*picture.size, _most_pixels(picture))
            _decode_smaller(picture)
            picture.load()
            # A damaged HEIC may decode to another size than its head says (found by fuzzing).
            _check_size(*picture.size, _most_pixels(picture))
            orientation = _orientation(picture)
            rgb = _to_rgb(picture)
            _release(picture)
        factor = _shrinking(rgb)
        if factor > 1:  # by 1, Pillow copies; and before it is turned, which needs the memory twice
            rgb = rgb.reduce(factor)
        if orientation in _TURNS:
            rgb = rgb.transpose(_TURNS[orientation])
    except ImageRejected:
        raise
    except Exception as error:  # decoders raise many types on damaged bytes, OSError to IndexError
        raise ImageRejected(
            "This picture is damaged or incomplete and cannot be opened. "
            "Please send it again or take a new one."
        ) from error
    rgb.info.clear()
    return rgb


def read_image(path: str | os.PathLike[str]) -> Image.Image:
    """``open_image`` for a file on disk. Raises ``ImageRejected``, also if it cannot be read."""
    try:
        _check_bytes(Path(path).stat().st_size)  # a file over the limit is refused unread
        with Path(path).open("rb") as file:
            data = file.read(MAX_BYTES + 1)  # a device tells no size and may never end
    except OSError as error:
        raise ImageRejected(f"This file cannot be read ({error.strerror}).") from error
    return open_image(data)


def _check_bytes(size: int) -> None:
    if size > MAX_BYTES:
        raise ImageRejected(
            f"This file has {size / 1024**2:.1f} MB; the limit is {MAX_BYTES // 1024**2} MB. "
            "Please send a smaller copy."
        )


def _identify(data: bytes) -> Image.Image:
    formats: tuple[str, ...] = FORMATS[:-1]
    if data[4:8] == b"ftyp":  # as every HEIC begins; nobody else's visit loads its decoders, 5 MiB
        import pillow_heif

        pillow_heif.register_heif_opener()
        formats = FORMATS
    try:
        return Image.open(io.BytesIO(data), formats=formats)
    except UnidentifiedImageError as error:
        raise ImageRejected(
            "This file is not a picture that can be read here. "
            "Please choose a JPEG, PNG, WebP or HEIC photo."
        ) from error


def _most_pixels(picture: Image.Image) -> int:
    if picture.format == "WEBP":
        most = WEBP_PIXELS
    elif picture.format in ("JPEG", "MPO") and "progressive" not in picture.info:
        most = MAX_PIXELS
    else:
        most = FULL_SCALE_PIXELS
    return min(most, MAX_PIXELS)


def _check_size(width: int, height: int, most: int) -> None:
    if width * height > most:
        raise ImageRejected(
            f"This picture has {width * height / 1e6:.0f} megapixels; the limit for its kind of "
            f"file is {most / 1e6:g}. Please send a smaller copy."
        )
    if min(width, height) < MIN_SIDE:
        raise ImageRejected(
            f"This picture is only {width} x {height} pixels; each side needs at least {MIN_SIDE}. "
            "Please send the original, not a thumbnail."
        )


def _shrinking(picture: Image.Image) -> int:
    """How many times narrower and lower the picture is enough: 1, 2, 4, 8 or more."""
    pixels, least = picture.width * picture.height, min(picture.size)
    factor = 1
    while pixels > ENOUGH_PIXELS * factor**2 and least >= 2 * factor * SIDE:
        factor *= 2
    return factor


def _decode_smaller(picture: Image.Image) -> None:
    """libjpeg decodes to a half, a quarter or an eighth of width and height by itself."""
    factor = _shrinking(picture)
    if factor > 1:
        picture.draft(picture.mode, (picture.width // factor, picture.height // factor))


# EXIF's orientation 2 to 8 to what undoes it.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_90,
}  # fmt: skip


def _orientation(picture: Image.Image) -> int:
    try:
        found = picture.getexif().get(0x0112)
    except Exception:  # unreadable EXIF is no reason to refuse readable pixels
        return 1
    return found if isinstance(found, int) else 1


def _release(picture: Image.Image) -> None:
    """Give the decoder's memory back before the picture is turned, which needs as much again."""
    picture.close()
    picture.__dict__.pop("_decoder", None)  # WebP's, which holds two frames


def _to_rgb(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I"):
        return _sixteen_bit_grey(picture)
    if picture.has_transparency_data:
        layer = picture if picture.mode == "RGBA" else picture.convert("RGBA")
        page = Image.new("RGB", layer.size, _WHITE)
        for box in _bands(layer):  # a mask of the whole would be one copy more
            band = layer.crop(box)
            page.paste(band, box, mask=band)
        return page
    if picture.mode == "RGB":
        return picture.reduce(_shrinking(picture))  # without a copy of the whole
    return picture.convert("RGB")


def _sixteen_bit_grey(picture: Image.Image) -> Image.Image:
    # Pillow's convert("L") clips at 255, which turns nearly all of a 16 bit picture white.
    to_eight_bit = ((np.arange(65536) + 128) // 257).astype(np.uint8)
    see_through = picture.info.get("transparency")
    page = Image.new("L", picture.size)
    for box in _bands(picture):
        values = np.asarray(picture.crop(box)).clip(0, 65535).astype(np.uint16)
        grey = to_eight_bit[values]
        if isinstance(see_through, int):
            grey[values == see_through] = 255
        page.paste(Image.fromarray(grey), box)
    return page.convert("RGB")


def _bands(picture: Image.Image) -> Iterator[tuple[int, int, int, int]]:
    """Boxes of some rows each, about a megapixel, that cover the picture."""
    rows = max(1, 2**20 // picture.width)
    for top in range(0, picture.height, rows):
        yield 0, top, picture.width, min(top + rows, picture.height)
