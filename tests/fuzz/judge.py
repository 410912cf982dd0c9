"""One picture through ``open_image``, with its time and the memory it took."""

from __future__ import annotations

import multiprocessing
import re
import resource
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

from core import images

MOST_SECONDS, MOST_MIB = 5.0, 300.0
_STATUS, _FORGET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass(frozen=True)
class Outcome:
    """What became of one file.

    ``kind`` is picture, refused, or what else came; seconds of the processor; MiB at the peak over
    those before. Both are of all threads, and of the processes that were begun and ended.
    """

    kind: str
    seconds: float
    mib: float

    @property
    def good(self) -> bool:
        return (
            self.kind in ("picture", "refused")
            and self.seconds <= MOST_SECONDS
            and self.mib <= MOST_MIB
        )


def judge(data: bytes) -> Outcome:
    """Open ``data``; Linux's own high-water mark, set back before, tells the memory."""
    _FORGET.write_text("5")
    others, before, start = _children(), _mib("VmRSS"), time.process_time()
    kind = _opened(data)
    seconds, mib = time.process_time() - start, max(0.0, _mib("VmHWM") - before)
    more = _children()
    if more != others:
        seconds, mib = seconds + more[0] - others[0], mib + more[1]
    return Outcome(kind, seconds, mib)


def alone(first: bytes, data: bytes) -> Outcome:
    """In a process of its own, whose memory only ``first`` has used before."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        pool.apply(judge, (first,))
        return pool.apply(judge, (data,))


def _children() -> tuple[float, float]:
    """Seconds, and MiB of the largest, of processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def _opened(data: bytes) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a warning stops no server
        try:
            image = images.open_image(data)
        except images.ImageRejected as refusal:
            said = str(refusal)
            plain = said[:1].isupper() and said.endswith(".")
            return "refused" if plain else f"no sentence: {said!r}"
        except BaseException as error:  # what this is for
            return f"{type(error).__name__}: {error}"
    sound = image.mode == "RGB" and not image.info and min(image.size) >= images.MIN_SIDE
    image.resize((8, 8)).tobytes()  # its pixels are there
    return "picture" if sound else f"odd picture {image.mode} {image.size}"


def _mib(key: str) -> float:
    return int(re.search(rf"{key}:\s+(\d+)", _STATUS.read_text())[1]) / 1024  # type: ignore[index]
