"""The held-out pictures that three answers part by, and what those are worth as they are served."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from core.assessment.picture_kind import ELSE, Content
from core.calibration import calibrated
from core.classifier import Classifier
from core.labels import DERMOSCOPIC, PHOTO
from core.results.card import Card
from core.results.collections import COLLECTIONS, ISIC_2018, PHOTO_SETS, title
from core.results.limits import AnswerCheck
from core.results.test_sets import OFFICIAL
from training.assessment import conformal, limits_fit, not_skin, signatures
from training.assessment.limits_fit import Cuts
from training.assessment.own_folder import NOT_SKIN, Look
from training.assessment.served import TwoGates
from training.assessment.signatures import Signatures
from training.data.folders import read_folder
from training.data.labelled_set import LabelledSet

TESTS = (OFFICIAL, ISIC_2018)  # for testing alone, of dermoscopic pictures
NOT_GATED = (
    "Its three answers were counted as if its gate stopped nothing: not all pictures of its "
    "validation were at hand."
)


@dataclass(frozen=True)
class OtherTest:
    """Pictures that a gate is checked on alone: their files and signatures."""

    name: str
    title: str
    truth: Content
    files: list[str]
    seen: Signatures


def other_tests(
    model: Classifier, data: Path, test: LabelledSet, look: Look
) -> Iterator[OtherTest]:  # fmt: skip
    """The official ``test``, ISIC 2018's half where ``data`` has it, and pictures of no skin."""
    sets = {OFFICIAL: ("Official test set", test.table)}
    if (data / ISIC_2018).is_dir():
        table = read_folder(data / ISIC_2018, both_classes=False).table
        sets[ISIC_2018] = (title(ISIC_2018), table)
    for name, (heading, table) in sets.items():
        seen = look(list(table["path"]), name)
        yield OtherTest(name, heading, "dermoscopic", list(table["file"]), seen)
    names, images = zip(*not_skin.pictures(), strict=True)
    yield OtherTest(
        NOT_SKIN, "Pictures that are no skin (scikit-learn, scikit-image)",
        ELSE, list(names), signatures.of_images(model, images),
    )  # fmt: skip


def unseen(card: Card, own: pd.DataFrame) -> pd.DataFrame:
    """Validation pictures, which the network never saw.

    Columns: collection, file within it, person, y, p and kind, of its kept predictions. The files
    of a model of several collections say which collection each is of.
    """
    first = own["file"].str.split("/").str[0]
    named = first.isin(list(COLLECTIONS))
    collection = first.where(named, card.training.data.split(" + ")[0])
    photo = [name in PHOTO_SETS for name in collection]
    return pd.DataFrame({
        "collection": collection, "person": own["group"], "y": own["y"],
        "file": own["file"].where(~named, own["file"].str.split("/", n=1).str[-1]),
        "p": calibrated(own["logit"].to_numpy(np.float64), card.calibration),
        "kind": np.where(photo, PHOTO, DERMOSCOPIC),
    })  # fmt: skip


def with_contents(
    table: pd.DataFrame, gates: TwoGates, tables: Mapping[str, pd.DataFrame], look: Look
) -> pd.DataFrame:
    """``unseen`` with the ``content`` that the gate took each picture for.

    ``tables`` has file, path and group of each collection at hand. Without all of the pictures the
    table comes back as it is.
    """
    content = pd.Series("", index=table.index)
    for name, rows in table.groupby("collection"):
        there = tables.get(str(name), pd.DataFrame(columns=["file", "path", "group"]))
        mine = rows[["file"]].merge(there, on="file", how="left")
        if mine["path"].isna().any():
            return table
        people = mine["group"].astype(str).to_numpy(dtype=np.str_)
        seen = look(list(mine["path"]), str(name))
        content[rows.index] = gates.contents(seen, people)
    return table.assign(content=content)


def answer_checks(
    card: Card, table: pd.DataFrame, cuts: Cuts, contents: Mapping[str, pd.DataFrame],
    tests: Mapping[str, pd.DataFrame],
) -> dict[str, AnswerCheck]:  # fmt: skip
    """What the three answers are worth on pictures that nothing was fitted to.

    Nested on what the network never saw, by collection; then the kept predictions of ``TESTS``.
    ``contents`` has what the gate took those' pictures for, file and content.
    """
    found: dict[str, AnswerCheck] = {}
    for kind in cuts:
        found |= limits_fit.answer_checks(table, kind, cuts)
    for name, rows in tests.items():
        p = calibrated(rows["logit"].to_numpy(np.float64), card.calibration)
        given = None
        if name in contents:
            taken_for = dict(contents[name][["file", "content"]].to_numpy())
            given = limits_fit.served(p, [taken_for[file] for file in rows["file"]], cuts)
        found[name] = conformal.check(
            card.evaluations[name].title, rows["y"].to_numpy(np.int64), p, cuts[DERMOSCOPIC], given
        )
    return found
