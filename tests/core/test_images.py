from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile

from core import images
from core.images import ImageRejected, open_image, read_image
from tests.core.encoded import bomb, encode, png, quarters, refusal

ROOT = Path(__file__).resolve().parents[2]


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


def test_a_phones_twelve_megapixels_take_less_than_15_mib(tmp_path: Path) -> None:
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
    assert size == "(756, 1008)"
    assert float(taken) < 15  # MiB; at full scale and turned, it would be 93


def test_ten_megabytes_are_accepted_and_one_byte_more_is_refused_with_a_sentence() -> None:
    picture = encode(quarters(), "JPEG")
    padded = picture + bytes(10 * 1024**2 - len(picture))  # after a JPEG's end mark, all is ignored
    assert open_image(padded).size == (96, 64)
    assert "10.1 MB; the limit is 10 MB" in refusal(padded + b"\0")


def test_a_file_over_the_limit_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "huge.jpg").open("wb") as file:
        file.truncate(3 * 1024**3)  # sparse

    def read(self):
        raise AssertionError("read")

    monkeypatch.setattr(Path, "read_bytes", read)
    with pytest.raises(ImageRejected, match=r"has 3072 MB"):
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
