"""The table of examples says what the model says, and is of the weights that are shipped."""

from __future__ import annotations

from core import checkpoints, classifier
from core.images import open_image
from core.labels import LOOKS
from core.pictures.examples import read_examples
from core.statistics.estimates import chance
from training import example_answers


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
