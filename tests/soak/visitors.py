"""Fifty visitors over real websockets, for minutes: every answer is the one a lone visitor gets.

Each picture is unlike all others, so that an answer or a picture that went to the wrong visitor
differs from the lone visitor's: texts must be equal, and pictures and tables byte for byte.
"""

from __future__ import annotations

import io
import random
import threading
import time
import zipfile
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.pictures.drawn_lesion import draw_lesion
from tests.support.server import processor, resident, serving
from tests.support.visitor import Visitor

PICTURES = 12
READ = ("Compare models", "Skin tone", "About", "In class")  # pages that are only looked at
# What one thing a visitor does next is: shares.
DOES = {"check": 0.5, "twice": 0.08, "leave": 0.08, "many": 0.09, "read": 0.25}

Answer = tuple[tuple[str, ...], bytes]


@dataclass
class Found:
    """What happened, from all visitors' threads."""

    seconds: list[float] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(DOES, 0))
    wrong: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, did: str, seconds: float | None = None) -> None:
        with self.lock:
            self.counts[did] += 1
            if seconds is not None:
                self.seconds.append(seconds)

    def complain(self, what: str) -> None:
        with self.lock:
            self.wrong.append(what)


def photo(number: int) -> bytes:
    """A drawn lesion as a JPEG; its size and seed are its own."""
    data = io.BytesIO()
    draw_lesion(640 + 16 * number, 480, seed=number).save(data, "JPEG", quality=90)
    return data.getvalue()


def archive(number: int) -> bytes:
    """A zip of three photos, of which the first tells it from others."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as packed:
        for place in range(3):
            packed.writestr(f"{place}.jpg", photo((number + place) % PICTURES))
    return data.getvalue()


def seen(visitor: Visitor) -> Answer:
    """All that the page says, and its picture or table as bytes."""
    if visitor.found("exception"):
        raise AssertionError("the page shows an error")
    said = tuple(text for kind in ("heading", "markdown") for text in visitor.texts(kind))
    tables = visitor.found("dataframe")
    if tables:
        return said, tables[0].dataframe.arrow_data.data
    pictures = visitor.maps()
    return said, visitor.fetch(pictures[0]) if pictures else b""


def check(visitor: Visitor, number: int) -> Answer:
    """One photo on the first page."""
    visitor.open()
    visitor.upload(photo(number), f"{number}.jpg")
    visitor.anyway()
    return seen(visitor)


def many(visitor: Visitor, number: int) -> Answer:
    """One archive on the page 'Many photos', of a visitor who has forgotten all before."""
    visitor.open("Many photos")
    visitor.press("Forget")
    visitor.press("Forget these")
    visitor.upload(archive(number), f"{number}.zip")
    return seen(visitor)


def measure(visitors: int, minutes: float, seed: int = 0) -> dict[str, Any]:
    """Run it, and what came of it; ``wrong`` is empty if all is well."""
    found = Found()
    with serving() as (server, url):
        with Visitor(url) as alone:
            alone.open()
            titles = [title for title in READ if title in alone.pages]
            serial = {("check", n): check(alone, n) for n in range(PICTURES)}
            serial |= {("many", n): many(alone, n) for n in range(PICTURES)}
        if len(set(serial.values())) < len(serial):
            raise RuntimeError("two pictures get the same answer: no crossing could be seen")
        end = time.monotonic() + 60 * minutes
        threads = [
            threading.Thread(
                target=_visit, args=(url, end, random.Random(seed + i), serial, titles, found)
            )
            for i in range(visitors)
        ]
        for thread in threads:
            thread.start()
        memory, done = [], []
        while any(thread.is_alive() for thread in threads):
            memory.append(resident(server.pid))
            done.append(len(found.seconds))
            time.sleep(1)
        if server.poll() is not None:
            found.complain("the server ended")
    half = len(memory) // 2
    checks = done[-1] - done[half] if done else 0
    waits = np.array(found.seconds or [np.nan])
    return {
        "visitors": visitors, "minutes": minutes, "processor": processor(), "done": found.counts,
        "wrong": found.wrong[:20], "wrong in all": len(found.wrong),
        "check p50, s": round(float(np.percentile(waits, 50)), 2),
        "check p95, s": round(float(np.percentile(waits, 95)), 2),
        "memory at most, MiB": round(max(memory), 1) if memory else None,
        "growth a check in the second half, MiB":
            round((memory[-1] - memory[half]) / checks, 4) if checks else None,
    }  # fmt: skip


def _visit(
    url: str, end: float, chance: random.Random, serial: dict[tuple[str, int], Answer],
    titles: list[str], found: Found,
) -> None:  # fmt: skip
    """One thread: visitor after visitor, each of a few steps, until the time is over."""
    while time.monotonic() < end:
        try:
            with Visitor(url) as visitor:
                visitor.open()
                for _ in range(chance.randint(1, 6)):
                    if time.monotonic() > end or not _step(visitor, chance, serial, titles, found):
                        break
        except Exception as error:  # whatever it is, it is a finding
            found.complain(f"{type(error).__name__}: {error}"[:300])


def _step(
    visitor: Visitor, chance: random.Random, serial: dict[tuple[str, int], Answer],
    titles: list[str], found: Found,
) -> bool:  # fmt: skip
    """One thing done; false if the visitor has left."""
    (did,) = chance.choices(list(DOES), list(DOES.values()))
    number = chance.randrange(PICTURES)
    start = time.monotonic()
    if did == "read":
        visitor.open(chance.choice(titles))
        seen(visitor)
        found.note(did)
        return True
    if did == "leave":  # while the check runs, which somebody else's must not notice
        visitor.open()
        visitor.upload(photo(number))
        visitor.ask()
        found.note(did)
        return False
    kind = "many" if did == "many" else "check"
    if kind == "many":
        answer = many(visitor, number)
    else:
        answer = check(visitor, number)
        found.seconds.append(time.monotonic() - start)
    if did == "twice":
        visitor.ask()
        visitor.run()
        answer = seen(visitor)
    found.note(did)
    if answer != serial[kind, number]:
        whose = [key for key, other in serial.items() if other == answer]
        found.complain(f"{did} {number} got another answer, {whose or 'nobody'}'s")
    return did != "twice"  # a second run may still speak: this visitor is not listened to further
