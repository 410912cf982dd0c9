"""Files that failed once, or must go on working, each with its right value.

They are in the folder that LESION_CASES names (pictures/, archives/, folders/, hostile/). What each
stands for is drawn anew in the tests of the module that mends it; this reads the files themselves.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest

from core.fairness import own_collection
from core.fairness.groups import NOT_RECORDED
from core.images import ImageRejected, open_image, read_image
from core.pictures.archive import ArchiveRejected, open_archive
from training.data.folders import read_folder

CASES = Path(os.environ.get("LESION_CASES", ""))
pytestmark = pytest.mark.skipif(
    "LESION_CASES" not in os.environ, reason="LESION_CASES does not name a folder of cases"
)
MOST = 1.0  # mean difference of colours, of 255
SAME = ("pic_png_big_ztxt.png", "pic_png_big_itxt_xmp.png", "pic_png_bad_crc_text.png")
LIKE = (
    "display_p3.jpg", "display_p3.png", "display_p3.webp", "pic_png_cicp_p3.png", "srgb.jpg",
    "srgb_tagged.jpg", "pic_no_eoi.jpg", "pic_mpo_second_half.jpg", "pic_ultra_hdr_mpo.jpg",
    "pic_heic_plain.heic", "pic_heic_10bit.heic", "pic_motion_photo.jpg", "pic_cmyk_adobe.jpg",
)  # fmt: skip


def archive(name: str) -> bytes:
    return (CASES / "archives" / f"{name}.zip").read_bytes()


@pytest.mark.parametrize(("name", "most"), [*((n, 0.0) for n in SAME), *((n, MOST) for n in LIKE)])
def test_a_picture_has_the_colours_of_the_drawing(name: str, most: float) -> None:
    drawn, found = (
        np.asarray(read_image(CASES / "pictures" / file), float) for file in ("srgb.png", name)
    )
    assert found.shape == drawn.shape == (480, 640, 3)
    assert np.abs(found - drawn).mean() <= most


def test_a_phones_fifty_megapixels_open() -> None:
    assert read_image(CASES / "pictures" / "pic_pixel_50mp.jpg").size == (1020, 768)


@pytest.mark.parametrize(
    ("name", "pictures"),
    [("icloud_live_photos", 2), ("google_takeout", 1), ("dotnet_backslashes", 2), ("mac_icon", 1)],
)
def test_an_export_gives_its_pictures_alone(name: str, pictures: int) -> None:
    files = list(open_archive(archive(name)))
    assert len(files) == pictures
    assert all(open_image(file.data) for file in files)


@pytest.mark.parametrize(
    ("name", "labels", "column", "values"),
    [
        *((name, [0, 1, 0], "skin type", ["II", "V", "V"]) for name in (
            "csv_plain", "csv_tsv", "csv_R_write_csv", "csv_excel_sep_line", "csv_zero_width",
            "csv_excel_trailing_separators", "csv_extension_case", "csv_utf16_unicode_text",
        )),
        ("csv_comma_in_semicolon_header", [0, 1, 0], "age, sex, site, other", ["a", "b", "b"]),
        ("csv_isic_columns", [0, 1, 0], "fitzpatrick_skin_type", ["II", "V", "V"]),
        ("csv_NA_values", [0, 1, 0], "skin type", [NOT_RECORDED, NOT_RECORDED, "V"]),
        ("csv_minus_one", [0, 1, 0], "fitzpatrick_scale", [NOT_RECORDED, NOT_RECORDED, "5"]),
        ("isic_archive_download", [0, 1], "sex", ["male", "female"]),
        *((f"{by}_umlaut", [0, 1], "site", ["arm", "leg"])
          for by in ("mac_finder", "windows_cp1252", "python")),
        ("long_only_second", [1], "site", ["arm"]),
    ],
)  # fmt: skip
def test_a_collection_has_its_rows(
    name: str, labels: list[int], column: str, values: list[str]
) -> None:
    found = own_collection.read(archive(name))
    assert list(found.table["label"]) == labels
    assert column in found.columns
    assert list(found.table[column]) == values
    assert len(list(found.archive)) == len(labels)
    if "umlaut" in name:
        assert list(found.table["file"]) == ["Läsion 1.jpg", "Läsion 2.jpg"]


def test_a_label_is_of_the_patient_whom_the_table_names() -> None:
    (picture,) = own_collection.read(archive("long_only_second")).archive
    red, _, blue = open_image(picture.data).resize((1, 1)).getpixel((0, 0))  # type: ignore[misc]
    assert red > 200
    assert blue < 50


def test_labels_of_0_and_1_are_asked_about() -> None:
    with pytest.raises(ArchiveRejected, match="a column 'malignant' with 0 and 1"):
        own_collection.read(archive("csv_label_0_1"))


@pytest.mark.parametrize(
    ("name", "each"),
    [*((name, 20) for name in ("jupyter", "windows_thumbs", "google_drive", "subfolder_with_dot")),
     *((name, 6) for name in ("listed_plain", "listed_semicolon", "listed_capital_labels",
                              "isic_archive", "pad_ufes"))],
)  # fmt: skip
def test_a_training_folder_has_its_pictures(name: str, each: int) -> None:
    labels = read_folder(CASES / "folders" / name).labels.tolist()
    assert (labels.count(0), labels.count(1)) == (each, each)


@pytest.mark.parametrize(
    "name", ["iovl_16k.heic", "prog_20k.jpg", "jpeg_seq_multiscan_50mp_4c.jpg"]
)
def test_a_picture_made_to_hurt_is_refused_at_once(name: str) -> None:
    start = time.process_time()
    with pytest.raises(ImageRejected):
        read_image(CASES / "hostile" / name)
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    ("name", "said"), [("csv_5000_columns", "5,002 columns"), ("zip_empty_name", "a proper name")]
)
def test_an_archive_made_to_hurt_is_refused_at_once(name: str, said: str) -> None:
    start = time.process_time()
    with pytest.raises(ArchiveRejected, match=said):
        own_collection.read((CASES / "hostile" / f"{name}.zip").read_bytes())
    assert time.process_time() - start < 5
