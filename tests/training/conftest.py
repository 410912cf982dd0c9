"""Tiny labelled folders of made pictures, and one finished training run on such a folder.

A colour tells the label (reddish is malignant, bluish is benign), so that a network can learn it
in a few steps. In Kaggle's layout every third picture has the other colour: figures that are all
right or all wrong would hide mistakes.
"""

from __future__ import annotations

import contextlib
import io
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image, ImageDraw, ImageFilter
from torch import nn

from core.networks import registry, torchvision_import
from core.networks.two_heads import TwoHeads
from core.results.card import CARD, Card, read_card
from training import people
from training.data.demographics import FOLDER
from training.data.labelled_set import LabelledSet
from training.pooled import first, pool
from training.pooled.broad_pool import NEW
from training.pooled.recipe_runs import Source
from training.pooled.recipes import STAGES, Recipe, Stages

LABELS = ("benign", "malignant")
EPOCHS = 3


def draw(colour: str, seed: int, side: int = 64) -> Image.Image:
    """Noise in the colour that goes with a label; no two of them are the same."""
    random = np.random.default_rng((seed, LABELS.index(colour)))
    noise = random.integers(0, 100, (side, side, 3))
    noise[..., 0 if colour == "malignant" else 2] += int(random.integers(60, 140))
    return Image.fromarray(noise.astype(np.uint8))


def textured(seed: int, side: int = 400) -> Image.Image:
    """A spot with blots of all sizes on mottled skin: local features are found all over it."""
    random = np.random.default_rng(seed)
    picture = Image.new("RGB", (side, side), (205, 160, 140))
    pen = ImageDraw.Draw(picture)
    for x, y, radius, dark in zip(
        *random.integers(0, side, (2, 400)), random.integers(3, 18, 400),
        random.integers(0, 110, 400), strict=True,
    ):  # fmt: skip
        middle = np.hypot(x - side / 2, y - side / 2) < side / 3
        tone = tuple(int(c - dark - 60 * middle) for c in (205, 160, 150))
        pen.ellipse((x - radius, y - radius, x + radius, y + radius * 0.7), tone)
    return picture.filter(ImageFilter.GaussianBlur(1.5))


def write_kaggle(folder: Path, train: tuple[int, int], test: tuple[int, int]) -> Path:
    """Kaggle's layout with (benign, malignant) pictures in train/ and test/."""
    for seed, (split, counts) in enumerate((("train", train), ("test", test))):
        for label, count in zip(LABELS, counts, strict=True):
            (folder / split / label).mkdir(parents=True)
            for i in range(count):
                colour = LABELS[1 - LABELS.index(label)] if i % 3 == 2 else label
                draw(colour, 1000 * seed + i).save(folder / split / label / f"{i}.png")
    return folder


def write_listed(folder: Path, rows: list[dict[str, Any]], images: str = "") -> Path:
    """A metadata.csv of ``rows`` and a picture for each, beside it or in a folder of it."""
    (folder / images).mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows).to_csv(folder / "metadata.csv", index=False)
    for seed, row in enumerate(rows):
        draw(row["label"], seed).save(folder / images / row["file"], "PNG")
    return folder


@pytest.fixture
def kaggle(tmp_path: Path) -> Callable[..., Path]:
    """Writes ``tmp_path``/set in Kaggle's layout; counts are (benign, malignant)."""

    def write(train: tuple[int, int] = (4, 3), test: tuple[int, int] = (2, 1)) -> Path:
        return write_kaggle(tmp_path / "set", train, test)

    return write


@pytest.fixture
def listed(tmp_path: Path) -> Callable[..., Path]:
    """Writes ``tmp_path``/listed: metadata.csv and its pictures."""

    def write(rows: list[dict[str, Any]], images: str = "") -> Path:
        return write_listed(tmp_path / "listed", rows, images)

    return write


@pytest.fixture
def models(
    tiny_checkpoints: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Path]:
    """Puts a copy of ``tiny_checkpoints`` that may be written to where the programs look."""
    from core import checkpoints

    def copy() -> Path:
        folder = tmp_path / "checkpoints"
        shutil.copytree(tiny_checkpoints, folder)
        monkeypatch.setattr(checkpoints, "FOLDER", folder)
        return folder

    return copy


@dataclass(frozen=True)
class Run:
    """What ``python -m training.train`` was told, said and left."""

    arguments: list[str]
    status: int
    said: str
    data: Path
    runs: Path
    checkpoints: Path

    @property
    def folder(self) -> Path:
        return self.runs / "baseline_cnn"

    @property
    def checkpoint(self) -> Path:
        return self.checkpoints / "baseline_cnn"


TrainAgain = Callable[..., Run]
BATCHES = 2  # of 32 in 72 pictures; what is left over waits for another epoch


def train_arguments(data: Path, to: Path) -> list[str]:
    # `tuned` has all that a resumed run could get wrong: random changes of pictures, a schedule,
    # an optimiser with memory. 72 training pictures make two batches, whose order is drawn.
    return [
        "--model", "baseline_cnn", "--preset", "tuned", "--epochs", str(EPOCHS), "--seed", "3",
        "--name", "baseline_cnn",
        "--data", str(data), "--runs", str(to / "runs"), "--checkpoints", str(to / "checkpoints"),
        "--accelerator", "cpu", "--devices", "1", "--precision", "32-true",
    ]  # fmt: skip


