"""A picture's file as a decoder gets it: what its pixels need, and nothing else.

Each structure module here takes one kind of file apart, counts what costs memory or time, and puts
together a new file of the few parts that pixels are made of. So a decoder never sees text, places,
thumbnails, films or a second picture, and nobody can hide work for it there.
"""

from __future__ import annotations

from dataclasses import dataclass

from PIL.Image import Transpose

# A profile of a camera or printer has 0.5 to 3 MB at most.
MAX_PROFILE = 4 * 2**20
# Photoshop's XMP of a long history is larger, but says the orientation at its beginning.
MAX_TEXT = 2**20


class ImageRejected(ValueError):
    """The bytes are not a picture we can judge; ``str()`` is a sentence for the visitor."""


class NoPicture(ImageRejected):
    """It is something else than the kinds that are read here."""

    def __init__(self) -> None:
        super().__init__(
            "This file is not a picture that can be read here. "
            "Please choose a JPEG, PNG, WebP or HEIC photo."
        )


class Damaged(ImageRejected):
    """It is of a kind that is read here, and broken."""

    def __init__(self) -> None:
        super().__init__(
            "This picture is damaged or incomplete and cannot be opened. "
            "Please send it again or take a new one."
        )


class TooInvolved(ImageRejected):
    """It is sound, but made of more parts, or of other parts, than any camera or program writes."""

    def __init__(self) -> None:
        super().__init__(
            "This picture is put together in a way that is not read here. "
            "Please save it as an ordinary JPEG and send that."
        )


@dataclass(frozen=True, kw_only=True)
class PictureFile:
    """One picture, for one decoder.

    ``kind`` is Pillow's name of it. ``bands`` are files that each hold some of its rows, from the
    top down; nearly always there is one. ``size`` is width and height before any of ``turns``,
    which are to be done in order. Decoding takes ``bytes_per_pixel`` of memory at most.
    ``profile`` is an ICC profile, untrusted. ``ended`` is false where the end mark is missing or
    tells little, so that nobody knows yet whether pixels are missing too.
    """

    kind: str
    bands: tuple[bytes, ...]
    size: tuple[int, int]
    bytes_per_pixel: float
    turns: tuple[Transpose, ...] = ()
    profile: bytes | None = None
    ended: bool = True
