"""Whole files of every kind that is accepted, ordinary and odd, small so that many can be tried."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pillow_heif
from PIL import Image, PngImagePlugin

from core import images
from core.decoding.heif_boxes import Item
from core.pictures.drawn_lesion import draw_lesion
from tests.core.decoding import by_hand


def _file(image: Image.Image, kind: str, **options: object) -> bytes:
    data = io.BytesIO()
    image.save(data, kind, **options)
    return data.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk of a PNG with its true checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(side: tuple[int, int], depth: int, colour: int, body: bytes, extra: bytes = b"") -> bytes:
    """A PNG by hand: ``body`` is what its IDAT holds, compressed or not."""
    header = struct.pack(">IIBBBBB", *side, depth, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header) + extra + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    )  # fmt: skip


def whole_files() -> dict[str, bytes]:
    """What the mutators start from, by a name that says what is odd about it."""
    pillow_heif.register_heif_opener()
    rgb = draw_lesion(64, 60)
    grey, alpha = rgb.convert("L"), rgb.convert("RGBA")
    alpha.putalpha(grey)
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "camera"
    exif.get_ifd(0x8825)[1] = "N"
    frames: dict[str, object] = {"save_all": True, "append_images": [rgb.rotate(90)]}
    text = PngImagePlugin.PngInfo()
    text.add_text("comment", "hello " * 40, zip=True)
    text.add_itxt("title", "lesion", "en", "Läsion")
    rows16 = b"".join(b"\0" + bytes(range(128)) for _ in range(64))
    return {
        "jpeg": _file(rgb, "JPEG"),
        "jpeg progressive": _file(rgb, "JPEG", progressive=True, quality=60),
        "jpeg grey": _file(grey, "JPEG"),
        "jpeg cmyk": _file(rgb.convert("CMYK"), "JPEG"),
        "jpeg with exif and comment": _file(rgb, "JPEG", exif=exif, comment=b"c" * 60),
        "jpeg with restarts": _file(rgb, "JPEG", restart_marker_blocks=2, subsampling=0),
        "jpeg with profile": _file(rgb, "JPEG", icc_profile=bytes(range(256)) * 2),
        "mpo": _file(rgb, "MPO", **frames),
        "png": _file(rgb, "PNG"),
        "png see-through": _file(alpha, "PNG", exif=exif),
        "png palette": _file(rgb.quantize(16), "PNG", transparency=bytes([0, 9, 99, 255])),
        "png two colours": _file(grey.convert("1"), "PNG"),
        "png 16 bit": png((64, 64), 16, 0, zlib.compress(rows16), chunk(b"tRNS", b"\0\1")),
        "png with text": _file(rgb, "PNG", pnginfo=text),
        "png animation": _file(rgb, "PNG", **frames),
        "webp": _file(rgb, "WEBP"),
        "webp lossless": _file(alpha, "WEBP", lossless=True, exif=exif),
        "webp animation": _file(rgb, "WEBP", **frames),
        "heic": _file(rgb, "HEIF", quality=50),
        "heic see-through": _file(alpha, "HEIF", quality=50, exif=exif),
        "heic two pictures": _file(rgb, "HEIF", quality=50, **frames),
    }


def phone_files() -> dict[str, bytes]:
    """Files as large, and made of as many parts, as phones write them."""
    pillow_heif.register_heif_opener()
    photo = draw_lesion(1008, 756).resize((4032, 3024), Image.Resampling.BICUBIC)
    turn = Image.Exif()
    turn[0x0112], turn[0x010F] = 6, "camera"
    said: dict[str, object] = {"exif": turn, "icc_profile": by_hand.DISPLAY_P3}
    gain_map = photo.convert("L").resize((1008, 756))
    tile, data = by_hand.heic_parts(photo.crop((1500, 1000, 2012, 1512)), quality=50)
    shown = Item(b"grid", [by_hand.size_property(4032, 3024), (b"irot", b"\3")])
    shown.references[b"dimg"] = list(range(2, 50))
    shown.properties.append((b"colr", b"prof" + by_hand.DISPLAY_P3))
    body = by_hand.grid_body(8, 6, 4032, 3024)
    return {
        "jpeg, 12 megapixels": _file(photo, "JPEG", quality=85, **said),
        "jpeg, 12 megapixels, gain map": _file(
            photo, "MPO", quality=85, save_all=True, append_images=[gain_map], **said
        ),
        "jpeg, 12 megapixels, progressive": _file(photo, "JPEG", progressive=True, **said),
        "jpeg, 50 megapixels": _file(photo.convert("L").resize((8160, 6144)), "JPEG", **said),
        "png, 3 megapixels": _file(photo.resize((2016, 1512)), "PNG", compress_level=1, **said),
        "webp, 3 megapixels": _file(photo.resize((2016, 1512)), "WEBP", method=0, **said),
        "heic, 12 megapixels": by_hand.heic([shown, *[tile] * 48], [body, *[data] * 48]),
    }


def heavy_files() -> dict[str, bytes]:
    """The heaviest sound files that are within the limits, of each kind and layout."""
    pillow_heif.register_heif_opener()
    turn = Image.Exif()
    turn[0x0112] = 6
    huge, full, webp = (_mottled(most) for most in (images.MAX_PIXELS, 25_000_000, 12_500_000))
    side = full.width
    packer = zlib.compressobj(1)
    row16 = b"\0" + bytes(2 * side)
    sixteen = b"".join(packer.compress(row16) for _ in range(side)) + packer.flush()
    return {
        "jpeg, 52 megapixels, turned": _file(huge, "JPEG", quality=60, exif=turn),
        "jpeg, 25 megapixels, turned": _file(full, "JPEG", quality=60, exif=turn),
        "jpeg, 25 megapixels, progressive": _file(
            full, "JPEG", quality=60, progressive=True, subsampling=0, exif=turn
        ),
        "jpeg, 52 megapixels, progressive": _file(
            huge, "JPEG", quality=60, progressive=True, exif=turn
        ),
        "png, 25 megapixels, turned": _file(full, "PNG", compress_level=1, exif=turn),
        "png, 25 megapixels, see-through": _file(
            full.convert("RGBA"), "PNG", compress_level=1, exif=turn
        ),
        "png, 25 megapixels, grey and see-through": _file(
            full.convert("LA"), "PNG", compress_level=1, exif=turn
        ),
        "png, 25 megapixels, palette": _file(
            full.quantize(16), "PNG", compress_level=1, transparency=bytes([0, 9]), exif=turn
        ),
        "png, 25 megapixels, 16 bit": png((side, side), 16, 0, sixteen),
        "webp, 12.5 megapixels": _file(webp, "WEBP", quality=20, method=0, exif=turn),
        "webp, 12.5 megapixels, see-through": _file(
            webp.convert("RGBA"), "WEBP", quality=20, method=0, exif=turn
        ),
        "heic, 25 megapixels, turned": _file(full, "HEIF", quality=30, exif=turn),
        "heic, 12.5 megapixels, every pixel": _file(webp, "HEIF", quality=30, chroma=444),
        "heic, 50 megapixels, a grid": _file(huge, "HEIF", quality=30, tile_size=512),
    }


def _mottled(pixels: int) -> Image.Image:
    side = int(pixels**0.5)
    random = np.random.default_rng(0)
    tile = random.integers(0, 40, (side // 8 + 1, side // 8 + 1, 3)).astype(np.uint8)
    return Image.fromarray(tile).resize((side, side), Image.Resampling.NEAREST)
