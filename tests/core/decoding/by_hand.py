"""Files put together piece by piece, as no encoder writes them: JPEG, ICC profiles, HEIC."""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.decoding import heif_boxes
from core.decoding.heif_boxes import Item, Property
from tests.core.encoded import encode

Pixels = NDArray[np.float64]


def segment(kind: int, body: bytes) -> bytes:
    return bytes([0xFF, kind]) + struct.pack(">H", len(body) + 2) + body


def jpeg_head(size: tuple[int, int], components: int = 1, *, progressive: bool = False) -> bytes:
    """All in front of the first scan. The one code, a single 0 bit, stands for 'nothing more'."""
    width, height = size
    names = b"".join(bytes([number, 0x11, 0]) for number in range(1, components + 1))
    frame = struct.pack(">BHHB", 8, height, width, components) + names
    lengths = bytes([1] + 15 * [0])
    return (
        b"\xff\xd8"
        + segment(0xDB, bytes([0]) + bytes([1]) * 64)
        + segment(0xC2 if progressive else 0xC0, frame)
        + segment(0xC4, bytes([0x00]) + lengths + b"\0")
        + segment(0xC4, bytes([0x10]) + lengths + (b"\xe0" if progressive else b"\0"))
    )


def scan(
    component: int, first: int, last: int, approximation: int = 0, coded: bytes = b""
) -> bytes:
    return segment(0xDA, bytes([1, component, 0, first, last, approximation])) + coded


def run_of_empty_blocks(blocks: int) -> bytes:
    """A progressive scan's data that says for each of so many blocks: nothing."""
    bits = ""
    while blocks > 0:
        count = min(max(blocks, 2**14), 2**15 - 1)
        bits += f"0{count - 2**14:014b}"
        blocks -= count
    bits += "1" * (-len(bits) % 8)
    coded = bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8))
    return coded.replace(b"\xff", b"\xff\0")


def icc(
    space: bytes, tags: dict[bytes, bytes], *, kind: bytes = b"mntr", pcs: bytes = b"XYZ "
) -> bytes:
    table, body = struct.pack(">I", len(tags)), b""
    first = 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        table += struct.pack(">4sII", name, first + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    head = struct.pack(
        ">I4sI4s4s4s12x4s28x3i48x", first + len(body), b"", 0x02400000, kind, space, pcs, b"acsp",
        63190, 65536, 54061,
    )  # fmt: skip
    return head + table + body


def xyz(x: float, y: float, z: float) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(65536 * v) for v in (x, y, z)))


def gamma(exponent: float) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(256 * exponent))


WHITE = {b"wtpt": xyz(0.9642, 1.0, 0.8249)}
# Adapted to D50, as in Apple's own profile.
DISPLAY_P3_CORNERS = {
    b"rXYZ": xyz(0.51512, 0.24120, -0.00105),
    b"gXYZ": xyz(0.29198, 0.69225, 0.04189),
    b"bXYZ": xyz(0.15710, 0.06657, 0.78407),
}
ADOBE_CORNERS = {
    b"rXYZ": xyz(0.60974, 0.31111, 0.01947),
    b"gXYZ": xyz(0.20528, 0.62567, 0.06087),
    b"bXYZ": xyz(0.14919, 0.06322, 0.74457),
}
PROPHOTO_CORNERS = {
    b"rXYZ": xyz(0.79767, 0.28804, 0.0),
    b"gXYZ": xyz(0.13519, 0.71188, 0.0),
    b"bXYZ": xyz(0.03134, 0.00009, 0.82491),
}
SRGB_CURVE = b"para" + bytes(4) + struct.pack(
    ">HH5i", 3, 0, *(round(65536 * v) for v in (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045))
)  # fmt: skip


def rgb_profile(corners: dict[bytes, bytes], curve: bytes) -> bytes:
    return icc(b"RGB ", WHITE | corners | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve))


DISPLAY_P3 = rgb_profile(DISPLAY_P3_CORNERS, SRGB_CURVE)
ADOBE_RGB = rgb_profile(ADOBE_CORNERS, gamma(563 / 256))
PROPHOTO = rgb_profile(PROPHOTO_CORNERS, gamma(1.8))

