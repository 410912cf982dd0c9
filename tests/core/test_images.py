from __future__ import annotations

import contextlib
import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageFile, PngImagePlugin

from core import images
from core.images import ImageRejected, open_image, read_image

ROOT = Path(__file__).resolve().parents[2]
Pixels = NDArray[np.uint8]


def encode(image: Image.Image, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    if kind == "HEIF":
        pillow_heif.register_heif_opener()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def quarters(width: int = 96, height: int = 64) -> Image.Image:
    """Red and green above, blue and white below: no two orientations look alike."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2] = 255, 0, 0
    pixels[: height // 2, width // 2 :] = 0, 255, 0
    pixels[height // 2 :, : width // 2] = 0, 0, 255
    pixels[height // 2 :, width // 2 :] = 255, 255, 255
    return Image.fromarray(pixels)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(size: tuple[int, int], depth: int, colour: int, row: bytes, extra: bytes = b"") -> bytes:
    """A PNG written by hand, every row alike; one row is in memory at a time."""
    packer = zlib.compressobj(9)
    body = b"".join(packer.compress(b"\0" + row) for _ in range(size[1])) + packer.flush()
    header = struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header) + extra + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    )  # fmt: skip


def pixels_of(data: bytes) -> NDArray[np.int64]:
    image = open_image(data)
    assert image.mode == "RGB"
    return np.asarray(image).astype(int)


def refusal(data: bytes) -> str:
    with pytest.raises(ImageRejected) as caught:
        open_image(data)
    sentence = str(caught.value)
    assert sentence[0].isupper()
    assert sentence.endswith(".")
    return sentence


def bomb() -> bytes:
    return png((13_000, 13_000), 8, 0, bytes(13_000))


# --- refused, each with a sentence of its own


def test_an_empty_file_is_refused_with_a_sentence() -> None:
    assert "empty" in refusal(b"")


def test_text_named_jpg_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "mole.jpg").write_text("Not a picture.\n" * 100)
    with pytest.raises(ImageRejected, match=r"not a picture .* JPEG, PNG, WebP or HEIC"):
        read_image(tmp_path / "mole.jpg")


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_truncated_jpeg_is_refused_with_a_sentence(share: float) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (200, 200, 3), dtype=np.uint8)
    whole = encode(Image.fromarray(noise), "JPEG")
    assert "damaged or incomplete" in refusal(whole[: int(len(whole) * share)])


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "HEIF"])
def test_other_truncated_pictures_are_refused_with_a_sentence(kind: str) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (200, 200, 3), dtype=np.uint8)
    whole = encode(Image.fromarray(noise), kind)
    assert "damaged or incomplete" in refusal(whole[: len(whole) // 2])


def test_a_169_megapixel_picture_is_refused_with_a_sentence_before_decoding(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = bomb()
    assert len(data) < 200_000

    def decode(self):
        raise AssertionError("decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", decode)
    assert "169 megapixels; the limit for its kind of file is 25" in refusal(data)


def test_refusing_a_169_megapixel_picture_takes_less_than_100_mib(tmp_path: Path) -> None:
    (tmp_path / "bomb.png").write_bytes(bomb())
    (tmp_path / "small.png").write_bytes(encode(quarters(), "PNG"))
    script = """
import resource, sys
from core import images
images.read_image(sys.argv[1])
idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    images.read_image(sys.argv[2])
except images.ImageRejected:
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - idle) / 1024)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "small.png"), str(tmp_path / "bomb.png")],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert float(done.stdout) < 100  # MiB; decoded, it would be 161 grey and 484 in RGB


@pytest.mark.parametrize("size", [(1, 1), (20_000, 1), (1, 20_000), (55, 300)])
def test_a_picture_too_thin_to_judge_is_refused_with_its_size(size: tuple[int, int]) -> None:
    width, height = size
    sentence = refusal(encode(Image.new("RGB", size, "white"), "PNG"))
    assert f"only {width} x {height} pixels" in sentence
    assert "at least 56" in sentence


def test_the_smallest_accepted_side_is_56_pixels() -> None:
    assert open_image(encode(Image.new("RGB", (56, 57)), "PNG")).size == (56, 57)


def test_the_pixel_limit_itself_is_accepted_and_one_row_more_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(images, "MAX_PIXELS", 100 * 80)
    assert open_image(encode(Image.new("RGB", (100, 80)), "PNG")).size == (100, 80)
    with pytest.raises(ImageRejected, match="megapixels"):
        open_image(encode(Image.new("RGB", (100, 81)), "PNG"))


