"""Folders of labelled pictures: in folders by class, listed in ``metadata.csv``, ISIC's own.

By class: ``train/benign``, ``train/malignant`` and the same under ``test/``, as Kaggle has it, with
or without ``val/``; or ``benign`` and ``malignant`` alone. Beside it, or for any other set, a
``metadata.csv`` (or .tsv, or .txt as Excel's 'Unicode text' is called) names one picture a row:
``file`` (relative to the folder or to its ``images/``), ``label``, where wanted ``split`` (train,
val or test), and any further columns. Which labels mean malignant is
``training.data.label_rule``'s; ``training.data.isic`` reads the ISIC Archive's tables.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterable
from itertools import chain
from pathlib import Path, PurePath

import numpy as np
import pandas as pd
from PIL import Image
from tqdm import tqdm

from core.images import ImageRejected, open_image
from core.labels import CLASSES
from core.pictures import file_kinds
from core.preprocessing import SIDE
from core.results import collections
from core.results.card import LabelRule
from training.data import isic, metadata, same_lesion
from training.data.hdf5 import Source
from training.data.label_rule import TWO_WORDS, Mapping, heeded, mapped, refuse
from training.data.labelled_set import TEST, TRAIN, VALIDATION, DataRejected, LabelledSet

# How people write the three parts of a split.
_PARTS = {
    TRAIN: TRAIN, "training": TRAIN, VALIDATION: VALIDATION, "valid": VALIDATION,
    "validation": VALIDATION, TEST: TEST, "testing": TEST,
}  # fmt: skip
_LISTED = ("metadata.csv", "metadata.tsv", "metadata.txt")
_BOTH = " nor ".join(CLASSES)
_PLAIN = ("JPEG", "PNG", "WEBP")  # whose head tells enough before the pixels are read
_LEAST_SIDE = SIDE // 4  # as ``core.images`` has it


def read_folder(
    folder: Path, both_classes: bool = True, rule: LabelRule = TWO_WORDS
) -> LabelledSet:
    """Find the labelled pictures in ``folder``; raises ``DataRejected``, naming all that is wrong.

    A picture's group is its lesion or patient where the metadata name one, else its content, so
    that a file that occurs twice is never on both sides of a split; pictures that were found to
    show one lesion are of one group (``training.data.same_lesion``). A collection whose official
    test is in the folder has the collection's name, whatever the folder is called. Of such a set
    ``in_train`` says of each picture whether train has one that is known to show the same lesion.
    """
    if not folder.is_dir():
        raise DataRejected(f"There is no folder {folder}. Give the data with --data FOLDER.")
    if not any(folder.iterdir()):
        raise DataRejected(f"{folder} is empty.")
    name = folder.resolve().name
    table, mapping = _table(folder, rule)
    for label, word in enumerate(CLASSES):
        if both_classes and not (table["label"] == label).any():
            raise DataRejected(f"{folder} has no {word} pictures.")
    table["content"] = content = _contents(folder, list(table["path"]))
    own, name = name, _known_as(name, table)
    if name != own:
        print(f"{own}: by its test pictures, this is {name}, {collections.title(name)}")
    people = collections.columns(name).person
    known = next((table[c] for c in people if c in table), None)
    if known is not None:
        known = known.fillna(known.groupby(content).transform("first"))  # a copy's lesion is known
    group = pd.Series(content) if known is None else known.where(known.notna(), content)
    looked_at = same_lesion.looked_at(folder.resolve().parent)
    table["group"] = same_lesion.merge_groups(
        group, table["file"], chain(looked_at.within(name), same_lesion.found().within(name))
    )
    if mapping.told:
        print(f"{name}: {mapping.told}")
    whole = LabelledSet(name, table, mapping.told, mapping.rule)
    if whole.has_official_split:
        table["in_train"] = _in_train(table, group, looked_at.within(name))
    return whole


def _known_as(name: str, table: pd.DataFrame) -> str:
    """The name of the collection whose official test the table has; else the folder's."""
    whole = LabelledSet(name, table)
    if name in collections.COLLECTIONS or not whole.has_official_split:
        return name
    found = whole.only(table["split"] == TEST).sha256()
    known = {c.test_sha256: n for n, c in collections.COLLECTIONS.items() if c.test_sha256}
    return known.get(found, name)


