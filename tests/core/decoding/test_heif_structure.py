"""What a HEIC may be made of: one picture or a grid, with or without another for transparency."""

from __future__ import annotations

import io
import struct

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from core import images
from core.decoding import heif_boxes, heif_structure
from core.decoding.heif_boxes import Item
from core.images import open_image
from core.pictures.drawn_lesion import draw_lesion
from tests.core.decoding.by_hand import grid_body, heic, heic_parts, resized, size_property
from tests.core.encoded import encode, pixels_of, quarters, refusal

TOO_INVOLVED = "put together in a way that is not read here"
DAMAGED = "damaged or incomplete"


def as_libheif_shows_it(data: bytes) -> np.ndarray:
    """The picture without anything of ours."""
    found = pillow_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=True)
    return np.asarray(found.to_pillow().convert("RGB")).astype(int)


@pytest.mark.parametrize("tile", [0, 64])
@pytest.mark.parametrize("mirrored", [None, 0, 1])
@pytest.mark.parametrize("quarter", range(4))
def test_it_is_turned_and_mirrored_as_libheif_does_it(
    quarter: int, mirrored: int | None, tile: int
) -> None:
    data = encode(quarters(128, 64), "HEIF", quality=95, chroma=444, tile_size=tile)
    found = heif_boxes.read(data)
    items, parts = list(found.items.values()), [found.data(item) for item in found.items.values()]
    shown = items.pop(list(found.items).index(found.primary))
    whole = parts.pop(list(found.items).index(found.primary))
    shown.references = {b"dimg": list(range(2, 2 + len(items)))} if items else {}
    shown.properties.append((b"irot", bytes([quarter])))
    if mirrored is not None:
        shown.properties.append((b"imir", bytes([mirrored])))
    made = heic([shown, *items], [whole, *parts])
    assert (pixels_of(made) == as_libheif_shows_it(made)).all()
    assert len(np.unique(pixels_of(made).reshape(-1, 3), axis=0)) > 3


def test_mirrored_before_it_is_turned() -> None:
    item, data = heic_parts(quarters(), quality=95, chroma=444)
    for turns in ([(b"imir", b"\1"), (b"irot", b"\1")], [(b"irot", b"\1"), (b"imir", b"\1")]):
        made = heic([Item(item.kind, [*item.properties, *turns])], [data])
        assert (pixels_of(made) == as_libheif_shows_it(made)).all()


def test_a_crop_is_done_before_it_is_turned() -> None:
    item, data = heic_parts(quarters(), quality=95, chroma=444)
    crop = b"clap", struct.pack(">8I", 60, 1, 58, 1, 0, 1, 0, 1)
    made = heic([Item(item.kind, [*item.properties, crop, (b"irot", b"\1")])], [data])
    assert open_image(made).size == (58, 60)
    assert (pixels_of(made) == as_libheif_shows_it(made)).all()
    larger = b"clap", struct.pack(">8I", 60000, 1, 60000, 1, 0, 1, 0, 1)
    assert "3600 megapixels" in refusal(heic([Item(item.kind, [*item.properties, larger])], [data]))
    less = b"clap", struct.pack(">8I", 8, 1, 8, 1, 0, 1, 0, 1)
    assert "only 8 x 8 pixels" in refusal(heic([Item(item.kind, [*item.properties, less])], [data]))


def test_a_large_grid_comes_out_the_same_some_rows_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = encode(draw_lesion(500, 750), "HEIF", quality=80, tile_size=128)
    whole = pixels_of(data)
    for most in (128 * 500, 2 * 128 * 500, 5 * 128 * 500):
        monkeypatch.setattr(heif_structure, "BAND_PIXELS", most)
        assert len(heif_structure.read(data).bands) == 6 // (most // 64_000) + (most == 320_000)
        assert (pixels_of(data) == whole).all()
    monkeypatch.setattr(images, "ENOUGH_PIXELS", 100_000)
    monkeypatch.setattr(images, "SIDE", 100)
    assert pixels_of(data).shape == (375, 250, 3)


def grid(
    columns: int, rows: int, canvas: tuple[int, int], head: tuple[int, int] | None = None,
    tiles: int | None = None, side: int = 64,
) -> bytes:  # fmt: skip
    """A grid of tiles of 64 x 64, all of one colour."""
    item, data = heic_parts(Image.new("RGB", (side, side), "tan"))
    count = columns * rows if tiles is None else tiles
    shown = Item(b"grid", [size_property(*(head or canvas))])
    shown.references[b"dimg"] = list(range(2, 2 + count))
    body = grid_body(columns, rows, *canvas)
    return heic([shown, *[item] * count], [body, *[data] * count])


