from __future__ import annotations

import threading
from pathlib import Path

import pytest

from core import checkpoints
from core.assessment.assess import Assessment
from core.batch import files as scoring
from core.batch.files import assess_files
from core.classifier import Classifier
from core.images import ImageRejected, read_image
from core.pictures.drawn_lesion import draw_lesion


@pytest.fixture
def model(tiny_checkpoints: Path) -> Classifier:
    card = checkpoints.card("baseline_cnn", tiny_checkpoints)
    return Classifier(card, checkpoints.load_network("baseline_cnn", tiny_checkpoints))


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    for number in range(10):
        draw_lesion(80 + number, 70, seed=number).save(tmp_path / f"{number}.png")
    (tmp_path / "4.png").write_bytes(b"words")
    return [str(tmp_path / f"{number}.png") for number in range(10)]


def test_each_file_gets_what_it_gets_alone_in_order_whatever_the_batch(
    model: Classifier, files: list[str]
) -> None:
    for batch, workers in ((1, 3), (3, 1), (3, 2), (16, None)):
        found = list(assess_files(model, files, batch, workers))
        assert [file for file, _ in found] == files
        for file, judged in found:
            if file == files[4]:
                assert isinstance(judged, ImageRejected)
                continue
            alone = model.assess(read_image(file))
            assert isinstance(judged, Assessment)
            assert judged.probability == pytest.approx(alone.probability, abs=1e-6)
            assert (judged.answer, judged.warnings) == (alone.answer, alone.warnings)


def test_no_files_give_no_answers(model: Classifier) -> None:
    assert list(assess_files(model, [])) == []


def test_only_one_batch_more_than_there_are_workers_is_read_ahead(
    model: Classifier, files: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    counted, lock, read = [0], threading.Lock(), read_image

    def counting(file: str) -> object:
        with lock:
            counted[0] += 1
        return read(file)

    monkeypatch.setattr(scoring, "read_image", counting)
    for number, _ in enumerate(assess_files(model, files * 3, batch=2, workers=2)):
        assert counted[0] <= number + 2 + 3 * 2
    assert counted[0] == 30


def test_a_single_picture_is_a_batch_of_one(model: Classifier) -> None:
    picture = draw_lesion(90, 80)
    both = model.assess_prepared([model.prepare(picture)] * 2)
    assert both[0].probability == pytest.approx(model.assess(picture).probability, abs=1e-6)
    assert model.assess_prepared([]) == []