def _in_train(
    table: pd.DataFrame, group: pd.Series, pairs: Iterable[tuple[str, str]]
) -> pd.Series[bool]:
    """Whether train has a picture of the same lesion.

    By the metadata, a copy, or a pair that was looked at. A pair that only a program found is no
    reason to leave a picture out of a test.
    """
    lesion = same_lesion.merge_groups(group, table["file"], pairs)
    known = lesion.isin(lesion[table["split"] != TEST])
    if "lesion_in_both_splits" in table:
        known |= table["lesion_in_both_splits"] == 1
    return known


def _table(folder: Path, rule: LabelRule) -> tuple[pd.DataFrame, Mapping]:
    """file, path, label and what the metadata say, by the first layout that fits; the mapping."""
    parts = _part_folders(folder)
    listed = next((path for path in map(folder.joinpath, _LISTED) if path.is_file()), folder)
    if {TRAIN, TEST} <= parts.keys():
        table, mapping = _scan(folder, parts, rule)
        if listed.is_file():
            extra = metadata.with_files(listed).drop(columns=["label", "split"], errors="ignore")
            table = table.merge(extra, on="file", how="left", validate="one_to_one")
        return table, mapping
    if listed.is_file():
        return _listed(listed, rule)
    found = isic.read(folder, rule)
    if found is not None:
        return found
    if sum(any(_files(kind)[0]) for kind in _folders(folder)) > 1:
        return _scan(folder, {"": folder}, rule)
    raise DataRejected(
        f"{folder} holds neither train/ and test/ folders nor a metadata.csv, nor one of "
        "ISIC's own tables, nor a folder of pictures for each label."
    )


def _part_folders(folder: Path) -> dict[str, Path]:
    """The folders of a split, by what they are."""
    named = {_PARTS.get(path.name.casefold()): path for path in _folders(folder)}
    return {part: named[part] for part in (TRAIN, VALIDATION, TEST) if part in named}


def _folders(folder: Path) -> list[Path]:
    inside = (path for path in folder.iterdir() if path.is_dir())
    return sorted(path for path in inside if not file_kinds.is_litter(PurePath(path.name)))


def _files(folder: Path) -> tuple[list[Path], int]:
    """The pictures in a folder, and how many other files."""
    inside = sorted(path for path in folder.iterdir() if path.is_file())
    pictures = [path for path in inside if _is_picture(path)]
    return pictures, len(inside) - len(pictures)


def _garbled(path: Path) -> str:
    """A name that no text can hold, as it can be shown; empty for any other."""
    raw = os.fsencode(path.name)
    try:
        raw.decode()
    except UnicodeDecodeError:
        return raw.decode(errors="replace")
    return ""


def _is_picture(path: Path) -> bool:
    by_name = file_kinds.is_picture_by_name(PurePath(path.name))
    if by_name is not None:
        return by_name
    try:
        with path.open("rb") as file:
            return file_kinds.begins_as_picture(file.read(file_kinds.HEAD))
    except OSError:
        return True  # whatever it is, it is told when all files are read


