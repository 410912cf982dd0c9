"""Score pictures without a browser: one JSON line an image.

    python -m core --model resnet18 mole.jpg other.png

A picture that cannot be judged gets a sentence on standard error; the others are scored all the
same, and the exit status is 2.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from core import checkpoints
from core.batch.files import assess_files
from core.images import ImageRejected


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m core", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--model", help="a folder of checkpoints/; default: the most general one")
    parser.add_argument(
        "--checkpoints", type=Path, metavar="FOLDER",
        help="where models are; default: $LESION_CHECKPOINTS, or those that come with this",
    )  # fmt: skip
    parser.add_argument("images", nargs="+", metavar="IMAGE")
    options = parser.parse_args(arguments)
    try:
        folder = options.checkpoints
        name = options.model or checkpoints.default(folder) or "resnet18"
        checkpoints.card(name, folder)  # before torch is imported: a typing error is told at once
        from core import classifier

        model = classifier.load_for_threads(name, folder)
    except checkpoints.CheckpointRejected as error:
        print(error, file=sys.stderr)
        return 2
    status = 0
    for file, found in assess_files(model, options.images):
        if isinstance(found, ImageRejected):
            print(f"{file}: {found}", file=sys.stderr)
            status = 2
            continue
        line = {
            "file": file,
            "model": name,
            "probability": round(found.probability, 6),
            "kind": found.kind,
            "answer": found.answer,
            "warnings": found.warnings,
        }
        print(json.dumps(line), flush=True)
    return status


if __name__ == "__main__":
    raise SystemExit(main())
