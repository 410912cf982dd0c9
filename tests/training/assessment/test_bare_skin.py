from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy import ndimage

from core.arrays import Mask
from training.assessment import bare_skin, gate_pictures
from training.data.labelled_set import DataRejected


def marked(height: int, width: int, left: float, right: float) -> Mask:
    """A mask whose lesion reaches over the whole height, between two shares of the width."""
    across = np.arange(width) / width
    return np.tile((across >= left) & (across < right), (height, 1))


def away(mask: Mask, box: bare_skin.Box) -> float:
    """How many pixels lie between a box and the lesion, the way a king walks."""
    left, upper, right, lower = box
    return float(ndimage.distance_transform_cdt(~mask, "chessboard")[upper:lower, left:right].min())


@pytest.mark.parametrize(("left", "right"), [(0.4, 0.6), (0.45, 0.55), (0.0, 0.3)])
def test_patches_are_squares_inside_the_picture_and_away_from_the_lesion(
    left: float, right: float
) -> None:
    mask = marked(200, 240, left, right)
    found = bare_skin.boxes(mask, "a.jpg")
    assert len(set(found)) == 4
    for box in found:
        assert box[2] - box[0] == box[3] - box[1]
        assert box[0] >= 0
        assert box[1] >= 0
        assert box[2] <= 240
        assert box[3] <= 200
        assert away(mask, box) > 8  # a 25th of the shorter side


def test_the_largest_side_that_fits_is_cut() -> None:
    # 240 x (1 - 0.42) = 139 pixels are free to the right, less a margin of 8: 0.6 x 200 fits
    roomy = bare_skin.boxes(marked(200, 240, 0.0, 0.42), "a.jpg")
    assert {right - left for left, _, right, _ in roomy} == {120}
    narrow = bare_skin.boxes(marked(200, 240, 0.0, 0.6), "a.jpg")  # 96 less 8: only 0.4 x 200 fits
    assert {right - left for left, _, right, _ in narrow} == {80}
    assert bare_skin.boxes(marked(200, 240, 0.1, 0.9), "a.jpg") == []  # 24 pixels on either side


def test_places_depend_on_the_picture_alone_and_a_mask_that_missed_gives_none() -> None:
    mask = marked(200, 240, 0.45, 0.55)
    assert bare_skin.boxes(mask, "a.jpg") == bare_skin.boxes(mask, "a.jpg")
    assert bare_skin.boxes(mask, "a.jpg") != bare_skin.boxes(mask, "b.jpg")
    missed = np.zeros((200, 240), dtype=bool)
    missed[100, 100] = True
    assert bare_skin.boxes(missed, "a.jpg") == []


@pytest.fixture
def photos(tmp_path: Path) -> pd.DataFrame:
    """Two green photos with a red stripe that is masked, and one without a mask."""
    (tmp_path / "masks").mkdir()
    mask = marked(200, 240, 0.45, 0.55)
    rows = []
    for i in range(3):
        pixels = np.where(mask[..., None], (200, 0, 0), (0, 200, 0)).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{i}.png")
        Image.fromarray(mask).save(tmp_path / "masks" / f"{i}_mask.png")
        rows.append({"path": tmp_path / f"{i}.png", "file": f"{i}.png", "group": f"P{i}",
                     "mask": f"{i}_mask.png" if i else None})  # fmt: skip
    return pd.DataFrame(rows)


def test_patches_hold_no_lesion_keep_their_person_and_are_cut_once(
    photos: pd.DataFrame, tmp_path: Path
) -> None:
    found = bare_skin.cut(photos, tmp_path / "masks", tmp_path / "cut")
    assert found["group"].value_counts().to_dict() == {"P1": 4, "P2": 4}
    for path in found["path"]:
        with Image.open(path) as patch:
            assert patch.getcolors() == [(patch.width * patch.height, (0, 200, 0))]
    before = {path: path.stat().st_mtime_ns for path in found["path"]}
    again = bare_skin.cut(photos, tmp_path / "masks", tmp_path / "cut")
    assert again.equals(found)
    assert {path: path.stat().st_mtime_ns for path in again["path"]} == before


def test_without_masks_there_are_no_patches(photos: pd.DataFrame, tmp_path: Path) -> None:
    unmarked = photos.drop(columns="mask")
    assert bare_skin.cut(unmarked, tmp_path / "masks", tmp_path / "cut").empty
    assert bare_skin.cut(photos, tmp_path / "nowhere", tmp_path / "cut").empty


def test_a_mask_that_is_missing_or_of_another_picture_is_refused(
    photos: pd.DataFrame, tmp_path: Path
) -> None:
    Image.new("1", (100, 100)).save(tmp_path / "masks" / "1_mask.png")
    Image.fromarray(marked(100, 240, 0.45, 0.55)).save(tmp_path / "masks" / "2_mask.png")
    with pytest.raises(DataRejected, match=r"2_mask.png is not as large as its picture"):
        bare_skin.cut(photos, tmp_path / "masks", tmp_path / "cut")
    (tmp_path / "masks" / "1_mask.png").unlink()
    with pytest.raises(DataRejected, match=r"1_mask.png can't be read"):
        bare_skin.cut(photos, tmp_path / "masks", tmp_path / "cut")
    assert not (tmp_path / "cut").exists()


def test_the_gate_is_shown_skin_of_the_photos_own_people(
    photos: pd.DataFrame, tmp_path: Path
) -> None:
    root = tmp_path / "data"
    folder = root / "pad_ufes_20_half"
    (folder / "images").mkdir(parents=True)
    (tmp_path / "masks").rename(folder / "masks")
    for name in photos["file"]:
        (tmp_path / name).rename(folder / "images" / name)
    rows = photos.assign(label="benign", patient_id=photos["group"])
    rows[["file", "label", "patient_id", "mask"]].to_csv(folder / "metadata.csv", index=False)
    (root / "not_lesion").mkdir()
    (root / "not_lesion" / "metadata.csv").write_text("file,gate_class,patient_id\n")
    photo, skin = gate_pictures.read(root, ("pad_ufes_20_half",), tmp_path / "cut")
    assert (photo.content, skin.content) == ("photo", "bare skin")
    assert set(skin.people) == {"P1", "P2"}
    sides = dict(zip(photo.people, photo.fitted, strict=True))
    assert [sides[person] for person in skin.people] == skin.fitted.tolist()
