from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from core import checkpoints, classifier
from core.images import open_image
from core.labels import PHOTO
from core.networks.lesion_network import build
from core.results.collections import HAM_OTHER, ISIC_2017, PAD_UFES, REPORT, UDA_1
from core.results.test_sets import LEFT_OUT
from tests.training.taught import one_epoch, rows_of, shown_as_they_are
from training import distil
from training.data import learned
from training.data.folders import read_folder
from training.pooled import broad_pool, distillation, held_out
from training.pooled.broad_pool import HELD, LEARNED, NEW, TAUGHT, UNUSED
from training.pooled.distillation import Distillation, DistillationModule
from training.pooled.left_out_collection import by_labels_alone


def table() -> pd.DataFrame:
    """Eighty pictures of two known collections, half of them held out before, and forty older ones.

    Two of a label make a lot.
    """
    parts = (
        rows_of(PAD_UFES, False, 0), rows_of(HAM_OTHER, False, 100), rows_of(ISIC_2017, True, 200)
    )  # fmt: skip
    found = pd.concat(parts, ignore_index=True)
    before = found[~found["older"] & (found["together"] % 2 == 0)]
    return found.assign(use=broad_pool.uses(found, before[["collection", "file"]], 0))


def test_half_of_what_the_teacher_never_saw_is_learned_and_the_rest_stays_apart() -> None:
    before = table()
    after = before.assign(use=distillation.released(before, 0)["use"])
    known = ~before["older"]
    held = before["use"][known] == HELD
    assert set(after["use"][known][held]) == {HELD, TAUGHT}
    assert (after["use"][known] == HELD).sum() == held.sum() / 2
    assert not (after["use"][known][~held] == HELD).any()  # of these the teacher says what it knows
    assert (after["use"][~known] == before["use"][~known]).all()
    apart = after.groupby("together")["use"].agg(set)
    assert not any({HELD} < uses and uses & {LEARNED, TAUGHT} for uses in apart)


def test_a_third_each_is_older_other_and_photos_and_classes_come_as_often() -> None:
    rows = distillation.released(table(), 0)
    weight = pd.Series(distillation.weights(rows).numpy())
    assert weight.sum() == pytest.approx(1)
    assert (weight[rows["use"].isin([HELD, UNUSED])] == 0).all()
    for name in (PAD_UFES, HAM_OTHER, ISIC_2017):
        for label in (0, 1):
            mine = (rows["collection"] == name) & (rows["label"] == label)
            assert weight[mine].sum() == pytest.approx(1 / 6)


def test_the_teacher_is_half_of_the_target_of_what_it_teaches_and_none_of_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    torch.manual_seed(0)
    student, teacher = build("efficientnet_lite0"), build("resnet18").eval()
    module = DistillationModule(student.eval(), teacher, Distillation(side=64), 0)
    pixels, x = shown_as_they_are(module, monkeypatch)
    label = torch.tensor([0, 1, 0, 1])
    by_label = torch.nn.functional.one_hot(label, 2) * 0.95 + 0.025
    said, own = teacher(x).detach().softmax(1), student(x).detach().log_softmax(1)
    for learned_too, target in ((True, by_label), (False, (by_label + said) / 2)):
        rows = torch.full((4,), learned_too)
        expected = float(-(target * own).sum(1).mean())
        assert module.training_step((pixels, label, rows), 0).item() == pytest.approx(
            expected, abs=1e-5
        )


def test_the_first_layers_stay_as_they_start_and_the_others_learn() -> None:
    student = build("efficientnet_lite0")
    module = DistillationModule(student, build("resnet18"), Distillation(side=64), 0)
    module.on_train_epoch_start()
    student(torch.rand(4, 3, 64, 64)).sum().backward()
    first = {id(p) for part in distillation.first_layers(student) for p in part.parameters()}
    assert first
    for parameter in student.parameters():
        assert (parameter.grad is None) == (id(parameter) in first)
    stem = student.backbone._bn0  # what it normalises by must not move either
    assert not stem.training
    assert student.backbone._bn1.training


