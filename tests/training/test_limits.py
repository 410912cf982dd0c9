"""The gate and the three answers of a model of one's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from core import classifier
from core.pictures.drawn_lesion import draw_lesion
from core.results.card import CARD, PREDICTIONS, read_card, write_card
from core.results.of_weights import stamped
from tests.training.scored_sets import MODEL, listed_set, tree
from training import limits
from training.assessment import held_out, not_skin, served
from training.data.file_lock import writing

Models = Callable[..., Path]
DX = {0: "nv", 1: "mel"}


def own(models: Models, tmp_path: Path, benign: int, malignant: int) -> tuple[Path, list[str]]:
    """A model whose validation held so many pictures of each class, and the command for it."""
    root, (folder, _) = models(), listed_set(tmp_path, dx=[DX[i % 2] for i in range(24)])
    pd.read_csv(folder / "metadata.csv").drop(columns="label").to_csv(
        folder / "metadata.csv", index=False
    )
    path = root / MODEL / CARD
    text = json.loads(path.read_text())
    text["training"]["data"] = folder.name
    text["training"]["label_rule"] = {"column": "dx", "positive": ["mel"], "negative": ["nv"]}
    text["calibration"] |= {"slope": 1.0, "intercept": 0.0}
    path.write_text(json.dumps(text))
    labels = np.repeat([0, 1], [benign, malignant])
    lead = np.random.default_rng(4).normal(np.where(labels == 1, 2.0, -2.0), 1.0)
    table = pd.DataFrame({
        "file": [f"{i % 24}.png" for i in range(len(labels))], "group": range(len(labels)),
        "label": np.where(labels == 1, "malignant", "benign"), "logit": lead,
        "probability": 1 / (1 + np.exp(-lead)),
    })  # fmt: skip
    (root / MODEL / PREDICTIONS).mkdir()
    sha256 = read_card(path).weights.sha256
    stamped(table, sha256).to_csv(root / MODEL / PREDICTIONS / "validation.csv", index=False)
    return root, [
        "--model", MODEL, "--data", str(folder), "--runs", str(tmp_path / "runs"),
    ]  # fmt: skip


@pytest.fixture(autouse=True)
def _few_pictures_of_no_skin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eighteen of the 200 that come with libraries: the others say the same here."""
    some = [one for i, one in enumerate(not_skin.pictures()) if i % 12 == 0][:18]
    monkeypatch.setattr(not_skin, "pictures", lambda: iter(some))


