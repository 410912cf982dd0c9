"""Names in any script on a page whose fonts have Latin letters alone: a number and a legend.

No two names become alike, and none becomes question marks.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from core.reports.pdf import IN_LATIN


class StandIns:
    """What is written in place of letters that the fonts lack, the same for the same letters.

    ``names`` are those that must stay apart where they differ in dashes or quotation marks alone.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._numbers: dict[str, int] = {}
        written = {name: name.translate(IN_LATIN) for name in names}
        often = Counter(written.values())
        alike = (name for name, plain in written.items() if often[plain] > 1 and plain != name)
        self._apart = sorted(alike, key=len, reverse=True)  # one may be a part of another

    def __call__(self, text: str) -> str:
        """The text in letters that the fonts have."""
        for name in self._apart:
            text = text.replace(name, "".join(map(self._one, name)))
        return _RUNS.sub(lambda run: self._number(run[0]), text)

    def legend(self) -> list[str]:
        """A sentence that says what each number stands for; none if there is no number."""
        if not self._numbers:
            return []
        told = "; ".join(f"[{n}] is {_in_words(run)}" for run, n in self._numbers.items())
        return [
            f"Letters that this file's fonts lack, by their Unicode numbers: {told}. The figures "
            "as CSV have the letters themselves."
        ]

    def _one(self, char: str) -> str:
        return self._number(char) if ord(char) in IN_LATIN else char

    def _number(self, run: str) -> str:
        return f"[{self._numbers.setdefault(run, len(self._numbers) + 1)}]"


def _lacking() -> str:
    """A class of letters that neither Latin 1 nor ``IN_LATIN`` has."""
    known = [chr(code) for code in (*range(0x20, 0x7F), *range(0xA0, 0x100))]
    known += map(chr, IN_LATIN)
    return f"[^{re.escape(''.join(known))}\n]"


_RUNS = re.compile(rf"{_lacking()}+(?: +{_lacking()}+)*")


def _in_words(run: str) -> str:
    script = unicodedata.name(run[0], "unknown").split()[0].capitalize()
    return f"{' '.join(f'{ord(char):04X}' for char in run)} ({script})"
