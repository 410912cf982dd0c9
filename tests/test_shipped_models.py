"""What is in checkpoints/ is what its cards say, and reaches what was promised."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from core import checkpoints, classifier, images
from core.labels import DERMOSCOPIC, PHOTO
from core.pictures.drawn_lesion import draw_lesion
from core.results import published, robustness
from core.results.card import PREDICTIONS
from core.statistics import metrics

SHIPPED = ("baseline_cnn", "resnet18")


def test_the_models_of_the_report_are_shipped() -> None:
    assert set(SHIPPED) <= set(checkpoints.available())


@pytest.mark.parametrize("name", checkpoints.available())
def test_a_shipped_model_loads_and_answers(name: str) -> None:
    probability = classifier.load(name).probabilities([draw_lesion()])[0]
    assert 0 < probability < 1


@pytest.mark.parametrize("name", checkpoints.available())
def test_a_cards_official_figures_follow_from_its_predictions(name: str) -> None:
    card = checkpoints.card(name)
    table = pd.read_csv(checkpoints.FOLDER / name / PREDICTIONS / "official_test.csv")
    figures = card.evaluations["official_test"].figures
    labels = (table["label"] == "malignant").astype(int)
    assert figures.n == len(table) == published.TEST_PICTURES
    right = ((table["probability"] >= card.threshold) == labels).mean()
    assert figures.accuracy.value == pytest.approx(right, abs=1e-9)
    assert figures.auc is not None
    assert figures.auc.value == pytest.approx(metrics.auc(labels, table["probability"]), abs=1e-4)


@pytest.mark.parametrize("name", checkpoints.available())
def test_a_phones_picture_read_at_half_its_size_gets_the_answer_of_the_whole(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = io.BytesIO()
    draw_lesion(1632, 1224).save(data, "JPEG", quality=90)
    halved = images.open_image(data.getvalue())
    monkeypatch.setattr(images, "ENOUGH_PIXELS", 1632 * 1224)
    whole = images.open_image(data.getvalue())
    assert (halved.size, whole.size) == ((816, 612), (1632, 1224))
    one, other = classifier.load(name).probabilities([halved, whole])
    assert one == pytest.approx(other, abs=0.01)


@pytest.mark.parametrize("name", checkpoints.available())
def test_what_was_stressed_are_the_weights_that_are_shipped(name: str) -> None:
    table = robustness.read_robustness(name, checkpoints.FOLDER)
    assert table is not None
    clean = table[table["perturbation"] == robustness.NONE].iloc[0]
    figures = checkpoints.card(name).evaluations["official_test"].figures
    assert clean["accuracy"] == pytest.approx(figures.accuracy.value, abs=1e-5)
    assert figures.auc is not None
    assert clean["auc"] == pytest.approx(figures.auc.value, abs=1e-4)


@pytest.mark.parametrize("name", checkpoints.available())
def test_the_three_parts_of_the_official_test_are_on_the_card(name: str) -> None:
    evaluations = checkpoints.card(name).evaluations
    sizes = {
        key: evaluations[key].figures.n for key in ("official_test", "leak_free", "ham10000_only")
    }
    assert sizes == {"official_test": 660, "leak_free": 529, "ham10000_only": 504}


def test_resnet18_reaches_what_was_promised_on_the_official_test() -> None:
    figures = checkpoints.card("resnet18").evaluations["official_test"].figures
    assert figures.accuracy.value >= 0.900
    assert figures.auc is not None
    assert figures.auc.value >= 0.965


@pytest.mark.xfail(
    strict=True,
    reason="the shipped baseline's interval ends at 83.2 %, a point under the report's 84.2 %",
)
def test_the_baseline_agrees_with_the_report_within_its_interval() -> None:
    accuracy = checkpoints.card("baseline_cnn").evaluations["official_test"].figures.accuracy
    assert accuracy.low <= published.TEST_ACCURACY[0].value <= accuracy.high


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_model_gives_its_cards_figures_on_the_real_pictures(
    real_data: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from training import evaluate

    assert evaluate.main(["--model", name, "--data", str(real_data / "malignant_vs_benign")]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    for key, part in {"official_test": found, **found["parts"]}.items():
        promised = checkpoints.card(name).evaluations[key].figures
        assert part["n"] == promised.n
        # Another processor may round a logit across the threshold: one picture of 504 at most.
        assert part["accuracy"]["value"] == pytest.approx(promised.accuracy.value, abs=0.002)
        assert promised.auc is not None
        assert part["auc"]["value"] == pytest.approx(promised.auc.value, abs=0.001)


LIMITED = [name for name in checkpoints.available() if checkpoints.card(name).limits]


@pytest.mark.parametrize("name", LIMITED)
def test_what_looks_benign_promises_is_kept_on_what_it_was_fitted_to(name: str) -> None:
    from training.assessment import conformal

    card = checkpoints.card(name)
    assert card.limits is not None
    folder = checkpoints.FOLDER / name / PREDICTIONS
    held = {"validation": DERMOSCOPIC} if not card.limits.answers_by_kind else {
        "ham10000_other_lesions": DERMOSCOPIC,
        "pad_ufes_20_half": PHOTO, "fitzpatrick17k_half": PHOTO,
    }  # fmt: skip
    for key, kind in held.items():
        cuts = card.limits.answers_for(kind)
        table = pd.read_csv(folder / f"{key}.csv")
        labels = (table["label"] == "malignant").to_numpy(np.int64)
        found = conformal.check("", labels, table["probability"].to_numpy(), cuts)
        among = found.malignant_among_benign
        # what the gate stops is among them here, and was not when the cuts were fitted
        assert among is None or among.value <= cuts.promised + 0.01, key
        assert found.coverage["malignant"].value >= cuts.coverage - 0.03, key


@pytest.mark.parametrize("name", LIMITED)
def test_a_shipped_gate_is_the_one_on_its_card_and_stops_a_flat_picture(name: str) -> None:
    model = classifier.load(name)
    assert model.gate is not None
    found = model.assess(Image.new("RGB", (300, 300), (10, 200, 30)))
    assert (found.kind, found.answer) == ("not skin", "not judged")
    assert found.warnings


@pytest.mark.parametrize("name", LIMITED)
def test_a_shipped_gate_stops_bare_skin_of_people_that_it_was_not_fitted_to(name: str) -> None:
    limits = checkpoints.card(name).limits
    assert limits is not None
    bare = limits.gate_checks["normal_skin"]
    assert bare.stopped.n > 100
    assert bare.stopped.value >= 0.9  # before gates were shown any, 45 of 51 got an answer


def test_the_answer_of_assess_is_that_of_explain_in_one_pass() -> None:
    model = classifier.load("resnet18")
    picture = draw_lesion()
    explained = model.explain(picture)
    assert model.assess_explained(picture, explained).kind == model.assess(picture).kind
    assert explained.probability == pytest.approx(model.assess(picture).probability, abs=1e-6)
