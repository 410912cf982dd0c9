"""Score a set of any size: in constant memory, over several processes, into a file that goes on.

Pictures are scored in batches of a fixed grid, whatever the number of processes: the same pictures
share a forward pass, so one process and two give the same numbers, in the same order. After each
step the first process appends whole lines, and a run that was killed goes on after its last batch.
"""

from __future__ import annotations

import contextlib
import csv
import io
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from signal import SIGINT, SIGTERM
from tempfile import TemporaryDirectory
from typing import Any

import lightning.pytorch as pl
import numpy as np
import pandas as pd
import torch
from lightning.pytorch.utilities.exceptions import SIGTERMException
from numpy.typing import NDArray
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

from core import checkpoints
from core.calibration import calibrated, moved
from core.classifier import BATCH, Classifier
from core.images import ImageRejected
from core.labels import CLASSES, margin
from core.networks.lesion_network import LesionNetwork
from core.results.card import PREDICTION_COLUMNS
from core.results.of_weights import COLUMN
from core.runtime.cores import cores
from training.data.file_lock import claim
from training.data.hdf5 import read_picture
from training.data.label_rule import refuse
from training.data.labelled_set import DataRejected, LabelledSet
from training.scoring.meeting import MetInFile

_MOST_WORKERS = 8  # processes that decode for one GPU
_HEADS = [*PREDICTION_COLUMNS, COLUMN]
LINES_AT_ONCE = 10_000  # of a CSV, read at once


@dataclass(frozen=True)
class Processes:
    """How many to score with, and on what, as Lightning takes it."""

    devices: str = "1"
    accelerator: str = "auto"


ALONE = Processes()


def margins_of_set(
    model: Classifier, root: Path, data: LabelledSet, to: Path | None = None,
    by: Processes = ALONE,
) -> NDArray[np.float64]:  # fmt: skip
    """Malignant minus benign logit of every picture, (N,), before calibration.

    ``root`` is where the model's folder is, from which other processes read it. ``to`` is a CSV of
    what was scored so far; a run that was stopped goes on in it. Raises ``DataRejected`` for one of
    other pictures or weights, for one that another command writes, and for pictures that cannot be
    read, all of them named; ``KeyboardInterrupt`` with the exit status of what stopped it.
    """
    with TemporaryDirectory() if to is None else contextlib.nullcontext(to) as where:
        path = to or Path(where) / "scored.csv"
        with claim(path, wait=False) as alone:
            if not alone:
                raise DataRejected(
                    f"{path} is being written by another command: wait for it to end, or give "
                    "another --to."
                )
            done = _go_on(path, data, model)
            if done < len(data.table):
                _predict(model, root, data, path, done, by)
        found = pd.read_csv(path, usecols=["logit"])["logit"].to_numpy(np.float64)
    bad = data.table["path"][np.isnan(found)]
    refuse(Path(data.name), "pictures that cannot be read", [str(source) for source in bad])
    return found


def _go_on(path: Path, data: LabelledSet, model: Classifier) -> int:
    """How many rows of a CSV stand, of whole batches; it is cut to these, or begun."""
    if not path.stat().st_size:
        path.write_text(",".join(_HEADS) + "\n", encoding="utf-8")
        return 0
    sound, whole = 0, 0  # rows before the first that could not be read; all rows
    try:
        for there in _chunks(path):
            first = there[COLUMN][0] == model.card.weights.sha256 if not whole else True
            mine = data.table.iloc[whole : whole + len(there)]
            if not first or len(mine) < len(there) or not _is_of(there, mine, model):
                raise ValueError
            missing = np.flatnonzero(there["logit"].isna())
            if sound == whole:
                sound += int(missing[0]) if len(missing) else len(there)
            whole += len(there)
    except ValueError as error:
        raise DataRejected(
            f"{path} holds what is not of these pictures and this model: give another --to."
        ) from error
    if sound < len(data.table):
        sound -= sound % BATCH
    with path.open("r+b") as file:
        for _ in range(sound + 1):
            file.readline()
        file.truncate(file.tell())
    return sound