def run_train(data: Path, to: Path, *more: str) -> Run:
    """Train in this process; a stop by Ctrl-C comes back as the exit status it would have."""
    from training import train

    arguments = [*train_arguments(data, to), *more]
    said = io.StringIO()
    before = signal.getsignal(signal.SIGINT)  # Lightning switches Ctrl-C off when it is stopped
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            status = train.main(arguments)
    except SystemExit as end:
        status = 0 if end.code is None else int(end.code)  # as the interpreter reads it
    finally:
        signal.signal(signal.SIGINT, before)
    return Run(arguments, status, said.getvalue(), data, to / "runs", to / "checkpoints")


@pytest.fixture(scope="session")
def training_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """44 benign and 36 malignant training pictures, 3 and 2 test pictures."""
    return write_kaggle(tmp_path_factory.mktemp("data") / "colours", (44, 36), (3, 2))


@pytest.fixture(scope="session")
def finished(training_set: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """An unbroken run. Read it, but change nothing in it."""
    return run_train(training_set, tmp_path_factory.mktemp("unbroken"))


@pytest.fixture
def train_again(tmp_path: Path) -> Callable[..., Run]:
    """Trains as ``finished`` did, into ``tmp_path``; further arguments are appended."""

    def run(data: Path, *more: str) -> Run:
        return run_train(data, tmp_path, *more)

    return run


def card(run: Run) -> Card:
    return read_card(run.checkpoint / CARD)


def last(run: Run) -> dict[str, Any]:
    state: dict[str, Any] = torch.load(run.folder / "last.ckpt", weights_only=True)
    return state


def made(labels: list[int], groups: list[str]) -> LabelledSet:
    """A set with a table and no pictures."""
    files = [f"{i}.jpg" for i in range(len(labels))]
    return LabelledSet(
        "made", pd.DataFrame({"file": files, "label": labels, "group": groups, "content": files})
    )


def files(data: LabelledSet) -> set[str]:
    return set(data.table["file"])


@pytest.fixture(scope="module")
def collections(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("collections")
    write_kaggle(root / pool.REPORT, (8, 8), (2, 2))
    for seed, name in enumerate(pool.TRAINED_ON[1:]):
        label = ["benign", "malignant"]
        rows = [{"file": f"{i}.png", "label": label[i % 2], "patient_id": f"P{seed}{i // 2}",
                 "fitzpatrick": 1 + i % 6} for i in range(12)]  # fmt: skip
        write_listed(root / name, rows)
    people.write(root, list(pool.TRAINED_ON), root / "checkpoints" / FOLDER, "command")
    return root


def small() -> nn.Module:
    """A DenseNet of a few thousand numbers."""
    torchvision_import.prepare()
    from torchvision.models import DenseNet

    return DenseNet(4, (2, 2, 2, 2), 8, num_classes=2)  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def small_networks() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        plain = registry.get("densenet169")
        patch.setitem(registry.ARCHITECTURES, "small", replace(plain, make_backbone=small))
        two = replace(
            registry.get("densenet169_two_heads"), make_backbone=lambda: TwoHeads(small, 8, 8)
        )
        patch.setitem(registry.ARCHITECTURES, "small_two_heads", two)
        yield


@pytest.fixture(scope="module")
def known(
    collections: Path, tmp_path_factory: pytest.TempPathFactory, small_networks: None
) -> Path:
    """Tiny collections, the older ones among them, and a ``general`` that has not seen these."""
    root = tmp_path_factory.mktemp("broad")
    shutil.copytree(collections, root / "data")
    for seed, name in enumerate(NEW):
        rows = [{"file": f"{i}.png", "label": ["benign", "malignant"][i % 2],
                 "lesion_group": f"L{seed}{i}"} for i in range(16)]  # fmt: skip
        write_listed(root / "data" / name, rows)
        for row in rows:  # darker than photos: no doubt which way they go
            path = root / "data" / name / str(row["file"])
            with Image.open(path) as picture:
                picture.point(lambda value: value // 3).save(path)
    stages = tiny_stages(network="small", side=64, recipes=(Recipe("alone", 1),), folds=2, scored=1)
    general = first_stage(root / "data", root / "runs", stages)  # the other fold is to be taught
    shutil.copytree(general, root / "data/checkpoints/general")
    return root


def tiny_stages(**changes: Any) -> Stages:
    """The stages of ``general`` on pictures of 32 pixels."""
    small = {"network": "resnet18", "side": 32, "train_side": 32, "statistics": 2}
    return replace(STAGES, **{**small, **changes})


def first_stage(data: Path, runs: Path, stages: Stages, seed: int = 0) -> Path:
    """The checkpoint that the first stage of ``general`` leaves, with random weights to start."""
    source = Source(
        data=data, init_from="random", name="general", seed=seed, precision="32-true",
        accelerator="cpu", runs=runs, checkpoints=data / "checkpoints",
    )  # fmt: skip
    first.make(source, stages, "python -m training.general")
    return first.root(source) / "general"
