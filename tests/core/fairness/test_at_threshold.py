from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from core import checkpoints
from core.fairness import at_threshold, review
from core.fairness.review import Review
from core.results.json_files import ResultsRejected
from core.statistics.curves import confusion

SHIPPED = [
    r for r in review.read_reviews(checkpoints.FOLDER)[0] if r.model in ("resnet18", "baseline_cnn")
]


def pick(collection: str, model: str = "resnet18") -> Review:
    return next(r for r in SHIPPED if (r.model, r.collection) == (model, collection))


@pytest.mark.parametrize("by", ["fitzpatrick", "sex", "all"])
def test_at_its_own_threshold_a_review_is_what_its_file_says(by: str) -> None:
    review = pick("pad_ufes_20_half")
    again = at_threshold.moved(
        review, at_threshold.read_scores(review, checkpoints.FOLDER), by, review.threshold
    )
    assert again.groups == tuple(group for group in review.groups if group.by == by)
    assert again.gaps == tuple(
        gap for gap in review.gaps if gap.by == by and gap.measure in at_threshold.MOVED
    )


@pytest.mark.parametrize("threshold", [0.03, 0.97])
@pytest.mark.parametrize("collection", ["official_test", "fitzpatrick17k_half"])
def test_figures_at_another_threshold_are_counts_of_pictures(
    collection: str, threshold: float
) -> None:
    review = pick(collection)
    table = at_threshold.read_scores(review, checkpoints.FOLDER)
    by = "sex" if collection == "official_test" else "fitzpatrick"
    for group in at_threshold.moved(review, table, by, threshold).groups:
        part = table[table[by] == group.group]
        counted = confusion(part["label"], part["probability"], threshold)
        for measure in at_threshold.MOVED:
            rate = getattr(group, measure)
            if rate is not None:
                assert rate.value == pytest.approx(getattr(counted, measure))
                assert rate.low <= rate.value <= rate.high


def test_scores_of_other_pictures_or_none_are_refused(tmp_path: Path) -> None:
    review = pick("pad_ufes_20_half")
    for folder in ("resnet18/predictions", "collections"):
        (tmp_path / folder).mkdir(parents=True)
    for name in (
        "resnet18/card.json", "resnet18/predictions/pad_ufes_20_half.csv",
    ):  # fmt: skip
        shutil.copy(checkpoints.FOLDER / name, tmp_path / name)
    with pytest.raises(ResultsRejected, match="collections/pad_ufes_20_half"):
        at_threshold.read_scores(review, tmp_path)
    people = pd.read_csv(checkpoints.FOLDER / "collections/pad_ufes_20_half.csv")
    people[1:].to_csv(tmp_path / "collections/pad_ufes_20_half.csv", index=False)
    with pytest.raises(ResultsRejected, match="show different pictures"):
        at_threshold.read_scores(review, tmp_path)
