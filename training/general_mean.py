"""Average two recipes' networks of ``training.general``, and ship the mean if it serves best.

    python -m training.general_mean --data FOLDER --init-from resnet18.safetensors \\
        --of runs/general/diagnosed 5 --of runs/general/group-balanced 3

Networks fine-tuned from one start lie in one valley, and its middle serves better than its edges
(Wortsman et al. 2022, arXiv:2203.05482). ``--of`` names a recipe's runs and into how many folds its
pictures were parted. Where a fold of one and a fold of the other overlap, neither network has seen
the pictures, so their mean has not: each overlap is a part that is scored by a mean of its own, and
by both networks alone. The mean is shipped if its worst group is ranked best on all parts together;
what is shipped then is the mean of the networks trained on everything. The parts' means are kept as
``training.general`` keeps its folds. Stop it at any time: the same command goes on.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.optim.swa_utils import update_bn

from core.files import write_bytes
from core.networks import lesion_network
from core.networks.lesion_network import LesionNetwork
from core.preprocessing import SIDE
from training import command
from training.data.demographics import FOLDER as PEOPLE
from training.data.labelled_set import DataRejected
from training.fitting import initial_weights, run_folder
from training.fitting.weight_average import average
from training.pooled import recipe_choice
from training.pooled.checkpoint import Learned, scored, ship, training_of
from training.pooled.folds import EVERYTHING, PRESET, columns_of, drawn_by, told_of
from training.pooled.module import Columns, Drawn, GeneralModule
from training.pooled.options import MeanOptions, pooled_options
from training.pooled.pool import Pool, folds, pixels_at, read_pool
from training.pooled.recipes import RECIPES, Recipe
from training.scoring.device import scoring_device
from training.scoring.margins import margins_of_pixels

NAME = "averaged"
MEAN = Recipe("the mean of two recipes' weights", sampling="group")
# Batches that an average's statistics are taken from.
STATISTICS = 40


@dataclass(frozen=True)
class Member:
    """A recipe's runs: ``fold`` (N,) is which of ``count`` held each picture out."""

    folder: Path
    count: int
    fold: NDArray[np.int64]
    epochs: int

    @property
    def name(self) -> str:
        return self.folder.name

    def ended(self) -> list[int]:
        """The folds that were learned to the end."""
        return [k for k in range(self.count) if run_folder.finished(self.folder / f"fold{k}")]


@dataclass(frozen=True)
class Part:
    """The pictures that fold ``of[0]`` of one and ``of[1]`` of the other both held out, (N,)."""

    of: tuple[int, int]
    held: NDArray[np.bool_]


def average_if_best(options: MeanOptions, recorded: str) -> int:
    """Score the mean and both recipes alone where their folds overlap; ship the mean if it is best.

    Exit status 1 if it is not.
    """
    pool = read_pool(options.data)
    pixels = pool.pixels if options.side == SIDE else pixels_at(pool.sets, options.side)
    members = [member(options, pool, Path(folder), count) for folder, count in options.of]
    parts = parts_of(members)
    columns = columns_of(pool, options.checkpoints / PEOPLE)
    mean = Mean(options, pool, columns, members)
    number = np.full(len(pool.table), len(parts), dtype=np.int64)  # of its part; the rest has none
    names = [NAME, *(one.name for one in members)]
    scores = {name: np.full(len(number), np.nan) for name in names}
    for k, part in enumerate(parts):
        number[part.held] = k
        mine = pixels[torch.from_numpy(part.held)]
        scores[NAME][part.held] = mean.scores(f"fold{k}", part, mine)
        for one, i in zip(members, part.of, strict=True):
            scores[one.name][part.held] = own_scores(one, i, options.side)[part.held]
        aucs = {name: recipe_choice.aucs(pool.table[part.held], own[part.held])
                for name, own in scores.items()}  # fmt: skip
        print(f"part {k + 1} of {len(parts)}, folds {part.of}: {aucs}", flush=True)
    count, of_all = len(parts), members[0].count * members[1].count
    epochs = max(one.epochs for one in members)
    told = {NAME: (f"the mean of the weights of {' and '.join(names[1:])}", epochs)}
    told |= {one.name: (RECIPES[one.name].about, one.epochs) for one in members}
    tried = recipe_choice.Compared(
        table=pool.table, fold=number, scores=scores, count=count, folds=of_all, options=options,
        recorded=recorded,
    )  # fmt: skip
    found = tried.recipes(told, count)
    root = options.checkpoints / options.name
    recipe_choice.write(root, found, compared_only=found.chosen != NAME)
    if found.chosen != NAME:
        print(f"{found.chosen} alone is better: figures are kept, no model is.", file=sys.stderr)
        return 1
    kept, seen = tried.kept(found, scores[NAME]), number < count
    wholes = [one.folder / EVERYTHING for one in members]
    network = mean.network(EVERYTHING, np.zeros(len(number), dtype=bool), wholes)
    training = training_of(
        options, recorded, pool, recipe=NAME, held=f"{count} of {of_all} parts",
        n_held=int(seen.sum()), epochs=epochs, runs=wholes,
    )  # fmt: skip
    begun, _ = initial_weights.initialise(
        lesion_network.build(options.model),
        options.model,
        options.init_from or initial_weights.RANDOM,
    )
    learned = Learned(network, options.model, begun, training)
    ship(learned, scored(pool, pixels, number, seen, kept), options.side, root)
    return 0


