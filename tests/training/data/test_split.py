from __future__ import annotations

import numpy as np
import pytest

from tests.training.conftest import files, made
from training.data.labelled_set import LabelledSet
from training.data.split import split_validation, training_split, with_more


def as_many_as_the_report() -> LabelledSet:
    """1,440 benign and 1,197 malignant pictures of lesions that have one to four each."""
    random = np.random.default_rng(5)
    labels = [0] * 1440 + [1] * 1197
    groups = [f"{label}-{random.integers(900)}" for label in labels]
    shuffled = random.permutation(len(labels))
    return made([labels[i] for i in shuffled], [groups[i] for i in shuffled])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("how", ["report", "lesion"])
def test_the_reports_2637_are_split_into_2373_and_264(how: str, seed: int) -> None:
    whole = as_many_as_the_report()
    train, validation = split_validation(whole, seed, how)
    assert (len(train.table), len(validation.table)) == (2373, 264)
    assert files(train) | files(validation) == files(whole)
    assert not files(train) & files(validation)
    again = split_validation(whole, seed, how)
    assert [part.table["file"].tolist() for part in again] == [
        part.table["file"].tolist() for part in (train, validation)
    ]
    assert files(split_validation(whole, seed + 1, how)[1]) != files(validation)


@pytest.mark.parametrize("seed", range(4))
def test_a_split_by_lesion_keeps_lesions_whole_and_classes_in_proportion(seed: int) -> None:
    train, validation = split_validation(as_many_as_the_report(), seed, "lesion")
    assert not set(train.table["group"]) & set(validation.table["group"])
    assert int(validation.table["label"].sum()) == pytest.approx(264 * 1197 / 2637, abs=1)


def test_the_reports_split_draws_pictures_whatever_lesion_they_show() -> None:
    whole = as_many_as_the_report()
    malignant = set()
    for seed in range(4):
        train, validation = split_validation(whole, seed, "report")
        assert set(train.table["group"]) & set(validation.table["group"])
        malignant.add(int(validation.table["label"].sum()))
    assert len(malignant) > 1  # it is not stratified
    assert all(90 < count < 150 for count in malignant)  # 119.8 expected, spread 7.7


def test_a_patient_with_lesions_of_both_kinds_is_on_one_side() -> None:
    random = np.random.default_rng(1)
    patients = [f"P{random.integers(60)}" for _ in range(300)]
    whole = made([int(value) for value in random.integers(0, 2, 300)], patients)
    train, validation = split_validation(whole, 0, "lesion")
    assert len(validation.table) > 15
    assert not set(train.table["group"]) & set(validation.table["group"])


def test_a_lesion_with_more_pictures_than_validation_may_have_stays_in_training() -> None:
    whole = made([0] * 60 + [1] * 40, ["big"] * 30 + [f"L{i}" for i in range(70)])
    train, validation = split_validation(whole, 0, "lesion")
    assert (len(train.table), len(validation.table)) == (90, 10)
    assert int(validation.table["label"].sum()) == 4
    assert "big" not in set(validation.table["group"])


def test_parts_keep_labels_with_their_files_and_number_their_rows_anew() -> None:
    whole = as_many_as_the_report()
    label_of = dict(zip(whole.table["file"], whole.table["label"], strict=True))
    for part in split_validation(whole, 0, "lesion"):
        assert part.table.index.tolist() == list(range(len(part.table)))
        assert part.labels.tolist() == [label_of[file] for file in part.table["file"]]


def test_another_set_is_trained_on_but_for_what_the_first_is_judged_by() -> None:
    whole = made([0, 1] * 20, [f"L{i // 2}" for i in range(40)])
    whole = LabelledSet(
        "first", whole.table.assign(split=["test" if i >= 30 else "train" for i in range(40)])
    )
    split = training_split(whole, 0, "lesion")
    judged = {split.validation.table["group"][0], whole.table["group"][39]}
    kept_on = split.train.table["group"][0]
    further = made([0] * 6, ["new", *judged, kept_on, "copy", "new"])
    further.table["content"] = [*"abcd", whole.table["content"][35], "e"]
    mixed = with_more(split, whole, further)
    assert mixed.train.table["group"].tolist() == [
        *split.train.table["group"], "new", kept_on, "new"
    ]  # fmt: skip
    assert mixed.train.table["file"].tolist()[-3:] == ["0.jpg", "3.jpg", "5.jpg"]
    assert mixed.validation is split.validation
    assert mixed.name == mixed.train.name == "first + made"
    assert mixed.mixed
    assert not split.mixed
    fewer = with_more(split, whole, further.only(np.arange(6) < 5))
    assert len({mixed.sha256, fewer.sha256, split.sha256}) == 3


def test_an_unknown_way_to_split_is_refused() -> None:
    with pytest.raises(ValueError, match="'random'"):
        split_validation(as_many_as_the_report(), 0, "random")


def test_a_small_set_may_give_more_than_a_tenth_for_validation() -> None:
    whole = made([0, 1] * 60, [str(i) for i in range(120)])
    split = training_split(whole, 0, "lesion", 0.35)
    assert (len(split.train.table), len(split.validation.table)) == (78, 42)
    assert split.validation.table["label"].sum() == 21
    assert not files(split.train) & files(split.validation)
