"""Folders of drawn lesions that ``training.evaluate`` is asked to score."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from core.pictures.drawn_lesion import draw_lesion

MODEL = "baseline_cnn"
ROWS = 24
LISTED_LABELS = [int(i % 3 == 0 or i > 19) for i in range(ROWS)]
# Kaggle's layout
TEST_FILES = [f"test/{name}/{i}.png" for name in ("benign", "malignant") for i in range(9)]
TRAIN_FILES = ["train/benign/0.png", "train/malignant/0.png"]
LABELS = [int("malignant" in file) for file in TEST_FILES]
LEAK_FREE = [i for i in range(18) if i % 9 >= (1 if i < 9 else 3)]
HAM_ONLY = [i for i in range(18) if i < 9 or i % 9 < 5]


def pictures(folder: Path, files: list[str]) -> list[Image.Image]:
    """Draws a lesion on skin of another colour for each file; returns them as they will be read."""
    random = np.random.default_rng(len(files))
    drawn = []
    for seed, file in enumerate(files):
        red, green, blue = (int(value) for value in random.integers(90, 250, 3))
        picture = draw_lesion(96, 72, seed, (red, green, blue))
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        picture.save(folder / file)
        drawn.append(picture)
    return drawn


def listed_set(tmp_path: Path, **columns: list[Any]) -> tuple[Path, list[Image.Image]]:
    folder = tmp_path / "some_set"
    files = [f"{i}.png" for i in range(ROWS)]
    drawn = pictures(folder / "images", files)
    labels = [("benign", "malignant")[label] for label in LISTED_LABELS]
    table = pd.DataFrame({"file": files, "label": labels, **columns})
    table.to_csv(folder / "metadata.csv", index=False)
    return folder, drawn


def kaggle_set(tmp_path: Path, with_metadata: bool = True) -> tuple[Path, list[Image.Image]]:
    """18 test pictures; 1 benign and 3 malignant are of lesions in train, 4 malignant not HAM's."""
    folder = tmp_path / "malignant_vs_benign"
    pictures(folder, TRAIN_FILES)
    drawn = pictures(folder, TEST_FILES)
    rows = []
    for file in [*TRAIN_FILES, *TEST_FILES]:
        split, label, name = file.split("/")
        number = int(name.removesuffix(".png"))
        ham = label == "benign" or number < 5
        rows.append(
            {
                "file": file, "split": split, "label": label,
                "image_id": f"ISIC_{number}" if ham else None,
                "lesion_id": f"HAM_{label}_{number}" if ham else None,
                "lesion_in_both_splits": int(number < (1 if label == "benign" else 3)) if ham
                else None,
            }
        )  # fmt: skip
    if with_metadata:
        pd.DataFrame(rows).to_csv(folder / "metadata.csv", index=False)
    return folder, drawn


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