def test_a_folder_of_ones_own_gives_a_gate_and_three_answers(
    models: Models, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root, asked = own(models, tmp_path, 60, 60)
    assert limits.main([*asked, "--kind", "photo"]) == 0
    said = capsys.readouterr().out
    assert f"Labels are read as {MODEL} learned them: column dx, malignant mel, benign nv." in said
    found = read_card(root / MODEL / CARD).limits
    assert found is not None
    assert found.kinds_judged == ("photo",)
    assert 0 < found.answers.benign_up_to < found.answers.malignant_from < 1
    assert found.answers.n == 120
    # 60 malignant pictures are too few to promise on; who was not shown to the gate is named
    assert found.answers.promised == 1
    assert [sentence.split(":")[0] for sentence in found.not_fitted] == [
        "Its gate was shown no dermoscopic pictures", "Its gate was shown no bare skin",
        "How many of those that 'look benign' to it are malignant at most is not promised",
    ]  # fmt: skip
    assert all(sentence in said for sentence in found.not_fitted)
    assert set(found.gate_checks) == {"some_set", "not_skin"}
    assert found.answer_checks["some_set"].coverage["all"].n == 120
    assert found.answer_checks["some_set"].coverage["all"].value == pytest.approx(0.9, abs=0.07)
    # counted as served: by what the gate takes each of these pictures for
    kept = served.read_contents(root / MODEL, read_card(root / MODEL / CARD))["some_set"]
    stopped = found.answer_checks["some_set"].stopped
    assert stopped is not None
    assert stopped.value == pytest.approx((kept["content"] != "photo").mean())
    model = classifier.load(MODEL)
    assert model.gate is not None
    own_pictures = [Image.open(path) for path in (tmp_path / "some_set/images").iterdir()]
    judged = [model.assess(picture).kind for picture in own_pictures].count("photo")
    things = [model.assess(picture) for _, picture in not_skin.pictures()]
    passed = [one.kind for one in things].count("photo")
    # random weights: the gate tells the two apart, though not well
    assert judged / len(own_pictures) > 0.3 > passed / len(things)
    assert {one.answer for one in things if one.kind == "not skin"} == {"not judged"}


def test_too_few_of_a_class_are_told_and_answered_with_can_not_tell(
    models: Models, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root, asked = own(models, tmp_path, 12, 6)
    assert limits.main([*asked, "--kind", "dermoscopic"]) == 0
    told = "they need 10 pictures of each class in validation, and there are 12 benign and 6 mali"
    assert told in capsys.readouterr().out
    found = read_card(root / MODEL / CARD).limits
    assert found is not None
    assert told in found.not_fitted[-1]
    assert found.answer_checks == {}
    model = classifier.load(MODEL)
    answers = {model.assess(draw_lesion(96, 72, seed)).shown_anyway for seed in range(5)}
    assert answers == {"uncertain"}


def test_answers_that_could_not_be_counted_through_the_gate_are_told(
    models: Models, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root, asked = own(models, tmp_path, 30, 30)
    path = root / MODEL / PREDICTIONS / "validation.csv"
    path.write_text(path.read_text().replace("23.png", "gone.png"))
    assert limits.main([*asked, "--kind", "photo"]) == 0
    assert held_out.NOT_GATED in capsys.readouterr().out
    found = read_card(root / MODEL / CARD).limits
    assert found is not None
    assert held_out.NOT_GATED in found.not_fitted
    assert found.answer_checks["some_set"].stopped is None
    assert not (root / MODEL / served.FILE).exists()


def test_what_the_pictures_are_has_to_be_said(
    models: Models, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root, asked = own(models, tmp_path, 20, 20)
    before = tree(root)
    assert limits.main(asked) == 2
    assert "say with --kind what its pictures are: dermoscopic or photo." in capsys.readouterr().err
    with writing(root / MODEL):
        assert limits.main([*asked, "--kind", "photo"]) == 2
    assert "is being written by another command" in capsys.readouterr().err
    assert tree(root) == before


def test_a_model_elsewhere_and_a_gate_that_others_lend_pictures_to(
    models: Models, tmp_path: Path, collections: Path
) -> None:
    root, asked = own(models, tmp_path, 40, 40)
    lent = tmp_path / "lent"
    lent.mkdir()
    for path in collections.iterdir():
        (lent / path.name).symlink_to(path)
    images = lent / "not_lesion" / "images"
    images.mkdir(parents=True)
    rows = []
    for i in range(24):
        kind = "normal_skin" if i % 2 else "object"
        skin = (190 + i, 150, 130) if i % 2 else (30, 60 + 5 * i, 200)
        picture = draw_lesion(96, 72, i, skin).crop((0, 0, 60, 60))
        picture.save(images / f"{i}.png")
        rows.append({"file": f"{i}.png", "gate_class": kind, "patient_id": f"P{i}"})
    pd.DataFrame(rows).to_csv(lent / "not_lesion" / "metadata.csv", index=False)
    elsewhere = tmp_path / "elsewhere"
    root.rename(elsewhere)
    card = read_card(elsewhere / MODEL / CARD)
    asked += ["--kind", "dermoscopic", "--checkpoints", str(elsewhere), "--others", str(lent)]
    assert limits.main(asked) == 0
    found = read_card(elsewhere / MODEL / CARD).limits
    assert found is not None
    assert {"some_set", "normal_skin", "object"} < set(found.gate_checks)
    assert [s for s in found.not_fitted if "gate" in s] == []
    write_card(card, elsewhere / MODEL / CARD)
