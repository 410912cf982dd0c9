"""A picture's own ICC profile, such as phones' Display P3, turned into sRGB.

Networks and screens take everything for sRGB. A profile is untrusted: what can't be read, or is
about something else than the picture, is passed over, and the picture stays as it is stored.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

_SPACES = {b"RGB ": "RGB", b"GRAY": "L", b"CMYK": "CMYK"}
_CLASSES = (b"mntr", b"scnr", b"prtr", b"spac")  # a display, a camera, a printer, a space
_MOST_TAGS = 100
# Tags of chained sums, thousands of them if wanted; what else a profile has says the same.
_CHAINS = {b"D2B0", b"D2B1", b"D2B2", b"D2B3"}
# Levels of 255 by which the many writings of sRGB differ: those pictures stay as they are.
_SRGB_WITHIN = 2
_LATTICE = 9  # steps in each colour at which that is asked
# What stands for dark and for light; a profile that shows them nearly alike is a broken one.
_ENDS = {"RGB": bytes(3) + b"\xff" * 3, "L": b"\0\xff", "CMYK": b"\0\0\0\xff" + bytes(4)}
_LEAST_SPAN = 64  # levels of 255 between the two


def to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """An ``RGB`` picture, by relative colorimetry where ``profile`` says another space than sRGB.

    ``picture`` is RGB, L or CMYK, and may be changed. Without a profile, or with one that is
    damaged or of another kind of colours, it counts as sRGB, as grey of sRGB, or as plain ink.
    """
    if profile is not None and _space(profile) == picture.mode:
        try:
            return _by_profile(picture, profile)
        except Exception:  # littlecms gives several types; untrusted bytes are no reason to refuse
            return picture.convert("RGB")
    return picture.convert("RGB") if picture.mode != "RGB" else picture


def _space(profile: bytes) -> str | None:
    """The mode of the pictures that a profile is for; ``None`` if it is not for pictures."""
    if len(profile) < 132 or profile[36:40] != b"acsp" or profile[12:16] not in _CLASSES:
        return None
    count = int.from_bytes(profile[128:132])
    if count > _MOST_TAGS:
        return None
    names = {profile[132 + 12 * i : 136 + 12 * i] for i in range(count)}
    return None if names & _CHAINS else _SPACES.get(profile[16:20])


def _by_profile(picture: Image.Image, profile: bytes) -> Image.Image:
    from PIL import ImageCms

    grey = picture.mode == "L"
    transform = ImageCms.buildTransform(
        ImageCms.ImageCmsProfile(io.BytesIO(profile)),
        ImageCms.createProfile("sRGB"),
        picture.mode,
        "RGB",
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        # Its short cut for grey goes straight between 33 points, ten levels off in the dark.
        flags=ImageCms.Flags.NOOPTIMIZE if grey else ImageCms.Flags.NONE,
    )
    ends = Image.frombytes(picture.mode, (2, 1), _ENDS[picture.mode])
    dark, light = np.asarray(transform.apply(ends), dtype=int)[0].mean(axis=-1)
    if light - dark < _LEAST_SPAN:
        return picture.convert("RGB")
    if grey:
        shown = transform.apply(Image.fromarray(np.arange(256, dtype=np.uint8)[None]))
        return Image.merge("RGB", [picture.point(list(c.tobytes())) for c in shown.split()])
    if picture.mode == "CMYK":
        return transform.apply(picture)
    levels = np.linspace(0, 255, _LATTICE).round().astype(np.uint8)
    lattice = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(1, -1, 3)
    shown = transform.apply(Image.fromarray(lattice))
    if np.abs(np.asarray(shown, dtype=int) - lattice).max() > _SRGB_WITHIN:
        transform.apply_in_place(picture)
    return picture