def smooth(width: int, height: int) -> Image.Image:
    """A picture in which neighbours are alike, so that JPEG changes little."""
    across = np.linspace(0, 255, width)[None, :].repeat(height, 0)
    down = np.linspace(0, 255, height)[:, None].repeat(width, 1)
    return Image.fromarray(np.stack([across, down, (across + down) / 2], -1).astype(np.uint8))


@pytest.mark.parametrize(("kind", "tolerance"), [("PNG", 0), ("JPEG", 4)])
@pytest.mark.parametrize(("enough", "factor"), [(900 * 600, 1), (899 * 600, 2), (224 * 600, 4)])
def test_more_pixels_than_enough_come_as_the_mean_of_their_square(
    kind: str, tolerance: int, enough: int, factor: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "ENOUGH_PIXELS", enough)
    monkeypatch.setattr(images, "SIDE", 75)
    image = smooth(900, 600)
    exif = Image.Exif()
    exif[0x0112] = 6
    got = open_image(encode(image, kind, exif=exif, quality=95, subsampling=0))
    assert got.size == (600 // factor, 900 // factor)
    whole = np.asarray(image.transpose(Image.Transpose.ROTATE_270), dtype=float)
    means = whole.reshape(900 // factor, factor, 600 // factor, factor, 3).mean(axis=(1, 3))
    assert np.abs(np.asarray(got) - means).max() <= tolerance + 0.5


def test_a_strip_is_never_made_narrower_than_the_networks_see() -> None:
    image = open_image(encode(Image.new("RGB", (24_000, 440)), "PNG"))
    assert image.size == (24_000, 440)


def test_a_phones_twelve_megapixels_take_less_than_50_mib(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    (tmp_path / "phone.jpg").write_bytes(encode(smooth(4032, 3024), "JPEG", exif=exif))
    (tmp_path / "small.jpg").write_bytes(encode(quarters(), "JPEG"))
    script = """
import resource, sys
from core import images
images.read_image(sys.argv[1])
idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
image = images.read_image(sys.argv[2])
print(image.size, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - idle) / 1024, sep=";")
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "small.jpg"), str(tmp_path / "phone.jpg")],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    size, taken = done.stdout.split(";")
    assert size == "(1512, 2016)"
    assert float(taken) < 50  # MiB; at full scale and turned, it would be 93


def test_ten_megabytes_are_accepted_and_one_byte_more_is_refused_with_a_sentence() -> None:
    picture = encode(quarters(), "JPEG")
    padded = picture + bytes(10 * 1024**2 - len(picture))  # after a JPEG's end mark, all is ignored
    assert open_image(padded).size == (96, 64)
    assert "10.0 MB; the limit is 10 MB" in refusal(padded + b"\0")


def test_a_file_over_the_limit_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "huge.jpg").open("wb") as file:
        file.truncate(3 * 1024**3)  # sparse

    def read(self):
        raise AssertionError("read")

    monkeypatch.setattr(Path, "read_bytes", read)
    with pytest.raises(ImageRejected, match=r"3072\.0 MB"):
        read_image(tmp_path / "huge.jpg")


def test_a_missing_file_and_a_folder_are_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ImageRejected, match=r"cannot be read \(No such file"):
        read_image(tmp_path / "none.jpg")
    with pytest.raises(ImageRejected, match=r"cannot be read \(Is a directory"):
        read_image(tmp_path)


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "BMP", "PPM", "ICO", "PDF"])
def test_other_picture_formats_are_not_accepted(kind: str) -> None:
    assert "JPEG, PNG, WebP or HEIC" in refusal(encode(quarters(), kind))


@pytest.mark.parametrize(
    "text",
    [
        "<svg xmlns='http://www.w3.org/2000/svg' width='99' height='99'><script/></svg>",
        "<!doctype html><img src=x onerror=alert(1)>",
        "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n",
    ],
)
def test_markup_is_not_accepted(text: str) -> None:
    assert "JPEG, PNG, WebP or HEIC" in refusal(text.encode())


def test_every_refusal_has_a_sentence_of_its_own() -> None:
    whole = encode(quarters(300, 300), "JPEG")
    refused = (
        b"",
        b"text",
        whole[: len(whole) // 2],
        png((13_000, 13_000), 8, 0, b""),
        encode(Image.new("L", (1, 1)), "PNG"),
        encode(Image.new("L", (20_000, 1)), "PNG"),
        bytes(images.MAX_BYTES + 1),
    )
    assert len({refusal(data) for data in refused}) == len(refused)


# --- handled right, by value


def stored(upright: Pixels, orientation: int) -> Pixels:
    """How a camera stores an upright picture, by EXIF's table of what row 0 and column 0 are."""
    turned = np.swapaxes(upright, 0, 1)
    return {
        1: upright,  # row 0 is the top, column 0 the left
        2: upright[:, ::-1],  # top, right
        3: upright[::-1, ::-1],  # bottom, right
        4: upright[::-1],  # bottom, left
        5: turned,  # left, top
        6: turned[::-1],  # right, top
        7: turned[::-1, ::-1],  # right, bottom
        8: turned[:, ::-1],  # left, bottom
    }[orientation]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_turned_upright_by_its_exif_orientation(kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.fromarray(np.ascontiguousarray(stored(np.asarray(quarters()), orientation)))
    options = {"JPEG": {"quality": 95, "subsampling": 0}, "WEBP": {"lossless": True}}
    got = pixels_of(encode(image, kind, exif=exif, **options.get(kind, {})))
    assert got.shape == (64, 96, 3)
    assert np.abs(got - np.asarray(quarters())).max() <= (6 if kind == "JPEG" else 0)


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_an_iphones_heic_is_turned_upright_once(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.fromarray(np.ascontiguousarray(stored(np.asarray(quarters()), orientation)))
    got = pixels_of(encode(image, "HEIF", exif=exif.tobytes(), quality=95, chroma=444))
    assert got.shape == (64, 96, 3)
    assert np.abs(got - np.asarray(quarters())).mean() < 4


def test_unreadable_exif_does_not_refuse_readable_pixels() -> None:
    data = encode(quarters(), "PNG", exif=b"Exif\0\0MM\0*\0\0\0\xff" + b"\xff" * 40)
    assert (pixels_of(data) == np.asarray(quarters())).all()


def test_heic_keeps_its_colours() -> None:
    got = pixels_of(encode(quarters(), "HEIF", quality=95, chroma=444))
    assert np.abs(got - np.asarray(quarters())).mean() < 4


def test_a_cmyk_jpeg_keeps_its_colours() -> None:
    # Ink shares of 255: no cyan with full magenta and yellow is red.
    data = encode(Image.new("CMYK", (64, 64), (0, 255, 255, 0)), "JPEG", quality=95)
    assert np.abs(pixels_of(data) - (255, 0, 0)).max() <= 5
    half_black = encode(Image.new("CMYK", (64, 64), (0, 0, 0, 128)), "JPEG", quality=95)
    assert np.abs(pixels_of(half_black) - 127).max() <= 5


def test_a_palette_png_keeps_its_colours() -> None:
    image = quarters().quantize(4)
    assert image.mode == "P"
    assert (pixels_of(encode(image, "PNG")) == np.asarray(quarters())).all()


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_grey_picture_has_three_equal_channels(kind: str) -> None:
    ramp = np.tile(np.arange(64, dtype=np.uint8) * 4, (64, 1))
    got = pixels_of(encode(Image.fromarray(ramp), kind))
    assert (got[..., 0] == got[..., 1]).all()
    assert (got[..., 1] == got[..., 2]).all()
    assert np.abs(got[..., 0] - ramp).max() <= (0 if kind == "PNG" else 3)


def test_a_black_and_white_png_is_0_and_255() -> None:
    image = Image.fromarray(np.tile([False, True], (64, 32)))
    assert image.mode == "1"
    assert (pixels_of(encode(image, "PNG"))[..., 0] == np.tile([0, 255], (64, 32))).all()


@pytest.mark.parametrize(
    ("sixteen", "eight"), [(0, 0), (257, 1), (32768, 128), (65407, 255), (65534, 255), (65535, 255)]
)
def test_16_bit_grey_is_scaled_to_8_bit_and_rounded(sixteen: int, eight: int) -> None:
    # value / 257, to the nearest: 32768 is 127.502, 65407 is 254.502
    data = png((64, 64), 16, 0, struct.pack(">H", sixteen) * 64)
    assert (pixels_of(data) == eight).all()


def test_every_8_bit_grey_survives_a_round_trip_through_16_bit() -> None:
    row = np.arange(256, dtype=np.uint16) * 257
    data = png((256, 64), 16, 0, row.astype(">u2").tobytes())
    assert (pixels_of(data)[0] == np.arange(256)[:, None]).all()


def test_16_bit_rgb_is_scaled_and_not_saturated() -> None:
    data = png((64, 64), 16, 2, struct.pack(">HHH", 32768, 257, 65535) * 64)
    assert np.abs(pixels_of(data)[5, 5] - (128, 1, 255)).max() <= 1


def test_transparency_in_rgba_is_laid_onto_white() -> None:
    image = Image.new("RGBA", (64, 64), (200, 0, 0, 255))
    image.paste((200, 0, 0, 51), (0, 0, 32, 64))  # a fifth red, four fifths white
    image.paste((0, 0, 0, 0), (0, 0, 32, 32))  # what nobody can see is white, not black
    for kind, options in (("PNG", {}), ("WEBP", {"lossless": True, "exact": True})):
        got = pixels_of(encode(image, kind, **options))
        assert (got[0, 0] == 255).all()
        assert np.abs(got[50, 0] - (0.2 * 200 + 204, 204, 204)).max() <= 1
        assert (got[50, 60] == (200, 0, 0)).all()


def test_transparency_in_grey_is_laid_onto_white() -> None:
    got = pixels_of(encode(Image.new("LA", (64, 64), (100, 51)), "PNG"))
    assert np.abs(got - (0.2 * 100 + 204)).max() <= 1


def test_transparency_in_a_palette_is_laid_onto_white() -> None:
    image = Image.new("P", (64, 64), 0)
    image.putpalette([200, 0, 0, 0, 100, 0])
    image.paste(1, (0, 0, 32, 64))
    got = pixels_of(encode(image, "PNG", transparency=bytes([51, 255])))
    assert np.abs(got[0, 60] - (244, 204, 204)).max() <= 1
    assert (got[0, 0] == (0, 100, 0)).all()
    assert (pixels_of(encode(image, "PNG", transparency=1))[0, 0] == 255).all()


def test_a_transparent_colour_is_laid_onto_white() -> None:
    image = Image.new("RGB", (64, 64), (10, 20, 30))
    image.paste((1, 2, 3), (0, 0, 32, 64))
    got = pixels_of(encode(image, "PNG", transparency=(1, 2, 3)))
    assert (got[0, 0] == 255).all()
    assert (got[0, 60] == (10, 20, 30)).all()


def test_a_transparent_16_bit_grey_is_laid_onto_white() -> None:
    row = struct.pack(">HH", 2570, 32768) * 32  # 10 and 128 in 8 bit
    data = png((64, 64), 16, 0, row, chunk(b"tRNS", struct.pack(">H", 2570)))
    assert (pixels_of(data)[0, :2, 0] == (255, 128)).all()
    opaque = png((64, 64), 16, 0, row, chunk(b"tRNS", struct.pack(">H", 10)))  # no pixel is 10
    assert (pixels_of(opaque)[0, :2, 0] == (10, 128)).all()


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_of_an_animation_the_first_frame_is_taken(kind: str) -> None:
    first, second = Image.new("RGB", (64, 64), "red"), Image.new("RGB", (64, 64), "blue")
    options = {"lossless": True} if kind == "WEBP" else {}
    data = encode(first, kind, save_all=True, append_images=[second], duration=50, **options)
    with Image.open(io.BytesIO(data)) as check:
        assert check.n_frames == 2
    assert (pixels_of(data) == (255, 0, 0)).all()


def test_of_a_phones_two_picture_jpeg_the_first_is_taken() -> None:
    first, second = Image.new("RGB", (80, 64), "red"), Image.new("RGB", (70, 60), "blue")
    data = encode(first, "MPO", save_all=True, append_images=[second], quality=95)
    with Image.open(io.BytesIO(data)) as check:
        assert check.format == "MPO"
    got = pixels_of(data)
    assert got.shape == (64, 80, 3)
    assert np.abs(got - (255, 0, 0)).max() <= 5


@pytest.mark.parametrize(
    ("kind", "name"),
    [("PNG", "mole.jpg"), ("WEBP", "mole.png"), ("HEIF", "mole.jpeg"), ("PNG", "<script>.gif")],
)
def test_the_content_decides_and_not_the_extension(kind: str, name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(encode(quarters(), kind))
    got = np.asarray(read_image(tmp_path / name)).astype(int)
    assert np.abs(got - np.asarray(quarters())).mean() < (1 if kind == "PNG" else 20)


# --- metadata


SECRET = b"SECRET-PLACE-48.2082N-16.3738E"


def with_metadata(kind: str) -> bytes:
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()  # description
    exif.get_ifd(0x8825)[1] = "N"  # GPS: north,
    exif.get_ifd(0x8825)[2] = (48.0, 12.0, 29.5)  # degrees, minutes, seconds
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    options = {"exif": exif.tobytes(), "icc_profile": profile}
    if kind in ("JPEG", "WEBP", "HEIF"):
        options["xmp"] = b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>"
    if kind == "JPEG":
        options["comment"] = SECRET
    if kind == "PNG":
        text = PngImagePlugin.PngInfo()
        text.add_text("Comment", SECRET.decode())
        text.add_itxt("XML:com.adobe.xmp", SECRET.decode())
        options["pnginfo"] = text
    return encode(quarters(), kind, **options)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_metadata_is_gone_from_the_picture_and_from_a_saved_copy(kind: str) -> None:
    data = with_metadata(kind)
    with Image.open(io.BytesIO(data)) as before:
        assert 0x8825 in before.getexif()  # the test is about something
        assert before.info["icc_profile"]
    assert SECRET in data
    image = open_image(data)
    assert image.info == {}
    assert len(image.getexif()) == 0
    for copy_kind in ("JPEG", "PNG", "WEBP", "HEIF"):
        copy = encode(image, copy_kind)
        assert SECRET not in copy
        assert b"Exif" not in copy
        with Image.open(io.BytesIO(copy)) as after:
            assert len(after.getexif()) == 0
            assert not {"icc_profile", "xmp", "comment", "XML:com.adobe.xmp"} & {
                key for key, value in after.info.items() if value
            }


# --- whatever the bytes


def _valid() -> list[bytes]:
    frames = {"save_all": True, "append_images": [Image.new("RGB", (64, 64), "blue")]}
    square = quarters(64, 64)
    exif = Image.Exif()
    exif[0x0112] = 6
    return [
        encode(square, "JPEG", exif=exif),
        encode(square, "JPEG", progressive=True),
        encode(square.convert("CMYK"), "JPEG"),
        encode(square, "MPO", **frames),
        encode(square, "PNG", exif=exif),
        encode(square.quantize(4), "PNG", transparency=bytes([0, 9, 99, 255])),
        encode(square, "PNG", **frames),
        png((64, 64), 16, 0, bytes(range(128)), chunk(b"tRNS", b"\0\1")),
        encode(square, "WEBP"),
        encode(square.convert("RGBA"), "WEBP", lossless=True, exif=exif),
        encode(square, "WEBP", **frames),
    ]


VALID = _valid()


def with_true_checksums(data: bytes) -> bytes:
    """A PNG whose chunks' checksums fit their bodies, so that damage reaches the decoder."""
    out, at = bytearray(data), 8
    while at + 12 <= len(out):
        length = struct.unpack_from(">I", out, at)[0]
        end = at + 8 + length
        if end + 4 > len(out):
            break
        struct.pack_into(">I", out, end, zlib.crc32(bytes(out[at + 4 : end])))
        at = end + 4
    return bytes(out)


@pytest.mark.filterwarnings("ignore")  # a warning is not an exception when serving
@settings(
    max_examples=300, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
@given(
    base=st.sampled_from(VALID),
    changes=st.lists(
        st.tuples(st.one_of(st.integers(0, 80), st.integers(0, 4000)), st.integers(0, 255)),
        max_size=8,
    ),
    keep=st.one_of(st.just(1.0), st.floats(0, 1)),
    checksums=st.booleans(),
)
def test_damaged_bytes_give_an_rgb_picture_or_a_refusal_and_nothing_else(
    base: bytes, changes: list[tuple[int, int]], keep: float, checksums: bool
) -> None:
    data = bytearray(base)
    for place, value in changes:
        data[place % len(data)] = value
    damaged = bytes(data[: int(len(data) * keep)])
    if checksums and damaged.startswith(b"\x89PNG"):
        damaged = with_true_checksums(damaged)
    with contextlib.suppress(ImageRejected):
        image = open_image(damaged)
        assert image.mode == "RGB"
        assert image.info == {}
        assert min(image.size) >= images.MIN_SIDE
        assert image.width * image.height <= images.MAX_PIXELS


def test_a_heic_that_decodes_to_less_than_its_head_says_is_refused() -> None:
    from tests.fuzz import mutate, seeds

    # The two of the fuzzer's first 200,000 pictures that came back 13 and 45 pixels high.
    files = list(seeds.whole_files().values())
    for number in (44_712, 120_475):
        with pytest.raises(ImageRejected):
            open_image(mutate.mutated(files, number))
