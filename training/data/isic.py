"""The ISIC Archive's own layouts, as its challenges and HAM10000 are downloaded.

ISIC 2020: ``train.csv`` with image_name, patient_id and target (1 is malignant). ISIC 2018 and
2019: a ground truth with ``image`` and a column a diagnosis, one of them 1. HAM10000: ``dx``. The
pictures may be in any folder below, as JPEG or PNG.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from core.labels import BENIGN, CLASSES, MALIGNANT
from training.data.labelled_set import DataRejected

# What counts as malignant: the challenges' diagnoses, actinic keratosis (a precursor, with Bowen's
# disease in one class) on the malignant side, as HAM10000's users mostly have it.
DIAGNOSES = {
    "mel": MALIGNANT, "bcc": MALIGNANT, "scc": MALIGNANT, "ak": MALIGNANT, "akiec": MALIGNANT,
    "nv": BENIGN, "bkl": BENIGN, "df": BENIGN, "vasc": BENIGN,
}  # fmt: skip
UNKNOWN = "unk"  # ISIC 2019's column for none of the others
_NAMES = ("image_name", "image_id", "image")
_PICTURES = {".jpg", ".jpeg", ".png"}
_CARRIED = ("lesion_id", "patient_id", "age_approx", "age", "sex", "anatom_site_general",
            "anatom_site_general_challenge", "localization")  # fmt: skip


def read(folder: Path) -> pd.DataFrame | None:
    """Columns file, path, label (0 or 1), what is known of the lesion; ``None`` for other layouts.

    Prints how diagnoses were mapped. Raises ``DataRejected``.
    """
    tables = {}
    for path in sorted(folder.glob("*.csv")):
        try:
            table = pd.read_csv(path, low_memory=False)
        except (OSError, ValueError) as error:
            raise DataRejected(f"{path} cannot be read: {str(error).strip()}.") from error
        name = next((column for column in _NAMES if column in table), None)
        if name is not None:
            tables[path.name] = table.rename(columns={name: "image"})
    truth = next((file for file, table in tables.items() if _is_truth(table)), None)
    if truth is None:
        return None
    table = tables.pop(truth)
    twice = table["image"][table["image"].duplicated()]
    if len(twice):
        raise DataRejected(f"{folder / truth} lists {twice.iloc[0]} twice.")
    for other in tables.values():  # ISIC 2019 keeps lesions in a second table
        extra = [c for c in _CARRIED if c in other and c not in table]
        table = table.merge(other[["image", *extra]].drop_duplicates("image"), "left", on="image")
    table = _labelled(table, folder / truth)
    files = {p.stem: p for p in sorted(folder.rglob("*")) if p.suffix.lower() in _PICTURES}
    lost = table["image"][~table["image"].isin(set(files))]
    if len(lost):
        raise DataRejected(f"{folder / truth} lists {lost.iloc[0]}, which is not there.")
    table["path"] = table["image"].map(files)
    table["file"] = [path.relative_to(folder).as_posix() for path in table["path"]]
    kept = [c for c in (*_CARRIED, "dx") if c in table]
    return table[["file", "path", "label", *kept]].reset_index(drop=True)


def _is_truth(table: pd.DataFrame) -> bool:
    return "target" in table or "dx" in table or bool(_one_hot(table))


def _one_hot(table: pd.DataFrame) -> list[str]:
    named = [c for c in table.columns if str(c).lower() in {*DIAGNOSES, UNKNOWN}]
    return named if {"mel", "nv"} <= {c.lower() for c in named} else []


def _labelled(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    if "target" in table:
        if not table["target"].isin((0, 1)).all():
            raise DataRejected(f"{path} has a target that is neither 0 nor 1.")
        print(f"{path.name}: target 1 is malignant, 0 is benign")
        return table.assign(label=table["target"].astype("int64"))
    columns = _one_hot(table)
    if columns:
        if not (table[columns].sum(axis=1) == 1).all():
            raise DataRejected(f"{path} has a row with no diagnosis, or with several.")
        table = table.assign(dx=table[columns].idxmax(axis=1).astype("string").str.lower())
    dx = table["dx"].astype("string").str.lower()
    strange = dx[~dx.isin({*DIAGNOSES, UNKNOWN})]
    if len(strange):
        raise DataRejected(f"{path} has a diagnosis {strange.iloc[0]!r} that is not known here.")
    for label, name in enumerate(CLASSES):
        counts = dx[dx.map(DIAGNOSES) == label].value_counts()
        print(f"{path.name}: {name}: {', '.join(f'{k} {v:,}' for k, v in counts.items())}")
    if (dx == UNKNOWN).any():
        print(f"{path.name}: left out, of unknown diagnosis: {int((dx == UNKNOWN).sum()):,}")
    known = table.assign(dx=dx)[dx != UNKNOWN]
    return known.assign(label=known["dx"].map(DIAGNOSES).astype("int64"))
