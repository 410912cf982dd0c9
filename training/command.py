"""What all commands share."""

from __future__ import annotations

import shlex
from pathlib import Path


def command_line(module: str, arguments: list[str]) -> str:
    """The command as a card records it: paths by their last part, as folders differ by machine."""
    return shlex.join(["python", "-m", module, *(_without_folders(a) for a in arguments)])


def _without_folders(argument: str) -> str:
    option, equals, value = argument.rpartition("=")
    path = Path(value)
    # anything else with a slash is a name of ours, as TRACK/NAME of the benchmark
    is_path = path.is_absolute() or path.parts[:1] in ((".",), ("..",)) or path.exists()
    return f"{option}{equals}{path.name}" if "/" in value and is_path else argument
