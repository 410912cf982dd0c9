"""What all commands share: parser, options, exit status, interrupts, the command as recorded."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from signal import SIGINT
from typing import TypeVar

from core import checkpoints
from core.checkpoints import CheckpointRejected
from core.results.json_files import ResultsRejected
from training.data.labelled_set import DataRejected

FAILED, REFUSED = 1, 2
Options = TypeVar("Options")


def new_parser(module: str, doc: str | None) -> argparse.ArgumentParser:
    """A parser for ``python -m module``, told of by the first line of the module's docstring."""
    return argparse.ArgumentParser(
        prog=f"python -m {module}", description=(doc or "").split("\n", maxsplit=1)[0]
    )


def run(
    parser: argparse.ArgumentParser,
    options: Callable[..., Options],
    work: Callable[[Options, str], int | None],
    arguments: list[str] | None = None,
    *,
    after_stop: str = "",
) -> int:
    """Do the work of a command on its options; returns the exit status.

    ``options`` is the data class that the parser's values fill, and may refuse them. ``work`` takes
    it and the command as it is recorded, and returns a status where it is not 0. What the user can
    mend is one sentence and status 2; an interrupt is 128 and its signal, as shells have it, and
    ``after_stop`` says what the same command then does.
    """
    given = sys.argv[1:] if arguments is None else arguments
    values = vars(parser.parse_args(given))
    recorded = command_line(parser.prog.removeprefix("python -m "), given)
    try:
        return work(options(**values), recorded) or 0
    except (DataRejected, CheckpointRejected, ResultsRejected) as error:
        print(error, file=sys.stderr)
        return REFUSED
    except OSError as error:
        what = f"{error.filename or 'A file'} cannot be read or written: {error.strerror or error}."
        print(f"{what} {after_stop}".strip(), file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt as stop:
        print(f"Stopped. {after_stop}".strip(), file=sys.stderr)
        return int(stop.args[0]) if stop.args else 128 + SIGINT


def command_line(module: str, arguments: list[str]) -> str:
    """The command as a card records it: paths by their last part, as folders differ by machine."""
    return shlex.join(["python", "-m", module, *(_without_folders(a) for a in arguments)])


def _without_folders(argument: str) -> str:
    option, equals, value = argument.rpartition("=")
    path = Path(value)
    # anything else with a slash is a name of ours, as TRACK/NAME of the benchmark
    is_path = path.is_absolute() or path.parts[:1] in ((".",), ("..",)) or path.exists()
    return f"{option}{equals}{path.name}" if "/" in value and is_path else argument


def positive(text: str) -> int:
    """A whole number from 1 up, or argparse's refusal with a sentence."""
    return _at_least(1, text)


def several(text: str) -> int:
    """A whole number from 2 up."""
    return _at_least(2, text)


def natural(text: str) -> int:
    """A whole number from 0 up."""
    return _at_least(0, text)


def share(text: str) -> float:
    """A number above 0 and below 1."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < 1:
        raise argparse.ArgumentTypeError(f"a number above 0 and below 1 is needed, not {text}")
    return number


def device_list(text: str) -> str:
    """``auto``, -1 for all, how many from 1 up, or numbers parted by commas, as Lightning takes it.

    A refusal is argparse's, with a sentence, as for ``accelerator`` and ``strategy``.
    """
    parts = text.split(",")
    counted = len(parts) == 1 and (text in ("auto", "-1") or (text.isdecimal() and int(text) > 0))
    if not counted and (len(parts) == 1 or not all(part.strip().isdecimal() for part in parts)):
        raise argparse.ArgumentTypeError(f"auto, -1, 2 or 0,1 is needed, not {text}")
    return text


def accelerator(text: str) -> str:
    """``auto``, ``cpu``, or ``gpu``, ``cuda`` or ``mps`` where there is one."""
    if text not in ("auto", "cpu", "gpu", "cuda", "mps"):
        raise argparse.ArgumentTypeError(f"auto, cpu or gpu is needed, not {text}")
    if text not in ("auto", "cpu"):
        import torch  # seconds that nobody else should wait

        mps, cuda = torch.backends.mps.is_available(), torch.cuda.is_available()
        if not {"cuda": cuda, "mps": mps, "gpu": cuda or mps}[text]:
            raise argparse.ArgumentTypeError(f"no {text} is found on this machine")
    return text


def strategy(text: str) -> str:
    """How processes share the work: a name that Lightning knows."""
    if text not in ("auto", "ddp"):
        from lightning.pytorch.strategies import StrategyRegistry

        known = StrategyRegistry.available_strategies()
        if text not in known:
            raise argparse.ArgumentTypeError(f"auto or ddp is needed, not {text}")
    return text


def _at_least(least: int, text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if number < least:
        raise argparse.ArgumentTypeError(f"a whole number from {least} up is needed, not {text}")
    return number


def label_options(parser: argparse._ArgumentGroup | argparse.ArgumentParser) -> None:
    """--label-column, --positive and --negative."""
    parser.add_argument(
        "--label-column", metavar="COLUMN", help="of metadata.csv, that holds the labels"
    )
    parser.add_argument(
        "--positive", metavar="LABELS", help="which labels are malignant, as mel,bcc,akiec"
    )
    parser.add_argument(
        "--negative", metavar="LABELS", help="which are benign; default: all the others"
    )


def machine_options(parser: argparse._ArgumentGroup, *, devices: str) -> None:
    """--devices, with its default, and --accelerator."""
    parser.add_argument(
        "--devices", default=devices, type=device_list,
        help="as Lightning takes it: auto, 2, ...; 2 is two processes or GPUs",
    )  # fmt: skip
    parser.add_argument(
        "--accelerator", default="auto", type=accelerator,
        help="as Lightning takes it: auto, cpu, gpu",
    )  # fmt: skip


def checkpoints_option(parser: argparse._ArgumentGroup | argparse.ArgumentParser) -> None:
    """--checkpoints, for a parser that is made anew for each command line."""
    parser.add_argument(
        "--checkpoints", type=Path, default=checkpoints.FOLDER, metavar="FOLDER",
        help=f"where models are; default: ${checkpoints.ENVIRONMENT}, or those that come with this",
    )  # fmt: skip


def teaching_options(p: argparse.ArgumentParser, epochs: int, pictures: int) -> None:
    """What a training that another network teaches is given, but for what is said."""
    p.add_argument("--data", required=True, type=Path, metavar="FOLDER")
    p.add_argument("--epochs", type=positive, default=epochs)
    p.add_argument("--pictures", type=positive, default=pictures, help="an epoch")
    p.add_argument("--seed", type=natural, default=0)
    p.add_argument("--precision", choices=["32-true", "bf16-mixed"], default="bf16-mixed")
    p.add_argument("--accelerator", default="auto", type=accelerator)
    p.add_argument("--runs", type=Path, default=Path("runs"))
    p.add_argument("--checkpoints", type=Path, default=checkpoints.FOLDER)