def test_an_iphones_48_megapixels_open() -> None:
    data = grid(16, 12, (8064, 6048), side=512)
    found = heif_structure.read(data)
    assert found.size == (8064, 6048)
    assert len(found.bands) > 1
    assert images.DECODER_BYTES / found.bytes_per_pixel > images.MAX_PIXELS
    got = open_image(data)
    assert got.size == (1008, 756)
    assert np.abs(np.asarray(got).astype(int) - (210, 180, 140)).max() <= 3


def test_a_decoder_gets_no_thumbnail_place_or_text() -> None:
    exif = Image.Exif()
    exif[0x010E] = "SECRET"
    data = encode(
        draw_lesion(), "HEIF", quality=50, exif=exif.tobytes(), xmp=b"SECRET", thumbnails=[96, 200]
    )
    assert len(heif_boxes.read(data).items) > 3
    band = heif_structure.read(data).bands[0]
    assert b"SECRET" in data
    assert b"SECRET" not in band
    assert len(heif_boxes.read(band).items) == 1


def test_what_is_seen_through_is_white() -> None:
    image = Image.new("RGBA", (96, 64), (200, 0, 0, 255))
    image.paste((0, 0, 0, 0), (0, 0, 48, 64))
    got = pixels_of(encode(image, "HEIF", quality=95, chroma=444))
    assert got[10, 10].min() > 245
    assert np.abs(got[10, 90] - (200, 0, 0)).max() < 12


@pytest.mark.parametrize("kind", [b"iovl", b"iden", b"tmap", b"what"])
def test_items_made_of_others_are_refused_but_a_grid(kind: bytes) -> None:
    item, data = heic_parts(quarters())
    body = struct.pack(">BB4HII", 0, 1, 0, 0, 0, 0, 16384, 16384) if kind == b"iovl" else b""
    made = Item(kind, [size_property(64, 64)], references={b"dimg": [2]})
    assert TOO_INVOLVED in refusal(heic([made, item], [body, data]))


@pytest.mark.parametrize("kind", [b"av01", b"jpeg", b"unci", b"vvc1"])
def test_other_ways_to_code_are_named_as_other_formats_are(kind: bytes) -> None:
    item, data = heic_parts(quarters())
    assert "JPEG, PNG, WebP or HEIC" in refusal(heic([Item(kind, item.properties)], [data]))


@pytest.mark.parametrize("brand", [b"avif", b"isom", b"qt  ", b"crx ", b"jp2 "])
def test_films_and_raw_files_are_no_pictures(brand: bytes) -> None:
    head = struct.pack(">I4s4s4s4s", 20, b"ftyp", brand, bytes(4), brand)
    assert "JPEG, PNG, WebP or HEIC" in refusal(head + struct.pack(">I4s", 8, b"moov"))


def test_a_brand_may_stand_among_the_compatible_ones() -> None:
    data = encode(quarters(), "HEIF")
    assert data[8:12] == b"heic"
    assert open_image(data[:8] + b"miaf" + data[12:]).size == (96, 64)


def test_a_grids_tiles_have_to_fill_it() -> None:
    assert open_image(grid(2, 2, (128, 128))).size == (128, 128)
    assert open_image(grid(2, 2, (100, 70))).size == (100, 70)
    assert DAMAGED in refusal(grid(2, 2, (129, 128)))
    assert DAMAGED in refusal(grid(2, 2, (64, 128)))
    assert DAMAGED in refusal(grid(2, 2, (128, 128), head=(64, 64)))
    assert DAMAGED in refusal(grid(2, 2, (128, 128), tiles=3))
    assert DAMAGED in refusal(grid(1, 1, (16384, 16384), head=(64, 64)))
    assert TOO_INVOLVED in refusal(grid(31, 31, (31 * 64, 31 * 64)))


def test_one_tile_in_many_places_may_not_cost_more_than_the_file() -> None:
    random = np.random.default_rng(0)
    noise = Image.fromarray(random.integers(0, 255, (256, 256, 3), dtype=np.uint8))
    item, data = heic_parts(noise, quality=90)
    shown = Item(b"grid", [size_property(512, 256)], references={b"dimg": [2, 3]})
    whole = heic([shown, item, item], [grid_body(2, 1, 512, 256), data, data])
    assert open_image(whole).size == (512, 256)
    shown.references[b"dimg"] = [2, 2]
    assert TOO_INVOLVED in refusal(heic([shown, item], [grid_body(2, 1, 512, 256), data]))


