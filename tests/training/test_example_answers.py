"""The table of examples says what the model says, and is of the weights that are shipped."""

from __future__ import annotations

import dataclasses
import hashlib

import pytest

from core import checkpoints, classifier
from core.images import open_image
from core.labels import LOOKS, PHOTO
from core.pictures.corruptions import SHIFTS
from core.pictures.examples import first_file, read_examples
from core.probes import attack_path, changed_picture
from core.results.stressed_example import read_stressed_example
from core.statistics.estimates import chance
from training import example_answers
from training.data.labelled_set import DataRejected


def test_the_shipped_table_is_of_the_shipped_weights_and_has_every_picture() -> None:
    text = example_answers.GOAL.read_text(encoding="utf-8")
    name = checkpoints.default() or ""
    assert f"model `{name}`" in text
    assert checkpoints.card(name).weights.sha256 in text
    rows = {line.split(" | ")[0].removeprefix("| "): line for line in text.splitlines()}
    for one in read_examples():
        assert one.file in rows


def test_a_row_has_truth_answer_and_chance_and_a_stopped_one_its_reason() -> None:
    model = classifier.load(checkpoints.default() or "")
    by_file = {one.file: one for one in read_examples()}
    photo, dark = by_file["PAT_621_3591_171.jpg"], by_file["made_dark.jpg"]
    found = model.assess(open_image(photo.data))
    cells = example_answers.row(photo, found)
    assert cells[2].startswith(f"{photo.label}: ")
    assert cells[3:] == (LOOKS[found.answer], chance(found.probability))
    stopped = example_answers.row(dark, model.assess(open_image(dark.data)))
    assert stopped[3:] == ("not judged (dark)", "–")
    text = example_answers.counted([(photo, found), (dark, found)])
    assert f"Of 1 {photo.label} ones" in text  # what was made of others is not counted


def test_the_shipped_first_stress_test_is_what_the_network_says() -> None:
    name = checkpoints.default() or ""
    model, card = classifier.load(name), checkpoints.card(name)
    record = read_stressed_example(card, checkpoints.FOLDER)  # refuses other weights
    assert record is not None
    assert set(record.under) == set(SHIFTS)
    assert list(record.strengths) == list(example_answers.STRENGTHS)
    assert {len(row) for row in record.under.values()} == {len(record.strengths)}
    assert card.limits is not None
    assert record.file == first_file(PHOTO in card.limits.kinds_judged)
    data = next(one.data for one in read_examples() if one.file == record.file)
    assert record.picture_sha256 == hashlib.sha256(data).hexdigest()
    subject = attack_path.seen(model, model.network_input(open_image(data)))
    assert record.probability == pytest.approx(subject.clean.probability, abs=2e-3)
    for shift, strength in (("jpeg", 0.5), ("pen", 1.0), ("darker", 0.3)):
        changed = changed_picture.changed(subject, shift, strength, record.seed)
        (look,) = subject.served_by(model).look(changed[None])
        assert record.changed(shift, strength) == pytest.approx(look.probability, abs=2e-3)
    assert record.changed("jpeg", 0.52) is None
    assert record.changed("fgsm", 0.0) is None


def test_an_example_that_is_stopped_or_missing_is_no_first_stress_test() -> None:
    model = classifier.load(checkpoints.default() or "")
    one = next(one for one in read_examples() if one.file == first_file(True))
    found = model.assess(open_image(one.data))
    stopped = dataclasses.replace(found, answer="not judged", cause="dark")
    with pytest.raises(DataRejected, match="does not judge"):
        example_answers.stressed(model, [(one, stopped)], "")
    with pytest.raises(DataRejected, match="not at hand"):
        example_answers.stressed(model, [], "")
