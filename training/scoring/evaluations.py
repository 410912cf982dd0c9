"""What a card says of a set that was scored, whole and in parts."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from core.calibration import calibrated
from core.classifier import Classifier
from core.results import collections
from core.results.card import Card, Evaluation
from core.results.test_sets import HAM_ONLY, LEAK_FREE, OFFICIAL
from core.statistics import metrics
from training.data.labelled_set import DataRejected, LabelledSet


def require_gate(model: Classifier) -> None:
    """Raise ``DataRejected`` for a model that can't tell yet which of its calibrations answers.

    Without its gate each picture would be answered by the usual one, and figures that are kept
    would be of another model than the one that is served.
    """
    if model.card.calibration_by_kind and model.gate is None:
        raise DataRejected(
            f"{model.card.name} has a calibration for each kind of picture and no gate that tells "
            "them yet: `python -m training.limits` comes first."
        )


def entries(
    card: Card, data: LabelledSet, official: bool, found: NDArray[np.float64], command: str,
    done: Callable[[int], object] = int,
) -> dict[str, Evaluation]:  # fmt: skip
    """What a card says of a set and of its parts, by the margins (N,) that were found on it.

    ``done`` hears of each resample that is drawn (``metrics.evaluate``).
    """
    today = datetime.date.today().isoformat()
    scores = calibrated(found, card.calibration)
    return {
        key: Evaluation(
            title,
            metrics.evaluate(
                data.table["label"][rows], scores[rows.to_numpy()], data.table["group"][rows],
                card.threshold, done=done,
            ),
            command, data.name, data.only(rows).sha256(), today,
        )
        for key, title, rows in parts(data, official) if rows.any()
    }  # fmt: skip


def bar(labels: Iterable[pd.Series[int]]) -> tqdm[Any]:
    """Progress of the figures of sets with these labels, told where they take over a second."""
    return tqdm(
        total=sum(map(metrics.resamples, labels)), desc="figures and their intervals",
        unit=" resamples", leave=False, delay=1,
    )  # fmt: skip


def parts(data: LabelledSet, official: bool) -> Iterator[tuple[str, str, pd.Series[bool]]]:
    """Names, titles and rows of the whole and, of an ``official`` test, of its honest parts.

    *No known lesion* leaves out what shows a lesion that train has a picture of, as far as the
    metadata, copies of files and looked-at pairs of pictures tell.
    """
    table = data.table
    everything = pd.Series(True, index=table.index)
    if not official:
        yield data.name, collections.title(data.name), everything
        return
    yield OFFICIAL, "Official test set", everything
    if "in_train" in table and (_lesions_known(data) or table["in_train"].any()):
        yield LEAK_FREE, "Its pictures of no known lesion", ~table["in_train"]
    if "image_id" in table:
        yield HAM_ONLY, "Its HAM10000 pictures alone", table["image_id"].notna()


def _lesions_known(data: LabelledSet) -> bool:
    named = [c for c in collections.columns(data.name).person if c in data.table]
    return bool(named) and bool(data.table[named[0]].notna().any())
