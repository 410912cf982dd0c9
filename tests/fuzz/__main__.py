"""Throw damaged pictures at ``core.images.open_image`` and at the page 'Check a photo'.

    python -m tests.fuzz --pictures 200000 --pages 2000       (make fuzz)

Only a picture or an ``ImageRejected`` may come back, within 5 seconds of the processor and 300 MiB.
Goes on where the last run stopped: what ran is counted up in checkpoints/fuzz.json, for one state
of core/images.py and core/decoding/; another state begins again. Of twenty pictures one is damaged
by hypothesis, five in what they are made of, the others byte by byte. Anything else than it should
be gives exit status 1.
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import json
import multiprocessing
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tqdm import tqdm

from core import checkpoints, images
from core.files import write_text
from tests.fuzz import by_hypothesis, mutate, seeds, structure
from tests.fuzz.judge import MOST_MIB, MOST_SECONDS, Outcome, alone, judge

RESULTS = checkpoints.FOLDER / "fuzz.json"
BATCH = 1000  # pictures between two writes of the results
# Which batches of twenty are of which kind; hypothesis thinks for longer than a decoder works.
BY_HYPOTHESIS, BY_STRUCTURE = (10,), (3, 7, 11, 15, 19)
PATIENCE = 120  # seconds without a word from the worker: it hangs
_CODE = "core/images.py and core/decoding"
KEPT = 50  # findings that are told one by one


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--pictures", type=int, default=200_000, help="in all runs together")
    parser.add_argument("--pages", type=int, default=2_000, help="in all runs together")
    parser.add_argument("--to", type=Path, default=RESULTS, help="the results file")
    parser.add_argument("--no-heavy", action="store_true", help="skip the heaviest sound files")
    options = parser.parse_args(arguments)
    state = _state(options.to)
    if not options.no_heavy and not state["heaviest sound files"]:
        plain = seeds.whole_files()["jpeg"]
        for name, data in seeds.heavy_files().items():
            outcome = alone(plain, data)
            _count(state["heaviest sound files"], name, outcome, state)
            print(f"{name}: {outcome}")
    files, large = (list(made().values()) for made in (seeds.whole_files, seeds.phone_files))
    with tqdm(total=options.pictures, initial=state["pictures"], unit=" pictures") as bar:
        while state["pictures"] < options.pictures:
            wanted = min(BATCH, options.pictures - state["pictures"])
            _batch(files, large, state, wanted)
            write_text(options.to, json.dumps(state, indent=2) + "\n")
            bar.update(wanted)
    if state["pages"] < options.pages:
        from tests.fuzz import page

        page.run(files, state, options.pages, options.to)
    _print(state)
    return 1 if state["findings"] else 0


def _state(path: Path) -> dict[str, Any]:
    root = Path(images.__file__)
    sources = [root, *sorted((root.parent / "decoding").glob("*.py"))]
    code = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]
    if path.is_file():
        state: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if state.get(_CODE) == code:
            return state
    return {
        _CODE: code, "pictures": 0, "by hypothesis": 0, "by structure": 0,
        "opened": 0, "refused": 0,
        "slowest, s of the processor": 0.0, "most memory, MiB": 0.0,
        "bounds": {"seconds": MOST_SECONDS, "MiB": MOST_MIB},
        "heaviest sound files": {}, "pages": 0, "pages with a verdict": 0, "findings": [],
    }  # fmt: skip


def _batch(files: list[bytes], large: list[bytes], state: dict[str, Any], wanted: int) -> None:
    """One worker's life: a decoder that crashes takes only the worker with it."""
    first = state["pictures"]
    place = first // BATCH % 20
    hypothesis, structural = place in BY_HYPOTHESIS, place in BY_STRUCTURE
    work: Callable[..., None] = _hypothesis if hypothesis else _bytes
    if structural:
        work = functools.partial(_structure, large)
    done = 0
    while done < wanted:
        ours, theirs = multiprocessing.Pipe(duplex=False)
        worker = multiprocessing.get_context("fork").Process(
            target=work, args=(theirs, files, first + done, wanted - done)
        )
        worker.start()
        theirs.close()
        while done < wanted:
            try:
                told = ours.recv() if ours.poll(PATIENCE) else None
            except EOFError:
                told = None
            if told is None:  # hangs or crashed, on this picture
                worker.kill()
                told = (Outcome("worker ended or hung", 0.0, 0.0), b"")
                _note(state, first + done, *told)
                done += wanted - done if hypothesis else 1
                break
            _note(state, first + done, *told)
            done += 1
        worker.join()
    state["pictures"] += wanted
    state["by hypothesis"] += wanted if hypothesis else 0
    state["by structure"] += wanted if structural else 0


def _bytes(to: Connection, files: list[bytes], first: int, count: int) -> None:
    judge(files[0])  # what is imported at the first picture is not that picture's memory
    for number in range(first, first + count):
        data = mutate.mutated(files, number)
        outcome = judge(data)
        to.send((outcome, b"" if outcome.good else data[:2000]))


def _structure(
    large: list[bytes], to: Connection, files: list[bytes], first: int, count: int
) -> None:
    for data in (files[0], large[-1]):
        judge(data)
    for number in range(first, first + count):
        data = structure.mutated(files, large, number)
        outcome = judge(data)
        to.send((outcome, b"" if outcome.good else data[:2000]))


def _hypothesis(to: Connection, files: list[bytes], first: int, count: int) -> None:
    judge(files[0])

    def one(data: bytes) -> None:
        outcome = judge(data)
        to.send((outcome, b"" if outcome.good else data[:2000]))

    by_hypothesis.run(files, first, count, one)


def _note(state: dict[str, Any], number: int, outcome: Outcome, data: bytes) -> None:
    key = {"picture": "opened", "refused": "refused"}.get(outcome.kind)
    if key is not None:
        state[key] += 1
    _worst(state, outcome)
    if not outcome.good and len(state["findings"]) < KEPT:
        state["findings"].append({"picture": number, **vars(outcome), "head": data.hex()})


def _count(table: dict[str, Any], name: str, outcome: Outcome, state: dict[str, Any]) -> None:
    table[name] = vars(outcome)
    if not outcome.good:
        state["findings"].append({"picture": name, **vars(outcome)})


def _worst(state: dict[str, Any], outcome: Outcome) -> None:
    for key, value in (
        ("slowest, s of the processor", outcome.seconds), ("most memory, MiB", outcome.mib),
    ):  # fmt: skip
        state[key] = round(max(state[key], value), 3)


def _print(state: dict[str, Any]) -> None:
    print(json.dumps({key: value for key, value in state.items() if key != "findings"}))
    for finding in state["findings"]:
        print(finding, file=sys.stderr)


if __name__ == "__main__":
    raise SystemExit(main())
