"""The table of examples says what the model says, and is of the weights that are shipped."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch

from core import checkpoints, classifier
from core.images import open_image
from core.labels import LOOKS, PHOTO
from core.pictures import added
from core.pictures.corruptions import SHIFTS
from core.pictures.examples import first_file, read_examples
from core.probes import attack_path, changed_picture, kept_attack
from core.results.card import Card
from core.results.json_files import ResultsRejected
from core.results.robustness import FGSM, GAUSSIAN, PGD, REPORTS, SIGN_NOISE
from core.results.stressed_example import (
    DIRECTIONS,
    directions_png,
    read_directions,
    read_stressed_example,
)
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
    assert record.changed("fgsm", 0.0123) is None
    assert record.changed("fgsm", 0.0) == pytest.approx(record.probability, abs=1e-6)


def test_an_example_that_is_stopped_or_missing_is_no_first_stress_test() -> None:
    model = classifier.load(checkpoints.default() or "")
    one = next(one for one in read_examples() if one.file == first_file(True))
    found = model.assess(open_image(one.data))
    stopped = dataclasses.replace(found, answer="not judged", cause="dark")
    with pytest.raises(DataRejected, match="does not judge"):
        example_answers.stressed(model, [(one, stopped)], "")
    with pytest.raises(DataRejected, match="not at hand"):
        example_answers.stressed(model, [], "")


@pytest.mark.parametrize("name", checkpoints.available())
def test_the_shipped_attacks_on_the_example_are_those_of_the_shipped_weights(name: str) -> None:
    model, card = classifier.load(name), checkpoints.card(name)
    record = read_stressed_example(card, checkpoints.FOLDER)  # refuses other weights
    assert record is not None
    directions = read_directions(record, card, checkpoints.FOLDER)
    data = next(one.data for one in read_examples() if one.file == record.file)
    subject = attack_path.prepare(model, model.network_input(open_image(data)))
    same = directions[0] == subject.direction.permute(1, 2, 0).numpy()
    assert same.mean() > 0.99  # where a gradient is all but nought, its sign is the processor's
    levels = added.levels(changed_picture.picture(subject.x))
    for change, strength in ((FGSM, REPORTS), (PGD, 6 / 255), (SIGN_NOISE, 1 / 255),
                             (GAUSSIAN, 0.1)):  # fmt: skip
        moved = kept_attack.changed(levels, change, strength, record.seed, directions)
        x = torch.from_numpy((moved / 255).astype("float32")).permute(2, 0, 1)
        (look,) = subject.served_by(model).look(x[None], subject.label)
        assert record.changed(change, strength) == pytest.approx(look.probability, abs=5e-3)
    by_epsilon = record.by_epsilon()
    assert by_epsilon is not None
    flipped = [card.answer(p) != subject.clean.answer for p in by_epsilon.fgsm]
    assert any(flipped) == (record.flip is not None)


def test_directions_of_another_file_are_refused(tmp_path: Path) -> None:
    name = checkpoints.default() or ""
    card = checkpoints.card(name)
    record = read_stressed_example(card, checkpoints.FOLDER)
    assert record is not None
    with pytest.raises(ResultsRejected, match="missing"):
        read_directions(record, card, tmp_path)
    (tmp_path / name).mkdir()
    signs = np.zeros((3, card.side, card.side, 3), np.int8)
    (tmp_path / name / DIRECTIONS).write_bytes(directions_png(signs))
    with pytest.raises(ResultsRejected, match="is not the one"):
        read_directions(record, card, tmp_path)


def test_signs_come_back_from_their_file_as_they_were(tmp_path: Path, full_card: Card) -> None:
    card = dataclasses.replace(full_card, name="some", side=8)
    signs = np.random.default_rng(0).integers(-1, 2, (3, 8, 8, 3)).astype(np.int8)
    (tmp_path / "some").mkdir()
    (tmp_path / "some" / DIRECTIONS).write_bytes(data := directions_png(signs))
    record = read_stressed_example(checkpoints.card("general"), checkpoints.FOLDER)
    assert record is not None
    record = dataclasses.replace(record, directions_sha256=hashlib.sha256(data).hexdigest())
    assert (read_directions(record, card, tmp_path) == signs).all()
