"""Visitors who ask for something long, and leave."""

from __future__ import annotations

import re
import time
import uuid
from pathlib import Path

from streamlit.proto.WidgetStates_pb2 import WidgetState

from tests.attacks.drawn import PHOTO, marked
from tests.attacks.floods import checked
from tests.support.container import Contained
from tests.support.visitor import Visitor


def slow_maps(running: Contained) -> dict[str, object]:
    """Two visitors choose Score-CAM for the default model and leave; a third checks a photo."""
    for _ in range(2):
        with Visitor(running.url) as visitor:
            visitor.open()
            visitor.upload(PHOTO)
            visitor.anyway()
            (box,) = (one.selectbox for one in visitor.found("selectbox")
                      if one.selectbox.label == "Saliency method")  # fmt: skip
            visitor.widgets[box.id] = WidgetState(id=box.id, string_value="Score-CAM")
            visitor.ask()
            time.sleep(1)
    return {"another's check, s": checked(running.url)}


def slow_evidence(running: Contained) -> dict[str, object]:
    """Two visitors ask whether the answer rests on the map, and leave; a third checks a photo."""
    for _ in range(2):
        with Visitor(running.url) as visitor:
            visitor.open()
            visitor.upload(PHOTO)
            visitor.anyway()
            (button,) = (one.button for one in visitor.found("button")
                         if one.button.label == "Measure it for this photo")  # fmt: skip
            visitor.widgets[button.id] = WidgetState(id=button.id, trigger_value=True)
            visitor.ask()
            time.sleep(1)
    return {"another's check, s": checked(running.url)}


def quiet(running: Contained, patience: float = 240) -> dict[str, object]:
    """A visitor uploads a photo and leaves, and nobody else comes: what is left of it, and when."""
    mark = f"owner-{uuid.uuid4()}"
    with Visitor(running.url) as visitor:
        visitor.open()
        visitor.upload(marked(mark))
        visitor.anyway()
        picture = visitor.maps()[0]
        visitor.fetch(picture)
    left = time.monotonic()
    served: float | None = None
    while time.monotonic() - left < patience:
        time.sleep(5)
        try:
            visitor.fetch(picture)
        except RuntimeError:
            served = round(time.monotonic() - left)
            break
    time.sleep(2)
    return {
        "not served any more after, s": served,
        "times in memory": in_memory(running.pid, mark.encode()),
    }


def in_memory(pid: int, mark: bytes) -> int:
    """How many times some bytes stand in a process's memory."""
    found = 0
    maps = Path(f"/proc/{pid}/maps").read_text(encoding="utf-8").splitlines()
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in maps:
            match = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
            if match is None:
                continue
            start, end = (int(part, 16) for part in match.groups())
            try:
                memory.seek(start)
                found += memory.read(end - start).count(mark)
            except (OSError, ValueError):
                continue
    return found
