"""Which pictures stand in reference/: chosen once, from HAM10000 and PAD-UFES-20 alone."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path

import pandas as pd

from core.files import write_bytes, write_text
from core.pictures import reference
from core.results.collections import HAM_OTHER, PAD_UFES, REPORT
from training.data.folders import read_folder
from training.data.hdf5 import read_picture

# Never from Fitzpatrick17k: faces and intimate sites occur there.
FROM = (REPORT, HAM_OTHER, PAD_UFES)
SIDE = 160  # pixels, the longer side
_QUALITY = 80
_SEED = 0
# How many of each diagnosis, benign and malignant alike for each kind of picture.
DERMOSCOPIC = {"nv": 55, "bkl": 30, "vasc": 8, "df": 7, "mel": 50, "bcc": 30, "akiec": 20}
PHOTOS = {"NEV": 40, "ACK": 33, "SEK": 27, "BCC": 62, "SCC": 23, "MEL": 15}
# Parts of a face: a picture that is to be shown must not tell who it is.
FACES = ("FACE", "NOSE", "LIP", "EAR")


def choose(root: Path, folder: Path = reference.FOLDER) -> pd.DataFrame:
    """Write the thumbnails and their table; returns the table."""
    ham = pd.concat([_of(root, name) for name in (REPORT, HAM_OTHER)])
    ham = ham[ham["lesion_id"].notna() & (ham.get("split") != "test")]
    ham = ham[ham["lesion_in_both_splits"].fillna(0) == 0].drop_duplicates("lesion_id")
    pad = _of(root, PAD_UFES)
    pad = pad[~pad["region"].isin(FACES)]
    pad = pad.drop_duplicates("patient_id")
    chosen = pd.concat([
        _some(ham, DERMOSCOPIC).assign(kind="dermoscopic"), _some(pad, PHOTOS).assign(kind="photo"),
    ])  # fmt: skip
    images = folder / reference.IMAGES
    if images.is_dir():
        shutil.rmtree(images)
    images.mkdir(parents=True)
    rows = []
    for row in chosen.itertuples():
        original = Path(str(row.original)).stem
        name = f"{original if row.collection != REPORT else str(row.image_id)}.jpg"
        picture = read_picture(Path(str(row.path)))
        picture.thumbnail((SIDE, SIDE))
        packed = io.BytesIO()
        picture.save(packed, "JPEG", quality=_QUALITY)
        write_bytes(images / name, packed.getvalue())
        rows.append((name, row.kind, row.word, row.dx, row.collection, row.original))
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(reference.COLUMNS)
    table.writerows(rows)
    write_text(folder / reference.METADATA, text.getvalue())
    return chosen


def _of(root: Path, name: str) -> pd.DataFrame:
    """The pictures of a collection, shuffled: which one of a lesion comes first is chance."""
    table = read_folder(root / name).table.sample(frac=1, random_state=_SEED)
    return table.assign(
        collection=name, original=table["file"],
        word=table["label"].map({0: "benign", 1: "malignant"}),
    )  # fmt: skip


def _some(table: pd.DataFrame, wanted: dict[str, int]) -> pd.DataFrame:
    return pd.concat([table[table["dx"] == dx].head(count) for dx, count in wanted.items()])
