"""What a server of checks grows to, by itself and under the container's limit."""

from __future__ import annotations

import io
import itertools
import tempfile
from pathlib import Path

import numpy as np
from tqdm import tqdm

from core import checkpoints
from core.pictures.drawn_lesion import draw_lesion
from tests.support.server import highest, resident, serving

SETTLED = 20  # checks until caches are full; growth is counted from here
FIRST_PAGE = "Check a photo"
BETWEEN = 5  # checks between two visits of other pages


def server(checks: int) -> dict[str, float]:
    """Resident memory of a server in MiB: at the start, at its highest, after all checks.

    And its growth a check.
    """
    with serving() as (server, url):
        idle, *memory = visited(url, server.pid, checks)
        most = highest(server.pid)
    settled = np.array(memory[SETTLED:])
    growth = np.polyfit(np.arange(len(settled)), settled, 1)[0] if len(settled) > 1 else np.nan
    return {
        "checks": checks,
        "first page": round(idle, 1),
        "most": round(most, 1),
        "after all checks": round(memory[-1], 1),
        "growth a check": round(float(growth), 4),
    }


def container(checks: int) -> dict[str, float]:
    """The same in what stands for the container, under its memory limit.

    ``charged`` is what its control group counted, which the limit is for: without the pages of
    libraries' files that other processes have read. Nothing where that can't be made.
    """
    from tests.support.container import contained, possible

    if not possible():
        return {}
    with tempfile.TemporaryDirectory() as folder, contained(Path(folder)) as running:
        visited(running.url, running.pid, checks)
        return {
            "checks": checks,
            "limit": running.recipe.memory / 2**20,
            "most": round(highest(running.pid), 1),
            "charged at most": round(running.most_memory, 1),
            "processes killed": running.killed,
        }


def visited(url: str, pid: int, checks: int) -> list[float]:
    """Resident memory of a server in MiB at its first page and after each check.

    One visitor over a real websocket, with all models in turn and every page in between.
    """
    from tests.support.visitor import Visitor

    with Visitor(url) as visitor:
        visitor.open()
        memory = [resident(pid)]
        others = itertools.cycle([title for title in visitor.pages if title != FIRST_PAGE])
        models = len(checkpoints.available())
        for number in tqdm(range(checks), desc="checks", leave=False):
            if number % BETWEEN == 0:
                visitor.open(next(others))
                visitor.open(FIRST_PAGE)
            data = io.BytesIO()
            draw_lesion(1632, 1224, seed=number).save(data, "JPEG", quality=90)
            visitor.upload(data.getvalue())
            visitor.choose("Model", number % models)
            visitor.anyway()  # after it: another model stops the same drawing anew
            visitor.picture()
            memory.append(resident(pid))
    return memory
