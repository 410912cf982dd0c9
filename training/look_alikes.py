"""Place the reference pictures by a model's own features, and measure what their vote is worth.

    python -m training.look_alikes --model general --data FOLDER_WITH_THE_COLLECTIONS

Writes look_alikes.safetensors and look_alikes.json beside the weights. With ``--choose`` the
pictures themselves are chosen anew before, and reference/ is written: the same each time, from
HAM10000 and PAD-UFES-20 alone, as many benign as malignant, one of a lesion, none of a lesion that
an official test shows.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from core import checkpoints, classifier
from core.arrays import Floats
from core.assessment import look_alikes
from core.assessment.look_alikes import VOTERS, Features, LookAlikes
from core.calibration import calibrated
from core.classifier import Classifier
from core.files import write_bytes, write_text
from core.labels import margin
from core.pictures import examples, reference
from core.pictures.reference import ReferencePicture
from core.results import look_alikes as results
from core.results.collections import ISIC_2018, REPORT, title
from core.results.look_alikes import SCHEMA, LookAlikesRecord, VoteCheck
from core.results.test_sets import LEAK_FREE
from core.statistics import metrics
from training import command
from training.assessment import reference_pictures
from training.data import learned
from training.data.folders import read_folder
from training.data.hdf5 import read_picture
from training.data.labelled_set import DataRejected

_FAR = 0.01  # of pictures alike in kind have no neighbour nearer than the bound
_MEASURED = 150  # of each collection
_SEED = 0
_BATCH = 32


@dataclass(frozen=True)
class LookAlikesOptions:
    """What the command was given."""

    model: str
    data: Path
    choose: bool


def parser() -> argparse.ArgumentParser:
    p = command.new_parser("training.look_alikes", __doc__)
    p.add_argument("--model", required=True)
    p.add_argument("--data", required=True, type=Path, metavar="FOLDER")
    p.add_argument("--choose", action="store_true", help="choose the pictures anew")
    return p


def main(arguments: list[str] | None = None) -> int:
    return command.run(parser(), LookAlikesOptions, _work, arguments)


def _work(options: LookAlikesOptions, recorded: str) -> None:
    model = classifier.load(options.model)
    if options.choose:
        reference_pictures.choose(options.data)
    found = place(model, reference.read_reference(), options.data)
    far_below, measured = bound(model, found, options.data)
    record = dataclasses.replace(
        found.record, command=recorded, date=datetime.date.today().isoformat(),
        far_below=far_below, measured=measured, checks=checks(model, found, options.data),
    )  # fmt: skip
    folder = checkpoints.FOLDER / options.model
    features = look_alikes.to_bytes(found.features)
    record = dataclasses.replace(record, features_sha256=hashlib.sha256(features).hexdigest())
    write_bytes(folder / results.FEATURES, features)
    text = json.dumps(dataclasses.asdict(record), indent=1, allow_nan=False) + "\n"
    write_text(folder / results.FILE, text)
    for check in record.checks.values():
        print(
            f"{check.title}: vote of {VOTERS} AUC {check.vote.value:.3f} ({check.vote.low:.3f} to "
            f"{check.vote.high:.3f}), network {check.network.value:.3f}, n {check.n}"
        )


@dataclass(frozen=True)
class Placed(LookAlikes):
    """The reference pictures with the features (N, D) that a file keeps."""

    features: Features


def place(model: Classifier, chosen: Sequence[ReferencePicture], root: Path) -> Placed:
    """Reference pictures that the model has learned from, by the features of their originals.

    Raises ``DataRejected`` where one is missing, or too few are left.
    """
    if not chosen:
        raise DataRejected("There is no reference/: --choose makes it.")
    paths = [original(root, one.collection, one.original) for one in chosen]
    known = _learned(model, paths)
    kept = [one for one, told in zip(chosen, known, strict=True) if told]
    if len(kept) <= VOTERS:
        raise DataRejected(f"{model.card.name} has learned from {len(kept)} reference pictures.")
    _, features = _looked_at(model, [path for path, told in zip(paths, known, strict=True) if told])
    features = features.astype(np.float16).astype(np.float32)  # as they will be read
    mean = features.mean(axis=0)
    record = LookAlikesRecord(
        schema=SCHEMA, command="", date="", weights_sha256=model.card.weights.sha256,
        features_sha256="", files=tuple(one.file for one in kept),
        malignant=sum(one.label == "malignant" for one in kept), far_below=-1.0, measured=0,
        checks={},
    )  # fmt: skip
    return Placed(record, tuple(kept), look_alikes.directions(features, mean), mean, features)


def original(root: Path, collection: str, file: str) -> Path:
    """The picture in its collection. Raises ``DataRejected`` where it is missing."""
    folder = root / collection
    for path in (folder / file, folder / "images" / file):
        if path.is_file():
            return path
    raise DataRejected(f"{collection} has no picture {file}.")


def _learned(model: Classifier, paths: list[Path]) -> list[bool]:
    """Whether the model has learned from each; all of them where nobody has kept that."""
    parts = learned.parts(checkpoints.FOLDER / model.card.name, model.card)
    if parts is None:
        return [True] * len(paths)
    train = set(parts.index[parts == learned.TRAIN])
    digests = (hashlib.sha256(path.read_bytes()).hexdigest() for path in paths)
    return [digest[: learned.DIGITS] in train for digest in digests]


def _looked_at(model: Classifier, paths: list[Path]) -> tuple[Floats, Features]:
    """P(malignant) (N,) and the features at the network's end (N, D) of pictures."""
    margins, features = [], []
    with torch.inference_mode():
        for start in tqdm(range(0, len(paths), _BATCH), desc="pictures", leave=False):
            batch = torch.stack(
                [model.network_input(read_picture(p)) for p in paths[start : start + _BATCH]]
            )
            early, found = model.network.early_and_late_features(batch)
            summary = model.network.summary(early, found).numpy()
            features.append(look_alikes.late(summary, found.shape[1]))
            logits = model.network.head(found).double().numpy()
            margins.append(margin(logits))
    chances = calibrated(np.concatenate(margins), model.card.calibration)
    return chances, np.concatenate(features).astype(np.float32)


