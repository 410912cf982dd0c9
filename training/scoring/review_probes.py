"""What a review adds to a collection's figures: maps on the lesion, and answers when re-toned.

Both ask networks about every picture again, which takes minutes. Who may be asked about which
picture is decided by the caller's ``Worker``: the model itself, or the networks of held-out folds.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit

from core import checkpoints, files
from core.classifier import Classifier
from core.fairness import review
from core.fairness.groups import gap
from core.fairness.review import FOLDER, LesionShare, Retoning
from core.labels import DERMOSCOPIC, PHOTO
from core.networks.lesion_network import LesionNetwork
from core.pictures.colour import MONK
from core.results.collections import COLLECTIONS
from core.results.of_weights import stamped
from core.statistics import metrics
from training.data import demographics
from training.data.labelled_set import LabelledSet
from training.data.pixels import in_memory
from training.scoring.lesion_share import lesion_shares, retoned_margins
from training.scoring.margins import margins_of_pixels

LIGHT_PAIR, DARK_PAIR = "I-II", "V-VI"
# The simulated tone that stands for types V and VI: the Monk scale's eighth.
DARK = MONK[7]

# What is asked of a network about pictures: a table with a row a picture.
Work = Callable[[LesionNetwork, LabelledSet], pd.DataFrame]
# Has the work done on all pictures, each by a network that never learned it.
Worker = Callable[[LabelledSet, Work], pd.DataFrame]


def measure_shares(
    model: Classifier, data: LabelledSet, people: pd.DataFrame, masks: Path, worker: Worker
) -> tuple[LesionShare, ...]:
    """How much of the maps is on the lesion: of all pictures with a mask, then of each pair.

    ``people`` has file, person and fitzpatrick of a picture. Each picture's share is written
    beside the review, as fairness/shares_COLLECTION.csv. Empty where there are no masks.
    """
    if "mask" not in data.table or not masks.is_dir():
        return ()

    def work(network: LesionNetwork, part: LabelledSet) -> pd.DataFrame:
        return lesion_shares(
            network, part, masks, model.geometry, model.margin_threshold, model.card.side
        )

    found = worker(data.only(data.table["mask"].notna()), work)
    _write(found, model, f"shares_{data.name}.csv", "%.5f")
    whose = found.merge(people[["file", "person", "fitzpatrick"]], on="file")
    rows = [review.lesion_share(whose, "all")]
    for pair in sorted(set(whose["fitzpatrick"])):
        rows.append(review.lesion_share(whose[whose["fitzpatrick"] == pair], pair))
    return tuple(rows)


def measure_retoning(
    model: Classifier, data: LabelledSet, people: pd.DataFrame, worker: Worker
) -> Retoning | None:
    """What re-toning pictures of light skin to ``DARK`` does to AUC, beside the gap of real people.

    ``people`` has label, probability, person and fitzpatrick, a row a picture in ``data``'s order.
    Each re-toned picture's margin is written beside the review, as fairness/retoned_COLLECTION.csv.
    ``None`` where nobody of light skin is known. Raises ``DataRejected`` where
    ``python -m training.people`` has not measured the skin's colours.
    """
    light = (people["fitzpatrick"] == LIGHT_PAIR).to_numpy()
    if not light.any():
        return None

    def work(network: LesionNetwork, part: LabelledSet) -> pd.DataFrame:
        skins = demographics.skins(data.name)
        logit = retoned_margins(network, part, skins, DARK, model.geometry, model.card.side)
        plain = margins_of_pixels(network, in_memory(part, model.geometry, model.card.side))
        return pd.DataFrame({"file": part.table["file"], "logit": logit, "plain": plain})

    found = worker(data.only(light), work)
    _write(found, model, f"retoned_{data.name}.csv", "%.6f")
    both = people[light].merge(found.dropna(), on="file")
    # What re-toning changes, on top of the chance that the picture has without it.
    kind = PHOTO if COLLECTIONS[data.name].is_photo else DERMOSCOPIC
    own = model.card.calibration_by_kind.get(kind, model.card.calibration)
    odds = np.log(both["probability"] / (1 - both["probability"]))
    after = expit(odds + own.slope * (both["logit"] - both["plain"]))
    change = metrics.auc_difference(both["label"], after, both["probability"], both["person"])
    dark = people[people["fitzpatrick"] == DARK_PAIR]
    real = None
    if len(dark):
        real = gap(
            dark, people[light], "auc", ("fitzpatrick", DARK_PAIR, LIGHT_PAIR), model.card.threshold
        ).difference
    answer = review.retoning_answer(change, real)
    return Retoning(LIGHT_PAIR, DARK, len(both), change, real, answer)


def _write(table: pd.DataFrame, model: Classifier, name: str, numbers: str) -> None:
    """Leave a row a picture beside the review, so that its figures can be made again."""
    path = checkpoints.FOLDER / model.card.name / FOLDER / name
    stamp = stamped(table, model.card.weights.sha256)
    files.write_text(path, stamp.to_csv(index=False, float_format=numbers))