@pytest.mark.parametrize("name", [PAD_UFES, HAM_OTHER, ISIC_2017, UDA_1])
def test_nothing_of_a_strangers_archive_nor_of_its_lesions_is_learned(name: str) -> None:
    rows = table()
    report = rows[rows["collection"] == HAM_OTHER].assign(
        collection=REPORT, older=[i % 4 < 2 for i in range(40)], together=np.arange(40) // 2 + 900
    )
    uda = rows[rows["older"]].assign(collection=UDA_1, together=np.arange(40) // 2 + 500)
    rows = pd.concat([rows, report, uda], ignore_index=True)
    joined = (rows["collection"] == REPORT) & (rows["file"] == "6.jpg")  # learned, of HAM10000
    rows.loc[joined, "together"] = rows["together"][rows["collection"] == PAD_UFES].max()
    after = by_labels_alone(rows, name)
    archive = {
        PAD_UFES: rows["collection"] == PAD_UFES,
        HAM_OTHER: (rows["collection"] == HAM_OTHER)
        | ((rows["collection"] == REPORT) & ~rows["older"]),
    }.get(name, rows["older"])
    assert set(after["use"]) == {LEARNED, HELD, UNUSED}  # a teacher knows the collection
    assert not (after["use"][archive] == LEARNED).any()
    assert (after["use"][rows["collection"] == name] == HELD).all()
    assert set(after["use"][archive & (rows["collection"] != name)]) <= {UNUSED}
    lots = set(after["together"][after["use"] == HELD])
    assert not lots & set(after["together"][after["use"] == LEARNED])
    assert (after["use"] == LEARNED).sum() > 30


def arguments(root: Path, *more: str) -> list[str]:
    student = ("--side", "64", "--student", "efficientnet_lite0", "--init-from", "random")
    return one_epoch(root, *student, *more)


def test_a_small_network_is_taught_scored_on_what_neither_saw_and_goes_on_when_stopped(
    known: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = known / "data/checkpoints"
    assert distil.main(arguments(known)) == 0
    assert "epoch 1 of 1: learned loss" in capsys.readouterr().out
    card = checkpoints.card("general_light", root)
    assert (card.architecture, card.side) == ("efficientnet_lite0", 64)
    assert set(card.calibration_by_kind) == {PHOTO}
    assert {"validation", PAD_UFES, *NEW} <= set(card.evaluations)
    assert card.evaluations[PAD_UFES].title.endswith("a part that was held out")
    scored, teachers = (held_out.read(root / name) for name in ("general_light", "general"))
    assert scored is not None
    assert teachers is not None
    assert not scored.has_folds
    assert teachers.has_folds
    model = classifier.Classifier(card, checkpoints.load_network("general_light", root))
    for name in (PAD_UFES, ISIC_2017):
        data = read_folder(known / "data" / name)
        mine = scored.part_of(data).table
        met = learned.known(root / "general_light", data, card)
        assert met is not None
        assert met.learned + len(mine) == len(data.table)  # what was learned is told, all of it
        if name == PAD_UFES:
            assert set(mine["file"]) < set(teachers.part_of(data).table["file"])
    kept = pd.read_csv(root / "general_light/predictions" / f"{ISIC_2017}.csv").set_index("file")
    for row in mine.itertuples():
        image = open_image(Path(str(row.path)).read_bytes())
        assert model.margins([image])[0] == pytest.approx(kept["logit"][row.file], abs=1e-4)
    after = checkpoints.load_network("general_light", root).backbone.state_dict()
    assert distil.main(arguments(known)) == 0
    again = checkpoints.load_network("general_light", root).backbone.state_dict()
    assert all(torch.equal(again[key], after[key]) for key in after)


def test_a_collection_is_scored_by_a_network_that_never_saw_it(
    known: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = known / "data/checkpoints"
    if not (root / "general_light").exists():
        assert distil.main(arguments(known)) == 0
    before = checkpoints.card("general_light", root)
    for name in (PAD_UFES, ISIC_2017):
        assert distil.main(arguments(known, "--leave-out", name)) == 0
    assert "learned nothing of its archive: " in capsys.readouterr().out
    card = checkpoints.card("general_light", root)
    new = set(card.evaluations) - set(before.evaluations)
    assert new == {LEFT_OUT + name for name in (PAD_UFES, *NEW)}
    assert card.weights == before.weights
    photos = card.evaluations[LEFT_OUT + PAD_UFES].figures
    assert photos.n == len(read_folder(known / "data" / PAD_UFES).table)
    assert distil.main(arguments(known, "--leave-out", PAD_UFES, "--name", "none")) == 2


def test_other_settings_and_a_teacher_without_folds_are_refused(
    known: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = known / "data/checkpoints"
    if not (root / "general_light").exists():
        assert distil.main(arguments(known)) == 0
    assert distil.main(arguments(known, "--seed", "1")) == 2
    assert "seed 1, the run has 0" in capsys.readouterr().err
    assert distil.main(arguments(known, "--model", "nobody")) == 2
    assert "nobody" in capsys.readouterr().err