def bound(model: Classifier, found: LookAlikes, root: Path) -> tuple[float, int]:
    """Below which cosine to its nearest a picture is far, by other pictures of the collections."""
    taken = {(one.collection, one.original) for one in found.pictures}
    paths = []
    for name in reference_pictures.FROM:
        table = read_folder(root / name).table
        if "split" in table:
            table = table[table["split"] == "train"]
        rest = table[[(name, file) not in taken for file in table["file"]]]
        some = rest.sample(min(_MEASURED, len(rest)), random_state=_SEED)
        paths += [Path(path) for path in some["path"]]
    _, features = _looked_at(model, paths)
    return float(np.quantile(found.cosines(features).max(axis=1), _FAR)), len(paths)


def checks(model: Classifier, found: LookAlikes, root: Path) -> dict[str, VoteCheck]:
    """The vote's AUC on pictures that the model did not learn from, by kind and collection."""
    isic = read_folder(root / ISIC_2018).table
    report = read_folder(root / REPORT).table
    report = report[(report["split"] == "test") & ~report["in_train"]]
    phones = [one for one in examples.read_examples() if one.kind == "photo"]
    own = pd.DataFrame({
        "path": [one.path for one in phones],
        "label": [int(one.label == "malignant") for one in phones],
        "group": [one.file.rsplit("_", 1)[0] for one in phones],
    })  # fmt: skip
    sets = {
        ISIC_2018: (title(ISIC_2018), isic),
        LEAK_FREE: ("Official test, lesions not in training (dermoscopic)", report),
        "examples": ("The phone photos to try (PAD-UFES-20)", own),
    }
    return {name: vote(model, found, title, table) for name, (title, table) in sets.items()}


def vote(model: Classifier, found: LookAlikes, title: str, table: pd.DataFrame) -> VoteCheck:
    """The vote's and the model's AUC on pictures: a table of path, label (0 or 1) and group."""
    chances, features = _looked_at(model, [Path(path) for path in table["path"]])
    malignant = np.array([one.label == "malignant" for one in found.pictures])
    nearest = np.argsort(-found.cosines(features), axis=1, kind="stable")[:, :VOTERS]
    labels, groups = table["label"].to_numpy(np.int64), table["group"].to_numpy()
    aucs = [
        metrics.evaluate(labels, scores, groups).auc
        for scores in (malignant[nearest].mean(axis=1), chances)
    ]
    if aucs[0] is None or aucs[1] is None:
        raise DataRejected(f"{title}: both classes are needed.")
    return VoteCheck(title, len(labels), int(labels.sum()), aucs[0], aucs[1])


if __name__ == "__main__":
    raise SystemExit(main())
