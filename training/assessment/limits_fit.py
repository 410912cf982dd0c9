"""How the gate and the three answers of a model are fitted and checked, whatever the pictures.

The checks are nested: what the gate was fitted to is half of the people, and it is checked on the
others; each fifth of the held-out pictures is answered by cuts of the other four.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from core.arrays import Floats
from core.assessment import quality
from core.assessment.picture_kind import (
    CONTENTS,
    KIND_OF,
    LESIONS,
    Content,
    Gate,
    is_stopped,
)
from core.assessment.three_answers import answer
from core.labels import CLASSES, Kind
from core.results.collections import PREVALENCE, title
from core.results.limits import AnswerCheck, Answers, GateCheck, QualityBounds
from training.assessment import conformal, gate_fit
from training.assessment.gate_pictures import Shown
from training.assessment.signatures import Signatures
from training.data.hdf5 import read_picture

Cuts = Mapping[Kind, Answers]  # of each kind that is judged
PARTS = 5
_UNUSUAL = 0.01  # the share of measured pictures beyond each bound of quality
_MEASURED = 250  # pictures of a collection; 1 in 100 of them is two or three


def gate(shown: list[Shown], seen: dict[str, Signatures], other_half: bool = False) -> Gate:
    """The gate, fitted to half of the people; ``seen`` has the signatures by name."""
    values: dict[Content, list[np.ndarray]] = {}
    blobs: dict[Content, list[np.ndarray]] = {}
    people: dict[Content, list[np.ndarray]] = {}
    for one in shown:
        rows = one.fitted != other_half
        half = seen[one.name].only(rows)
        values.setdefault(one.content, []).append(half.values)
        blobs.setdefault(one.content, []).append(half.blobs)
        people.setdefault(one.content, []).append(one.people[rows])
    return gate_fit.fit(*(
        {content: np.concatenate(parts) for content, parts in table.items()}
        for table in (values, blobs, people)
    ))  # fmt: skip


def gate_checks(
    fitted: Gate, judged: tuple[str, ...], shown: list[Shown], seen: dict[str, Signatures]
) -> dict[str, GateCheck]:  # fmt: skip
    """Of each collection and class, the people that the gate was not fitted to."""
    return {
        one.name: gate_check(
            f"{title(one.name)}, other people", one.content,
            seen[one.name].only(~one.fitted).contents(fitted), judged,
        )
        for one in shown if not one.fitted.all()
    }  # fmt: skip


def _groups(table: pd.DataFrame) -> conformal.Groups:
    return {
        str(name): (rows["y"].to_numpy(np.int64), rows["p"].to_numpy(np.float64))
        for name, rows in table.groupby("collection")
    }


def answers(table: pd.DataFrame, kind: Kind) -> Answers:
    """Where the three part for a kind, by rows of collection, person, y, p and kind.

    Raises ``ValueError`` where no collection has enough of both classes.
    """
    rows = table[table["kind"] == kind]
    return conformal.fit(_groups(rows), PREVALENCE[kind], conformal.PROMISED[kind])


def served(p: Floats, contents: Iterable[Content], cuts: Cuts) -> NDArray[np.str_]:
    """The answers to P(malignant) (N,) of what the gate took for ``contents`` (N,).

    Each by the cuts of the kind it was taken for; ``cuts`` has those that are judged.
    """
    return np.array([
        "not judged" if is_stopped(content, cuts) else answer(one, cuts[KIND_OF[content]])
        for one, content in zip(p, contents, strict=True)
    ], dtype="<U12")  # fmt: skip


def answer_checks(table: pd.DataFrame, kind: Kind, cuts: Cuts) -> dict[str, AnswerCheck]:
    """The three answers on held-out pictures of a kind, nested, by collection.

    As they are served, where ``table`` has the ``content`` that the gate took each picture for: one
    taken for another kind is answered by that kind's ``cuts``, which no picture of this one fitted.
    """
    found, gated = {}, "content" in table
    rows = table[table["kind"] == kind].reset_index(drop=True)
    lesion = next(one for one in LESIONS if KIND_OF[one] == kind)
    taken_for = rows["content"].to_numpy() if gated else np.full(len(rows), lesion)
    part = pd.factorize(rows["collection"] + "/" + rows["person"].astype(str))[0]
    part = np.random.default_rng(0).permutation(part.max() + 1)[part] % PARTS
    said = np.empty(len(rows), dtype="<U12")
    covered = np.zeros(len(rows), dtype=bool)
    for k in range(PARTS):
        own = answers(rows[part != k], kind)
        p, y = rows["p"].to_numpy(), rows["y"].to_numpy()
        held = np.flatnonzero(part == k)
        said[held] = served(p[held], taken_for[held], {**cuts, kind: own})
        covered[held] = np.where(
            y[held] == 1, p[held] >= own.malignant_from, p[held] <= own.benign_up_to
        )
    for name, mine in rows.groupby("collection"):
        if mine["y"].nunique() == len(CLASSES):
            at = mine.index.to_numpy()
            found[str(name)] = conformal.told(
                f"{title(str(name))}, held out", mine["y"].to_numpy(np.int64), said[at],
                covered[at], cuts[kind].prevalence, gated,
            )  # fmt: skip
    return found


def gate_check(
    heading: str, truth: Content, contents: Sequence[Content], judged: tuple[str, ...]
) -> GateCheck:
    """What the gate took pictures of one content for, and how many it stopped."""
    found = np.array(contents)
    kinds = np.array([KIND_OF[content] for content in contents])
    passed = np.isin(found, LESIONS) & np.isin(kinds, judged)
    return GateCheck(
        title=heading,
        truth=truth,
        stopped=conformal.share(~passed),
        kinds={
            str(name): conformal.share(kinds == name) for name in dict.fromkeys(KIND_OF.values())
        },
        contents={name: conformal.share(found == name) for name in CONTENTS},
    )


def quality_bounds(shown: list[Shown]) -> QualityBounds:
    """Bounds that 99 in 100 pictures of each collection keep: of each, the widest."""
    rows = []
    for one in shown:
        found = [
            quality.measure(read_picture(path))
            for path in tqdm(one.paths[:_MEASURED], desc=f"measuring {one.name}", leave=False)
        ]
        values = np.array([[q.sharpness, q.lightness, q.glare, q.rim] for q in found])
        low, high = np.quantile(values, (_UNUSUAL, 1 - _UNUSUAL), axis=0)
        rows.append((low[0], low[1], high[1], high[2], high[3]))
    table = np.array(rows)
    return QualityBounds(
        sharpness=float(table[:, 0].min()),
        darkest=float(table[:, 1].min()),
        brightest=float(table[:, 2].max()),
        glare=float(table[:, 3].max()),
        rim=float(table[:, 4].max()),
        measured_on="; ".join(f"{one.name}, {len(one.paths[:_MEASURED]):,}" for one in shown),
    )
