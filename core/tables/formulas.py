"""Text that a spreadsheet takes for text: no cell of ours starts a formula, whatever it is of."""

from __future__ import annotations

import re

# What spreadsheets skip before they look, then what begins a formula for them (OWASP, CSV
# injection), in the widths that Japanese and Chinese keyboards write as well. Where a country's
# spreadsheet parts cells by a semicolon or a tab, one within a cell begins another.
_SKIPPED, _SIGN = r"[\s\x00-\x1f\x7f\xad\u200b-\u200f\u2060-\u2064\ufeff]*", r"[=+\-@＝＋－＠]"
_BEGINS = re.compile(
    rf"(?P<start>\A{_SKIPPED})(?={_SIGN})|\A(?=[\t\r\n])|(?P<part>[;\t\r\n])(?={_SKIPPED}{_SIGN})"
)
_NUMBER = re.compile(r"[+-]\d+(?:[.,]\d+)?")


def harmless(cell: str) -> str:
    """The text with an apostrophe, which spreadsheets hide, before what would be a formula."""
    return _BEGINS.sub(lambda found: f"{found['part'] or ''}'{found['start'] or ''}", cell)


def harmless_name(name: str) -> str:
    """``harmless`` for what is shown on a page as well, where a number with a sign stays one."""
    return name if _NUMBER.fullmatch(name) else harmless(name)
