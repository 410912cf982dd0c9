"""Fetch the Kaggle set that the report trained on, for users with a Kaggle account.

    python -m training.download --to data

Kaggle asks who you are: put an API token into ~/.kaggle/kaggle.json or KAGGLE_USERNAME and
KAGGLE_KEY, as https://www.kaggle.com/docs/api says. The folder it prints goes to --data.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from core.results.collections import REPORT
from training import command
from training.data.folders import read_folder
from training.data.labelled_set import SPLITS, DataRejected

DATASET = "fanconic/skin-cancer-malignant-vs-benign"


@dataclass(frozen=True)
class DownloadOptions:
    """What the command was given."""

    to: Path


def parser() -> argparse.ArgumentParser:
    p = command.new_parser("training.download", __doc__)
    p.add_argument("--to", type=Path, default=Path("data"), metavar="FOLDER")
    return p


def main(arguments: list[str] | None = None) -> int:
    return command.run(
        parser(), DownloadOptions, lambda options, _: print(download(options.to)), arguments
    )


def download(to: Path) -> Path:
    """Put the set into ``to``/malignant_vs_benign and return that; raises ``DataRejected``.

    What is there already is checked and kept. The copy appears whole or not at all.
    """
    goal = to / REPORT
    if not goal.exists():
        import kagglehub

        try:
            cached = Path(kagglehub.dataset_download(DATASET))
        except Exception as error:  # kagglehub, requests and the file system each raise their own
            raise DataRejected(
                f"Kaggle did not give {DATASET}: {_first_line(error)}. Check the network and your "
                "API token (~/.kaggle/kaggle.json)."
            ) from error
        source = next(
            (f for f in (cached, cached / "data") if all((f / s).is_dir() for s in SPLITS)), None
        )
        if source is None:
            raise DataRejected(f"Kaggle's {DATASET} holds no train/ and test/ folders any more.")
        beside = to / f"{REPORT}.part"
        shutil.rmtree(beside, ignore_errors=True)
        try:
            for split in SPLITS:
                shutil.copytree(source / split, beside / split)
            read_folder(beside)
            beside.rename(goal)
        except shutil.Error as error:  # a list of (from, to, reason)
            raise DataRejected(f"The pictures cannot be copied: {error.args[0][0][2]}.") from error
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    found = read_folder(goal)
    print(f"{len(found.table):,} pictures, {found.balance()}", file=sys.stderr)
    return goal


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")


if __name__ == "__main__":
    raise SystemExit(main())