def _scan(folder: Path, parts: dict[str, Path], rule: LabelRule) -> tuple[pd.DataFrame, Mapping]:
    """The pictures in folders by class; what a class's folder is called is its label."""
    rows: list[dict[str, object]] = []
    others = 0
    for part, inside in parts.items():
        kinds = {kind.name: kind for kind in _folders(inside)}
        rule = heeded(rule, pd.Series(list(kinds)))
        if not rule.given:
            for name in sorted(kinds):
                if name.casefold() not in CLASSES:
                    raise DataRejected(
                        f"{kinds[name]} is a label that is neither benign nor malignant; say with "
                        "--positive which labels are malignant."
                    )
            for word in CLASSES:
                kind = next((k for n, k in kinds.items() if n.casefold() == word), inside / word)
                if not kind.is_dir() or not _files(kind)[0]:
                    raise DataRejected(f"{kind} is missing or has no pictures.")
        for kind in kinds.values():
            pictures, more = _files(kind)
            garbled = [name for path in pictures if (name := _garbled(path))]
            refuse(kind, "files whose names are not UTF-8", garbled)
            others += more
            for path in pictures:
                row = {"file": path.relative_to(folder).as_posix(), "path": path}
                rows.append(row | ({"split": part} if part else {}) | {"label": kind.name})
    table = pd.DataFrame(rows)
    if table.empty:
        raise DataRejected(f"{folder} has no pictures.")
    labels, mapping = mapped(table["label"], rule, folder)
    bad = table["label"][[label is None for label in labels]].unique()
    refuse(folder, "folders that are neither benign nor malignant", [str(name) for name in bad])
    if others:
        print(f"{folder.resolve().name}: {file_kinds.left_out(others)}")
    return table.assign(label=np.array(labels)), mapping


def _listed(path: Path, rule: LabelRule) -> tuple[pd.DataFrame, Mapping]:
    """The pictures of a ``metadata.csv``; all of its bad rows are named at once."""
    table, labels, mapping = metadata.listed(path, rule)
    places = metadata.places(path.parent, [str(file) for file in table["file"]])
    splits = [_part(value) for value in table["split"]] if "split" in table else []
    bad = []
    for i, file in enumerate(table["file"]):
        word = labels["word"][i]
        if pd.isna(labels["label"][i]):
            what = "has no label" if pd.isna(word) else f"is labelled {word!r}, neither {_BOTH}"
            bad.append(f"{file} {what}")
        if places[i] is None:
            bad.append(f"{file} is not there")
        if splits and splits[i] is None:
            what = "no split" if pd.isna(table["split"][i]) else f"the split {table['split'][i]!r}"
            bad.append(f"{file} has {what}, not train, val or test")
    refuse(path, "things wrong", bad)
    table["label"] = labels["label"].astype("int64")
    table["path"] = pd.Series(places)
    if splits:
        table["split"] = splits
    else:
        _tell_of_other_splits(table, path)
    return table, mapping


def _tell_of_other_splits(table: pd.DataFrame, path: Path) -> None:
    """Say which columns look like a split and are none by their name: nothing is held back."""
    for name in table.columns:
        values = table[name].dropna().unique()
        parts = {_part(value) for value in values[: len(_PARTS) + 1]}
        if TEST in parts and None not in parts and len(parts) > 1:
            print(
                f"{path}: {name!r} looks like a split and is not heeded: pictures that it marks as "
                "test may be learned from, unless the column is called 'split'."
            )


def _part(value: object) -> str | None:
    return _PARTS.get(str(value).strip().casefold())


def _contents(folder: Path, sources: list[Source]) -> list[str]:
    """SHA-256 of every picture's file. What is no picture is found now, and all of it named."""
    found, bad = [], []
    bar = tqdm(sources, desc="checking pictures", unit=" pictures", leave=False, delay=1)
    for source in bar:
        try:
            data = source.read_bytes()
        except OSError as error:
            bad.append(f"{source} ({error.strerror or error})")
            continue
        found.append(hashlib.sha256(data).hexdigest())
        wrong = _no_picture(data)
        if wrong:
            bad.append(f"{source} ({wrong})")
    refuse(folder, "files that are no pictures that can be used", bad)
    return found


def _no_picture(data: bytes) -> str | None:
    """Why a file can't be used, as far as its head tells; the rest is seen when it is read."""
    try:
        with Image.open(io.BytesIO(data), formats=_PLAIN) as picture:
            plain = min(picture.size) >= _LEAST_SIDE
    except Exception:  # a decoder's head may fail in any way; the whole then says it in a sentence
        plain = False
    if plain:
        return None
    try:
        open_image(data)
    except ImageRejected as refusal:
        return str(refusal).split(". ")[0].rstrip(".")
    return None