# From light of one space to another's, both with white D65 but ProPhoto's, whose is D50.
_TO_XYZ = np.array(
    ((0.4123908, 0.3575843, 0.1804808), (0.2126390, 0.7151687, 0.0721923),
     (0.0193308, 0.1191948, 0.9505322)),
)  # fmt: skip
_P3_TO_XYZ = np.array(
    ((0.4865709, 0.2656677, 0.1982173), (0.2289746, 0.6917385, 0.0792869),
     (0.0, 0.0451134, 1.0439444)),
)  # fmt: skip
_ADOBE_TO_XYZ = np.array(
    ((0.5766690, 0.1855582, 0.1882286), (0.2973450, 0.6273636, 0.0752915),
     (0.0270314, 0.0706889, 0.9913375)),
)  # fmt: skip
_2020_TO_XYZ = np.array(
    ((0.6369580, 0.1446169, 0.1688810), (0.2627002, 0.6779981, 0.0593017),
     (0.0, 0.0280727, 1.0609851)),
)  # fmt: skip
# Computed once by hand: sRGB's light to ProPhoto's, by Bradford's adaptation.
_TO_PROPHOTO = np.array(
    ((0.5293, 0.3300, 0.1407), (0.0984, 0.8734, 0.0282), (0.0169, 0.1176, 0.8655))
)
_FROM_SRGB = {
    "sRGB": np.eye(3),
    "Display P3": np.linalg.inv(_P3_TO_XYZ) @ _TO_XYZ,
    "Adobe RGB": np.linalg.inv(_ADOBE_TO_XYZ) @ _TO_XYZ,
    "BT.2020": np.linalg.inv(_2020_TO_XYZ) @ _TO_XYZ,
    "ProPhoto": _TO_PROPHOTO,
}


def light_of(picture: Image.Image, space: str) -> Pixels:
    """The shares of light in [0, 1] of an sRGB picture, told in the corners of another space."""
    v = np.asarray(picture.convert("RGB")) / 255
    light = np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)
    return (light @ _FROM_SRGB[space].T).clip(0, 1)


def stored(light: Pixels, curve: str | float) -> Image.Image:
    """A picture of eight bit from light, by sRGB's curve or that of one exponent."""
    if curve == "sRGB":
        v = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    else:
        v = light ** (1 / float(curve))
    return Image.fromarray((255 * v).round().astype(np.uint8))


def heic_parts(image: Image.Image, **options: object) -> tuple[Item, bytes]:
    """The one item of a HEIC, and its data."""
    found = heif_boxes.read(encode(image, "HEIF", **options))
    item = found.items[found.primary]
    return Item(item.kind, list(item.properties)), found.data(item)


def size_property(width: int, height: int) -> Property:
    return b"ispe", struct.pack(">3I", 0, width, height)


def resized(item: Item, width: int, height: int) -> Item:
    """The item with another size in its head than it has."""
    kept = [one for one in item.properties if one[0] != b"ispe"]
    return Item(item.kind, [size_property(width, height), *kept])


def grid_body(columns: int, rows: int, width: int, height: int) -> bytes:
    return struct.pack(">4B2I", 0, 1, rows - 1, columns - 1, width, height)


def with_codes(item: Item, corners: int, curve: int) -> Item:
    """The item with other codes for its colours, the rest of them as it was."""
    found = []
    for name, body in item.properties:
        codes = body[:4] + struct.pack(">HH", corners, curve) + body[8:]
        found.append((name, codes if body.startswith(b"nclx") else body))
    return Item(item.kind, found)


def with_profile(item: Item, profile: bytes) -> Item:
    return Item(item.kind, [*item.properties, (b"colr", b"prof" + profile)])


def heic(items: list[Item], data: list[bytes]) -> bytes:
    return heif_boxes.write(items, data)


def ink_profile(light: Pixels, steps: int) -> bytes:
    """A printer's: what sRGB shows at ``steps`` amounts of each of four inks is ``light``."""
    adapted = np.array(
        ((0.43607, 0.38515, 0.14307), (0.22249, 0.71687, 0.06061), (0.01392, 0.09708, 0.71410))
    )
    v = np.where(light <= 1, light, 1)
    linear = np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)
    ratio = linear @ adapted.T / (0.9642, 1.0, 0.8249)
    root = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    lightness = 116 * root[..., 1] - 16
    a, b = 500 * (root[..., 0] - root[..., 1]), 200 * (root[..., 1] - root[..., 2])
    lab = np.stack([lightness / 100 * 65280, (a + 128) * 256, (b + 128) * 256], -1)
    table = lab.round().clip(0, 65535).astype(">u2").tobytes()
    unity = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    ends = struct.pack(">HH", 0, 65535)
    lut = (
        b"mft2" + bytes(4) + bytes([4, 3, steps, 0]) + unity + struct.pack(">HH", 2, 2)
        + 4 * ends + table + 3 * ends
    )  # fmt: skip
    return icc(b"CMYK", WHITE | {b"A2B0": lut}, kind=b"prtr", pcs=b"Lab ")
