"""The ISIC Archive's own layouts, as its challenges and HAM10000 are downloaded.

ISIC 2020: ``train.csv`` with image_name, patient_id and target (1 is malignant). ISIC 2024: the
same with isic_id, its pictures in one HDF5 file. ISIC 2018 and 2019: a ground truth with ``image``
and a column a diagnosis, one of them 1. HAM10000: ``dx``. The pictures may be in any folder below,
as JPEG or PNG, or in HDF5 files beside the table.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from core.labels import BENIGN, CLASSES, MALIGNANT
from core.pictures.file_kinds import is_litter
from core.results.card import LabelRule
from training.data.hdf5 import Source, pictures_in
from training.data.label_rule import Mapping, heeded, mapped, refuse
from training.data.labelled_set import DataRejected
from training.data.metadata import read_table

# What counts as malignant: the challenges' diagnoses, actinic keratosis (a precursor, with Bowen's
# disease in one class) on the malignant side, as HAM10000's users mostly have it.
DIAGNOSES = {
    "mel": MALIGNANT, "bcc": MALIGNANT, "scc": MALIGNANT, "ak": MALIGNANT, "akiec": MALIGNANT,
    "nv": BENIGN, "bkl": BENIGN, "df": BENIGN, "vasc": BENIGN,
}  # fmt: skip
UNKNOWN = "unk"  # ISIC 2019's column for none of the others
_NAMES = ("image_name", "image_id", "isic_id", "image")
_PICTURES = {".jpg", ".jpeg", ".png"}
_CARRIED = ("lesion_id", "patient_id", "age_approx", "age", "sex", "anatom_site_general",
            "anatom_site_general_challenge", "localization")  # fmt: skip


def read(folder: Path, rule: LabelRule) -> tuple[pd.DataFrame, Mapping] | None:
    """Columns file, path, label (0 or 1), what is known of the lesion, and how labels were mapped.

    ``None`` for other layouts. Raises ``DataRejected``.
    """
    tables = {}
    for path in sorted(folder.glob("*.csv")):
        table = read_table(path)
        name = next((column for column in _NAMES if column in table), None)
        if name is not None:
            tables[path.name] = table.rename(columns={name: "image"})
    rule = heeded(rule, *(t.get(rule.column or "dx") for t in tables.values()))
    truth = next(
        (file for file, t in tables.items() if (rule.column in t if rule.column else _is_truth(t))),
        None,
    )
    if truth is None:
        return None
    table = tables.pop(truth)
    twice = table["image"][table["image"].duplicated()].astype(str).unique()
    refuse(folder / truth, "pictures that are listed twice", list(twice))
    for other in tables.values():  # ISIC 2019 keeps lesions in a second table
        extra = [c for c in _CARRIED if c in other and c not in table]
        table = table.merge(other[["image", *extra]].drop_duplicates("image"), "left", on="image")
    table, mapping = _labelled(table, folder / truth, rule)
    files = _files(folder)
    refuse(folder / truth, "pictures that are not there",
           [str(name) for name in table["image"] if str(name) not in files])  # fmt: skip
    names = table["image"].astype(str)
    table["file"] = names.map({key: file for key, (file, _) in files.items()})
    table["path"] = pd.Series([files[name][1] for name in names], index=table.index)
    kept = [c for c in (*_CARRIED, "dx") if c in table]
    return table[["file", "path", "label", *kept]].reset_index(drop=True), mapping


def _files(folder: Path) -> dict[str, tuple[str, Source]]:
    """Every picture below by its name without a suffix: what the set calls it, and where it is."""
    found: dict[str, tuple[str, Source]] = {
        p.stem: (p.relative_to(folder).as_posix(), p)
        for p in sorted(folder.rglob("*"))
        if p.suffix.lower() in _PICTURES and not is_litter(p.relative_to(folder))
    }
    return found | {name: (f"{source.container.name}/{name}", source)
                    for name, source in pictures_in(folder)}  # fmt: skip


def _is_truth(table: pd.DataFrame) -> bool:
    return "target" in table or "dx" in table or bool(_one_hot(table))


def _one_hot(table: pd.DataFrame) -> list[str]:
    named = [c for c in table.columns if str(c).lower() in {*DIAGNOSES, UNKNOWN}]
    return named if {"mel", "nv"} <= {c.lower() for c in named} else []


def _labelled(table: pd.DataFrame, path: Path, rule: LabelRule) -> tuple[pd.DataFrame, Mapping]:
    columns = _one_hot(table)
    if columns:
        if not (table[columns].sum(axis=1) == 1).all():
            raise DataRejected(f"{path} has a row with no diagnosis, or with several.")
        table = table.assign(dx=table[columns].idxmax(axis=1).astype("string").str.lower())
    asked = rule.column or ("dx" if rule.given and "dx" in table else "")
    if asked:
        labels, mapping = mapped(table[asked], rule, path)
        refuse(path, "pictures without a label of either kind",
               [f"{name} ({said!r})" for name, said, label
                in zip(table["image"], table[asked], labels, strict=True)
                if label is None])  # fmt: skip
        return table.assign(label=np.array(labels)), mapping
    if "target" in table:
        if not table["target"].isin((0, 1)).all():
            raise DataRejected(f"{path} has a target that is neither 0 nor 1.")
        by_target = Mapping("malignant: target 1; benign: target 0")
        return table.assign(label=table["target"].astype("int64")), by_target
    dx = table["dx"].astype("string").str.lower()
    strange = dx[~dx.isin({*DIAGNOSES, UNKNOWN})]
    if len(strange):
        raise DataRejected(f"{path} has a diagnosis {strange.iloc[0]!r} that is not known here.")
    told = []
    for label in (MALIGNANT, BENIGN):
        counts = dx[dx.map(DIAGNOSES) == label].value_counts()
        told.append(f"{CLASSES[label]}: {', '.join(f'{k} {v:,}' for k, v in counts.items())}")
    if (dx == UNKNOWN).any():
        told.append(f"left out, of unknown diagnosis: {int((dx == UNKNOWN).sum()):,}")
    known = table.assign(dx=dx)[dx != UNKNOWN]
    return known.assign(label=known["dx"].map(DIAGNOSES).astype("int64")), Mapping("; ".join(told))
