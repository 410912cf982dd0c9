"""What all commands share."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from training.data.label_rule import LabelRule, rule


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


def natural(text: str) -> int:
    """A whole number from 0 up."""
    return _at_least(0, text)


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


def label_rule(options: argparse.Namespace) -> LabelRule:
    """What they say. Raises ``DataRejected``."""
    return rule(options.label_column, options.positive, options.negative)