def _chunks(path: Path) -> Iterator[pd.DataFrame]:
    """The whole lines of a CSV of ours, some at a time; ``ValueError`` for any other file."""
    with path.open("rb") as file:
        if file.readline() != f"{','.join(_HEADS)}\n".encode():
            raise ValueError
        while lines := [line for line in islice(file, LINES_AT_ONCE) if line.endswith(b"\n")]:
            yield pd.read_csv(
                io.BytesIO(b"".join(lines)), names=_HEADS, dtype={"file": str, COLUMN: str}
            )


def _is_of(there: pd.DataFrame, mine: pd.DataFrame, model: Classifier) -> bool:
    sound = there["logit"].notna().to_numpy()
    now = calibrated(there["logit"].to_numpy(np.float64)[sound], model.card.calibration)
    return bool(
        (there["file"].to_numpy() == mine["file"].to_numpy()).all()
        and (there["label"] == [CLASSES[label] for label in mine["label"]]).all()
        and np.allclose(there["probability"].to_numpy()[sound], now, atol=1e-5)
    )


def _predict(
    model: Classifier, root: Path, data: LabelledSet, path: Path, done: int, by: Processes
) -> None:
    # Lightning's notices on processors found and products to try; its warnings still come through.
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    with TemporaryDirectory() as meeting, warnings.catch_warnings():
        # On a processor decoding and computing take turns: more processes would only wait.
        warnings.filterwarnings("ignore", message=".*does not have many workers.*")
        warnings.filterwarnings("ignore", message=".*is deprecated", category=FutureWarning)
        trainer = pl.Trainer(
            accelerator=by.accelerator, devices=by.devices,
            strategy="auto" if by.devices == "1" else MetInFile(Path(meeting) / "store"),
            precision="32-true", logger=False, enable_checkpointing=False,
            enable_progress_bar=False, enable_model_summary=False, use_distributed_sampler=False,
        )  # fmt: skip
        try:
            trainer.predict(
                _Scoring(model, by.devices == "1", root, data, path, done),
                _Batches(model, data, done), return_predictions=False,
            )  # fmt: skip
        except SystemExit as end:  # Lightning's way out: status 1 on Ctrl-C, 0 on SIGTERM
            signal = SIGTERM if trainer.received_sigterm else SIGINT
            raise KeyboardInterrupt(128 + signal) from end


class _GridOfBatches(Dataset[tuple[int, torch.Tensor, torch.Tensor]]):
    """A batch an item: its number, float32 (n, 3, side, side), and which could be read (n,)."""

    def __init__(self, model: Classifier, data: LabelledSet) -> None:
        self.geometry, self.side = model.geometry, model.card.side
        self.sources = data.table["path"].to_numpy()

    def __getitem__(self, number: int) -> tuple[int, torch.Tensor, torch.Tensor]:
        from core.preprocessing import to_tensor

        shown, sound = [], []
        for source in self.sources[number * BATCH : (number + 1) * BATCH]:
            try:
                shown.append(to_tensor(read_picture(source), self.geometry, self.side))
            except ImageRejected:
                shown.append(torch.zeros(3, self.side, self.side))
                sound.append(False)
            else:
                sound.append(True)
        pictures = torch.stack(shown) if shown else torch.zeros(0, 3, self.side, self.side)
        return number, pictures, torch.tensor(sound, dtype=torch.bool)