def test_tiles_are_all_of_one_size_and_not_turned() -> None:
    item, data = heic_parts(Image.new("RGB", (64, 64), "tan"))
    other, more = heic_parts(Image.new("RGB", (128, 64), "tan"))
    shown = Item(b"grid", [size_property(128, 64)], references={b"dimg": [2, 3]})
    body = grid_body(2, 1, 128, 64)
    assert DAMAGED in refusal(heic([shown, item, other], [body, data, more]))
    turned = Item(item.kind, [*item.properties, (b"irot", b"\1")])
    assert TOO_INVOLVED in refusal(heic([shown, item, turned], [body, data, data]))
    inner = Item(b"grid", [size_property(64, 64)], references={b"dimg": [3]})
    assert TOO_INVOLVED in refusal(heic([shown, inner, item], [body, body, data]))


def test_a_size_in_the_coded_picture_counts_too() -> None:
    item, data = heic_parts(Image.new("RGB", (2000, 1500), "tan"), quality=10)
    assert DAMAGED in refusal(heic([resized(item, 64, 64)], [data]))
    assert DAMAGED in refusal(heic([resized(item, 4000, 3000)], [data]))
    assert open_image(heic([item], [data])).size == (1000, 750)


def test_deep_and_full_colour_takes_more_memory_so_that_fewer_pixels_are_allowed() -> None:
    def most(chroma: int, bits: int) -> float:
        image = Image.new("RGB", (256, 256), "tan")
        if bits == 8:
            data = encode(image, "HEIF", chroma=chroma)
        else:
            pixels = (np.asarray(image).astype(np.uint16) * 257).tobytes()
            buffer = io.BytesIO()
            pillow_heif.options.SAVE_HDR_TO_12_BIT = bits == 12
            try:
                pillow_heif.from_bytes("RGB;16", image.size, pixels).save(buffer, chroma=chroma)
            finally:
                pillow_heif.options.SAVE_HDR_TO_12_BIT = False
            data = buffer.getvalue()
        return images.DECODER_BYTES / heif_structure.read(data).bytes_per_pixel / 1e6

    assert most(420, 8) == pytest.approx(33.3, abs=0.1)
    assert most(420, 10) == pytest.approx(31.2, abs=0.1)
    assert most(422, 10) == pytest.approx(18.5, abs=0.1)
    assert most(444, 12) == pytest.approx(16.1, abs=0.1)


def test_several_pictures_or_thousands_of_slices_in_one_item_are_refused() -> None:
    item, data = heic_parts(quarters())
    assert TOO_INVOLVED in refusal(heic([item], [data * 2]))
    more = b"\0\0\0\3" + bytes([data[4], data[5], 0])
    assert TOO_INVOLVED in refusal(heic([item], [data + more * 600]))
    with_sets = b"\0\0\0\3\x42\1\0" * 70
    assert TOO_INVOLVED in refusal(heic([item], [with_sets + data]))


def test_a_picture_that_names_others_counts_for_all_that_a_decoder_would_make_up() -> None:
    item, data = heic_parts(Image.new("RGB", (512, 512), "tan"))
    other = bytearray(data)
    other[4] = 21 << 1  # a clean random access picture
    plain, odd = (
        heif_structure.read(heic([item], [bytes(one)])).bytes_per_pixel for one in (data, other)
    )
    assert odd == pytest.approx(plain + 16 * 1.5)


def test_transparency_is_as_large_as_its_picture() -> None:
    item, data = heic_parts(quarters())
    alpha, more = heic_parts(Image.new("RGB", (960, 640)))
    alpha.properties.append((b"auxC", bytes(4) + b"urn:mpeg:hevc:2015:auxid:1\0"))
    alpha.references = {b"auxl": [1]}
    assert TOO_INVOLVED in refusal(heic([item, alpha], [data, more]))


def test_tables_that_claim_millions_are_refused() -> None:
    data = encode(quarters(), "HEIF")
    for kind, at in ((b"iloc", 6), (b"ipma", 4)):
        place = data.index(kind) + 4 + at
        assert refusal(data[:place] + b"\xff\xff\xff\xff" + data[place + 4 :])


@pytest.mark.parametrize("kind", [b"meta", b"pitm", b"iinf", b"iloc", b"iprp", b"hvcC", b"ispe"])
def test_without_a_table_that_matters_it_is_damaged(kind: bytes) -> None:
    data = encode(quarters(), "HEIF")
    assert DAMAGED in refusal(data.replace(kind, b"free"))