def member(options: MeanOptions, pool: Pool, folder: Path, counted: str) -> Member:
    """A recipe's runs, all of the data, network and seed at hand. Raises ``DataRejected``."""
    if not counted.isdecimal() or int(counted) < 2:
        raise DataRejected(f"--of: {counted!r} is no number of folds.")
    count = int(counted)
    fold = folds(pool.table, count, options.seed)
    found, epochs = Member(folder, count, fold, 0), 0
    if folder.name not in RECIPES or not run_folder.finished(folder / EVERYTHING):
        raise DataRejected(f"{folder} holds no recipe that was learned to its end on everything.")
    asked = {"model": options.model, "seed": options.seed, **told_of(pool, fold < 0)}
    held = {f"fold{k}": int((fold == k).sum()) for k in found.ended()}
    for part in (EVERYTHING, *held):
        said = json.loads((folder / part / run_folder.SETTINGS).read_text(encoding="utf-8"))
        wanted = asked | {"held": held.get(part, 0)}
        if any(said.get(key) != value for key, value in wanted.items()):
            raise DataRejected(f"{folder / part} is of another network, seed, data or folds.")
        epochs = said["preset"]["epochs"]
    return Member(folder, count, fold, epochs)


def parts_of(members: list[Member]) -> list[Part]:
    """Where two recipes' folds overlap. Raises ``DataRejected`` if they do nowhere."""
    if len(members) != 2:
        raise DataRejected("Give --of twice: a mean is of two recipes.")
    one, other = members
    found = [Part((i, j), (one.fold == i) & (other.fold == j))
             for i, j in itertools.product(one.ended(), other.ended())]  # fmt: skip
    found = [part for part in found if part.held.any()]
    if not found:
        raise DataRejected("No picture was held out by a finished fold of both.")
    return found


def own_scores(one: Member, fold: int, side: int) -> NDArray[np.float64]:
    """A fold's scores as ``training.general`` kept them, (N,); ``nan`` elsewhere.

    Raises ``DataRejected`` where there are none.
    """
    file = one.folder / f"fold{fold}" / f"scores{side}.npy"
    if not file.is_file():
        raise DataRejected(f"{file} is missing: training.general scores a fold at --side {side}.")
    scores = np.full(len(one.fold), np.nan)
    scores[one.fold == fold] = np.frombuffer(file.read_bytes())
    return scores


@dataclass(frozen=True)
class Mean:
    """Means of the members' networks, kept in RUNS/NAME/averaged."""

    options: MeanOptions
    pool: Pool
    columns: Columns
    members: list[Member]

    def scores(self, name: str, part: Part, pixels: torch.Tensor) -> NDArray[np.float64]:
        """Of a part's pixels (n, 3, side, side), (n,)."""
        file = self._folder(name) / f"scores{pixels.shape[-1]}.npy"
        of = list(zip(self.members, part.of, strict=True))
        runs = [one.folder / f"fold{i}" for one, i in of]
        held_by_any = np.any([one.fold == i for one, i in of], axis=0)
        # even where the scores are kept: it refuses what was kept of other runs or data
        network = self.network(name, part.held, runs, held_by_any)
        if not file.is_file():
            found = margins_of_pixels(network.to(scoring_device()), pixels)
            write_bytes(file, found.tobytes())
        return np.frombuffer(file.read_bytes())

    def network(
        self, name: str, held: NDArray[np.bool_], runs: list[Path],
        spared: NDArray[np.bool_] | None = None,
    ) -> LesionNetwork:  # fmt: skip
        """The mean of ``runs``, made unless it is kept.

        Batch norm's statistics are taken anew, as the mean of several networks' fits none of them:
        of pictures that are not ``spared``.
        """
        folder, device, options = self._folder(name), scoring_device(), self.options
        settings = {"of": [f"{one.parent.name}/{one.name}" for one in runs],
                    "model": options.model, "seed": options.seed, "side": options.train_side,
                    **told_of(self.pool, held)}  # fmt: skip
        done = run_folder.prepare(folder, settings, restart=False)
        if done and run_folder.finished(folder):
            return run_folder.network(done, options.model)
        networks = [run_folder.network(one / run_folder.LAST, options.model) for one in runs]
        network = networks[0]
        network.backbone.load_state_dict(average([one.backbone.state_dict() for one in networks]))
        module = GeneralModule(
            network, PRESET, options.seed, frozenset(), recipe=MEAN, columns=self.columns,
            side=options.train_side,
        ).to(device)  # fmt: skip
        module.on_fit_start()
        weight = drawn_by(self.pool, held if spared is None else spared, MEAN.sampling)
        rows = torch.tensor(list(Drawn(weight, options.seed)))[: STATISTICS * PRESET.batch_size]
        torch.manual_seed(options.seed)
        half = torch.autocast(device.type, torch.bfloat16, options.precision == "bf16-mixed")
        with torch.no_grad(), half:
            update_bn((module.changed(part.to(device)) for part in rows.split(PRESET.batch_size)),
                      network)  # fmt: skip
        kept = BytesIO()
        state = network.cpu().eval().state_dict()
        torch.save({"state_dict": {f"{run_folder.NETWORK}{k}": v for k, v in state.items()}}, kept)
        write_bytes(folder / run_folder.LAST, kept.getvalue())
        run_folder.note_end(folder, str(device))
        return network

    def _folder(self, name: str) -> Path:
        return self.options.runs / self.options.name / NAME / name


def parser() -> argparse.ArgumentParser:
    p = command.new_parser("training.general_mean", __doc__)
    pooled_options(p)
    p.add_argument("--of", required=True, nargs=2, action="append", metavar=("RUNS", "FOLDS"))
    return p


def main(arguments: list[str] | None = None) -> int:
    return command.run(
        parser(), MeanOptions, average_if_best, arguments, after_stop="The same command goes on."
    )


if __name__ == "__main__":
    raise SystemExit(main())
