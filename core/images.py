"""Untrusted bytes to an upright RGB image without metadata.

Every way this can fail is an ``ImageRejected`` whose text is a sentence for the person who chose
the file. A file is taken apart first (``core.decoding``): a decoder sees only what pixels are made
of, and nothing of which it would hold too much, or work on for too long.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator
from math import ceil, floor
from pathlib import Path

import numpy as np
from PIL import Image
from PIL import JpegImagePlugin as _jpeg  # noqa: F401  (importing a plugin registers it)
from PIL import PngImagePlugin as _png  # noqa: F401
from PIL import WebPImagePlugin as _webp  # noqa: F401

from core.decoding import (
    colour_profile,
    heif_structure,
    jpeg_structure,
    png_structure,
    webp_structure,
)
from core.decoding.picture_file import Damaged, ImageRejected, NoPicture, PictureFile
from core.preprocessing import SIDE

__all__ = ["ImageRejected", "open_image", "read_image"]

MAX_BYTES = 10 * 1024**2
# Above any phone's ordinary picture; sensors of '50 megapixels' have up to 51.2.
MAX_PIXELS = 52_000_000
# What a decoder may hold: with what is done here, 300 MiB in all (`python -m tests.fuzz` measures).
DECODER_BYTES = 250_000_000
# Bytes a pixel of a JPEG too narrow to be shrunk, where its coefficients are all kept meanwhile.
_BESIDE_COEFFICIENTS = 2.0
# More than this is judged at half its width and height, or a quarter: the networks see a thirtieth,
# a screen is sent half, and all that is done to a phone's picture takes as long as it has pixels.
ENOUGH_PIXELS = 1_500_000
# Below a quarter of what the networks see, there is no lesion left to judge.
MIN_SIDE = SIDE // 4
EXTENSIONS = ("jpg", "jpeg", "png", "webp", "heic", "heif")

_WHITE = (255, 255, 255)
_GREYS = ("1", "L", "LA", "La")

# Pillow's own guard warns from 89 megapixels on and refuses from 179. Ours is stricter and
# speaks to the visitor, so Pillow's is switched off rather than heard twice.
Image.MAX_IMAGE_PIXELS = None


def open_image(data: bytes) -> Image.Image:
    """Decode one JPEG, PNG, WebP or HEIC file, whatever its name says.

    Returns an upright ``RGB`` image that carries no metadata: EXIF orientation is applied, colours
    are converted to sRGB by the profile that the file brings, 16 bit is scaled to 8, transparency
    is laid onto white, and of an animation the first frame is taken. More than 1.5 megapixels come
    at half their width and height, or a quarter: the mean of each square. Raises
    ``ImageRejected``, and no other exception, for everything else.
    """
    if not data:
        raise ImageRejected("This file is empty. Please choose the picture again.")
    _check_bytes(len(data))
    try:
        file = _taken_apart(data)
        _check_size(*file.size, _most_pixels(file))
        picture = _decoded(file)
        if file.kind == "JPEG" and (not file.ended or _ends_evenly(picture)):
            # One picture in memory at a time, so that of the first a digest has to do.
            expected = _digest(picture)
            del picture
            picture = _decoded(jpeg_structure.with_noise(file))
            if _digest(picture) != expected:
                raise Damaged
        picture = colour_profile.to_srgb(picture, file.profile)
        for turn in file.turns:
            picture = picture.transpose(turn)
    except ImageRejected:
        raise
    except Exception as error:  # decoders raise many types on damaged bytes, OSError to IndexError
        raise Damaged from error
    picture.info.clear()
    return picture


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
            f"This file has {_more(size / 2**20)} MB; the limit is {MAX_BYTES // 2**20} MB. "
            "Please send a smaller copy."
        )


def _more(value: float) -> str:
    """A number above a limit, rounded up to a tenth, so that it never reads like the limit."""
    return f"{ceil(10 * value) / 10:.1f}".removesuffix(".0")


def _taken_apart(data: bytes) -> PictureFile:
    """By what the bytes say that they are; only these kinds are ever tried."""
    if jpeg_structure.begins(data):  # MPO, the two-picture file of many phones, too
        return jpeg_structure.read(data)
    if png_structure.begins(data):
        return png_structure.read(data)
    if webp_structure.begins(data):
        return webp_structure.read(data)
    if heif_structure.begins(data):
        file = heif_structure.read(data)
        import pillow_heif  # nobody else's visit loads HEIC's decoders, 5 MiB

        pillow_heif.register_heif_opener()
        return file
    raise NoPicture


def _most_pixels(file: PictureFile) -> float:
    held = file.bytes_per_pixel
    if held and file.kind == "JPEG" and _shrinking(*file.size) == 1:
        held += _BESIDE_COEFFICIENTS
    return min(MAX_PIXELS, DECODER_BYTES / max(1, held))


def _check_size(width: int, height: int, most: float) -> None:
    if width * height > most:
        raise ImageRejected(
            f"This picture has {_more(width * height / 1e6)} megapixels; the limit for its kind of "
            f"file is {floor(most / 1e5) / 10:g}. Please send a smaller copy."
        )
    if min(width, height) < MIN_SIDE:
        raise ImageRejected(
            f"This picture is only {width} x {height} pixels; each side needs at least {MIN_SIDE}. "
            "Please send the original, not a thumbnail."
        )


def _shrinking(width: int, height: int) -> int:
    """How many times narrower and lower the picture is enough: 1, 2, 4, 8 or more."""
    factor = 1
    while width * height > ENOUGH_PIXELS * factor**2 and min(width, height) >= 2 * factor * SIDE:
        factor *= 2
    return factor


def _decoded(file: PictureFile) -> Image.Image:
    """RGB, L or CMYK, already shrunk, not yet turned."""
    if len(file.bands) == 1:
        return _band(file, file.bands[0])
    factor, top = _shrinking(*file.size), 0
    page = Image.new("RGB", (ceil(file.size[0] / factor), ceil(file.size[1] / factor)))
    for data in file.bands:
        band = _band(file, data, factor)
        page.paste(band, (0, top))
        top += band.height
    return page


def _band(file: PictureFile, data: bytes, factor: int | None = None) -> Image.Image:
    with Image.open(io.BytesIO(data), formats=(file.kind,)) as picture:
        whole = picture.width
        if len(file.bands) == 1:  # a HEIC's crop is not known before
            _check_size(*picture.size, _most_pixels(file))
        factor = factor or _shrinking(*picture.size)
        if factor > 1:  # libjpeg decodes to a half, a quarter or an eighth by itself
            picture.draft(picture.mode, (whole // factor, picture.height // factor))
        picture.load()
        if len(file.bands) == 1:
            # A damaged HEIC may decode to another size than its head says (found by fuzzing).
            _check_size(*picture.size, _most_pixels(file))
        page = _flat(picture, max(1, factor // round(whole / picture.width)))
        # Give the decoder's memory back before the picture is turned, which needs as much again.
        picture.close()
        picture.__dict__.pop("_decoder", None)  # WebP's, which holds two frames
    return page


def _flat(picture: Image.Image, factor: int) -> Image.Image:
    """A picture as RGB, L or CMYK of 8 bit on white, ``factor`` times narrower and lower."""
    if picture.mode.startswith("I"):
        page = _sixteen_bit_grey(picture)
    elif picture.has_transparency_data:
        page = _on_white(picture)
    elif picture.mode in ("RGB", "L", "CMYK"):
        return picture.reduce(factor)  # without a copy of the whole
    else:
        page = picture.convert("L" if picture.mode == "1" else "RGB")
    page = page.reduce(factor) if factor > 1 else page
    return page.getchannel(0) if picture.mode in _GREYS and page.mode == "RGB" else page


def _on_white(picture: Image.Image) -> Image.Image:
    page = Image.new("RGB", picture.size, _WHITE)
    for box in _boxes(picture):  # the whole in RGBA, and as a mask, would be two copies more
        layer = picture.crop(box).convert("RGBA")
        page.paste(layer, box, mask=layer)
    return page


def _sixteen_bit_grey(picture: Image.Image) -> Image.Image:
    # Pillow's convert("L") clips at 255, which turns nearly all of a 16 bit picture white.
    to_eight_bit = ((np.arange(65536) + 128) // 257).astype(np.uint8)
    see_through = picture.info.get("transparency")
    page = Image.new("L", picture.size)
    for box in _boxes(picture):
        values = np.asarray(picture.crop(box)).clip(0, 65535).astype(np.uint16)
        grey = to_eight_bit[values]
        if isinstance(see_through, int):
            grey[values == see_through] = 255
        page.paste(Image.fromarray(grey), box)
    return page


def _ends_evenly(picture: Image.Image) -> bool:
    """Whether the last row ends in one colour, as libjpeg fills in what is missing."""
    width, height = picture.size
    last = picture.crop((width * 7 // 8, height - 1, width, height))
    return all(channel.getextrema()[0] == channel.getextrema()[1] for channel in last.split())


def _digest(picture: Image.Image) -> bytes:
    found = hashlib.sha256()
    for box in _boxes(picture):
        found.update(picture.crop(box).tobytes())
    return found.digest()


def _boxes(picture: Image.Image) -> Iterator[tuple[int, int, int, int]]:
    """Boxes of some rows each, about a megapixel, that cover the picture."""
    rows = max(1, 2**20 // picture.width)
    for top in range(0, picture.height, rows):
        yield 0, top, picture.width, min(top + rows, picture.height)
