"""The end of a training run: the best epoch's weights, calibrated, with their card."""

from __future__ import annotations

import datetime
import shlex
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from core import checkpoints
from core.classifier import calibrated
from core.networks import registry
from core.networks.lesion_network import LesionNetwork
from core.results.card import (
    PREDICTION_COLUMNS,
    SCHEMA,
    VALIDATION,
    Calibration,
    Card,
    Evaluation,
    Initialisation,
    Training,
    Weights,
    write_card,
    write_text,
)
from core.statistics import metrics
from training.data.folders import LabelledSet, Split
from training.data.pixels import Pixels, slices
from training.fitting.module import Part
from training.fitting.run_folder import MONITOR, versions
from training.scoring import calibration

# Of a balanced preset it is the share of malignant pictures instead: there the sum of the shares
# missed and falsely alarmed is least, where 0.5 would hardly ever be reached.
THRESHOLD = 0.5
LICENCE = (
    "CC BY-NC 4.0: for research and teaching, not for commercial use and not for diagnosis. "
    "The training images are under the ISIC Archive's terms, HAM10000's under CC BY-NC 4.0."
)


@dataclass(frozen=True)
class Finished:
    """What the card needs to know of a run that came to its end."""

    name: str
    architecture: str
    command: str
    preset: str
    side: int
    seed: int
    split: str
    epochs: int
    device: str
    precision: str
    start: Initialisation
    history: pd.DataFrame
    budget: str = ""
    balanced: bool = False


def export(
    run: Finished, network: LesionNetwork, split: Split, validation: Part, root: Path,
    device: torch.device | None = None,
) -> Card:  # fmt: skip
    """Write checkpoints/NAME from a trained network: weights, card, history and predictions.

    ``device`` is where validation is scored: the processor, if ``None``.
    """
    folder = root / run.name
    network = network.eval().to(device or torch.device("cpu"))
    exact = margins(network, validation[0])
    sha256 = checkpoints.write_weights(
        {k: v.cpu() for k, v in network.backbone.state_dict().items()},
        folder / checkpoints.WEIGHTS, _lineage(run, split),
    )  # fmt: skip
    network.backbone.load_state_dict(checkpoints.read_state(folder / checkpoints.WEIGHTS))

    # Figures and calibration are of the 16-bit file that is shipped, not of what it was made from.
    found = margins(network, validation[0])
    labels = validation[1].numpy()
    fitted = calibration.fit(found, labels, run.seed)
    probabilities = calibrated(found, fitted)
    change = float(np.abs(probabilities - calibrated(exact, fitted)).max())
    today = datetime.date.today().isoformat()
    held = split.validation
    labels_seen = split.train.table["label"]
    threshold = float(labels_seen.mean()) if run.balanced else THRESHOLD
    title = registry.get(run.architecture).title
    card = Card(
        schema=SCHEMA, name=run.name, title=title,
        description=f"{title} trained on {split.name} alone, preset {run.preset}.",
        architecture=run.architecture, geometry="squeeze", side=run.side, threshold=threshold,
        licence=LICENCE,
        initialisation=run.start,
        training=Training(
            command=run.command, preset=run.preset, data=split.name, data_sha256=split.sha256,
            split=run.split, n_train=len(split.train.table), n_validation=len(held.table),
            seed=run.seed, epochs=run.epochs,
            best_epoch=int(run.history["epoch"].iloc[int(run.history[MONITOR].argmin())]),
            device=run.device, precision=run.precision,
            seconds=round(float(run.history["seconds"].sum()), 1), date=today,
            versions=versions(),
            budget=run.budget, split_seed=None if split.seed == run.seed else split.seed,
        ),
        weights=Weights(
            checkpoints.WEIGHTS, sha256, registry.count_parameters(run.architecture),
            "float16 matrices, float32 vectors", change,
        ),
        calibration=fitted,
        evaluations={
            VALIDATION: Evaluation(
                "Validation (epoch and calibration chosen on it)",
                metrics.evaluate(labels, probabilities, held.table["group"], threshold),
                run.command, f"{held.name}, validation", held.sha256(), today,
            )
        },
    )  # fmt: skip
    write_predictions(folder, VALIDATION, held, found, fitted)
    write_text(folder / checkpoints.HISTORY, run.history.to_csv(index=False, float_format="%.6g"))
    write_card(card, folder / checkpoints.CARD)
    print(f"wrote {folder}")
    return card


def command_line(module: str, arguments: list[str]) -> str:
    """The command as a card records it: paths by their last part, as folders differ by machine."""
    return shlex.join(["python", "-m", module, *(_without_folders(a) for a in arguments)])


def _without_folders(argument: str) -> str:
    option, equals, value = argument.rpartition("=")
    path = Path(value)
    # anything else with a slash is a name of ours, as TRACK/NAME of the benchmark
    is_path = path.is_absolute() or path.parts[:1] in ((".",), ("..",)) or path.exists()
    return f"{option}{equals}{path.name}" if "/" in value and is_path else argument


def _lineage(run: Finished, split: Split) -> str:
    """What a run that starts from these weights will say of them."""
    return (
        f"{run.architecture} trained on {split.name} ({split.sha256[:16]}), preset {run.preset}, "
        f"seed {run.seed}, from {run.start.source}"
    )


def margins(network: LesionNetwork, pixels: Pixels) -> NDArray[np.float64]:
    """Malignant minus benign logit in float32, (N,), of uint8 pictures (N, 3, side, side)."""
    device = next(network.parameters()).device
    exact = torch.backends.cudnn.flags(enabled=True, allow_tf32=False)
    with torch.inference_mode(), exact:
        logits = torch.cat(
            [network(part.to(device).float() / 255) for part in slices(pixels, 32)]
        ).double()
    result: NDArray[np.float64] = (logits[:, 1] - logits[:, 0]).cpu().numpy()
    return result


def write_predictions(
    folder: Path, name: str, data: LabelledSet, found: NDArray[np.float64], fitted: Calibration
) -> None:
    """predictions/NAME.csv: PREDICTION_COLUMNS; logit is malignant minus benign."""
    table = data.table[["file", "group"]].copy()
    table["label"] = [registry.CLASSES[label] for label in data.table["label"]]
    table["logit"] = found
    table["probability"] = calibrated(found, fitted)
    path = folder / checkpoints.PREDICTIONS / f"{name}.csv"
    write_text(path, table[list(PREDICTION_COLUMNS)].to_csv(index=False, float_format="%.6f"))