class _Batches(pl.LightningDataModule):
    """The batches that are left, dealt out in turn; the last round is filled up with empty ones."""

    def __init__(self, model: Classifier, data: LabelledSet, done: int) -> None:
        super().__init__()
        self.pictures = _GridOfBatches(model, data)
        self.first, self.end = done // BATCH, -(-len(data.table) // BATCH)

    def predict_dataloader(self) -> DataLoader[Any]:
        trainer = self.trainer
        assert trainer is not None  # noqa: S101  # Lightning sets it before it asks
        world, rank = trainer.world_size, trainer.global_rank
        rounds = -(-(self.end - self.first) // world)
        mine = range(self.first + rank, self.first + rounds * world, world)
        on_gpu = trainer.strategy.root_device.type != "cpu"
        workers = min(_MOST_WORKERS, cores() // world) if on_gpu else 0
        return DataLoader(self.pictures, batch_size=None, sampler=mine, num_workers=workers)


class _Scoring(pl.LightningModule):
    """Margins of a batch; the first process writes those of all of them."""

    def __init__(
        self, model: Classifier, alone: bool, root: Path, data: LabelledSet, path: Path, done: int
    ) -> None:
        super().__init__()
        self.card, self.gate, self.network = (
            model.card,
            model.gate,
            model.network if alone else None,
        )
        self.root, self.path, self.done = root, path, done
        self.table = data.table[["file", "label", "group"]]
        self.bar: tqdm[Any] | None = None

    def setup(self, stage: str) -> None:
        if self.network is None:  # another process: what a network is made of can't be sent there
            self.network = checkpoints.load_network(self.card.name, self.root)

    def on_predict_start(self) -> None:
        if self.device.type == "cpu" and self.trainer.world_size > 1:
            torch.set_num_threads(max(1, cores() // self.trainer.world_size))

    def predict_step(self, batch: tuple[int, torch.Tensor, torch.Tensor], _: int) -> int:
        if self.trainer.received_sigterm:  # of which Lightning takes no notice in prediction
            raise SIGTERMException
        number, pictures, sound = batch
        found = torch.full((BATCH,), torch.nan, dtype=torch.float64, device=self.device)
        if len(pictures) and self.network is not None:
            with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
                lead = self._margins(self.network, pictures)
            found[: len(pictures)] = torch.where(sound, lead, torch.nan)
        every = self.all_gather(found)
        if self.trainer.is_global_zero:
            self._write(torch.as_tensor(every).reshape(-1).cpu().numpy())
        return number  # Lightning warns of a step that gives nothing back

    def _margins(self, network: LesionNetwork, pictures: torch.Tensor) -> torch.Tensor:
        """``Classifier.margins``, (n,), on any device: each by the calibration of its kind."""
        early, late = network.early_and_late_features(pictures)
        lead = margin(network.head(late).double())
        if not self.card.calibration_by_kind:
            return lead
        model, usual = Classifier(self.card, network, self.gate), self.card.calibration
        kinds = [model.for_summary(s).card.calibration for s in network.summary(early, late).cpu()]
        by_kind = [float(moved(one, own, usual))
                   for one, own in zip(lead.cpu().numpy(), kinds, strict=True)]  # fmt: skip
        return lead.new_tensor(by_kind)

    def _write(self, margins: NDArray[np.float64]) -> None:
        rows = self.table.iloc[self.done : self.done + len(margins)].itertuples(index=False)
        chances = calibrated(margins, self.card.calibration)
        text = io.StringIO()
        lines = csv.writer(text, lineterminator="\n")
        before = self.done
        for (file, label, group), lead, chance in zip(rows, margins, chances, strict=False):
            figures = ("", "") if np.isnan(lead) else (repr(float(lead)), f"{chance:.6f}")
            stamp = self.card.weights.sha256 if not self.done else ""
            lines.writerow([file, CLASSES[label], group, *figures, stamp])
            self.done += 1
        append_whole(self.path, text.getvalue().encode())
        if self.bar is None:
            self.bar = tqdm(
                total=len(self.table), initial=before, desc="scoring", unit=" pictures",
                leave=False, file=sys.stderr,
            )  # fmt: skip
        self.bar.update(self.done - before)
        if self.done == len(self.table):
            self.bar.close()


def append_whole(path: Path, lines: bytes) -> None:
    """Append in one step, or not at all. Raises ``OSError`` that names the file."""
    with path.open("ab", buffering=0) as file:
        before = file.tell()
        try:
            written = file.write(lines)
            if written != len(lines):  # the disk has room for a part alone
                file.write(lines[written:])
        except OSError as error:
            os.truncate(path, before)
            error.filename = str(path)
            raise
