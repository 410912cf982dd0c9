"""A table whose cells hold an estimate, its interval in figures, and the interval as a bar."""

from __future__ import annotations

import html
from collections.abc import Sequence
from math import ceil, floor

import streamlit as st

from core.statistics.estimates import Rate

Cell = str | Rate | None
_STYLE = """<style>
.rate-table { overflow-x: auto; margin-bottom: 0.75rem; }
.rate-table table { border-collapse: collapse; width: 100%; font-size: 0.875rem; }
.rate-table p { font-size: 0.875rem; margin: 0.4rem 0 0; }
.rate-table th { text-align: left; font-weight: 600; }
.rate-table th, .rate-table td {
    padding: 0.3rem 0.6rem; border-bottom: 1px solid rgba(128, 128, 128, 0.35);
    vertical-align: middle;
}
.rate-table .bar { position: relative; height: 0.35rem; min-width: 5.5rem; margin-top: 0.2rem;
    background: rgba(128, 128, 128, 0.18); border-radius: 0.2rem; }
.rate-table .span { position: absolute; top: 0; bottom: 0; border-radius: 0.2rem;
    background: #0072B2; opacity: 0.55; }
.rate-table .at { position: absolute; top: -0.15rem; bottom: -0.15rem; width: 0.2rem;
    background: #0072B2; }
.rate-table .chance { position: absolute; top: -0.15rem; bottom: -0.15rem; width: 1px;
    border-left: 1px dashed #D55E00; }
/* on a phone a row is a block of lines, each with its column's name: nothing scrolls sideways */
@media (max-width: 640px) {
    .rate-table { position: relative; }
    .rate-table thead {
        display: block; position: absolute; width: 1px; height: 1px; overflow: hidden;
        clip-path: inset(50%);
    }
    .rate-table table, .rate-table tbody, .rate-table tr { display: block; }
    .rate-table tr { padding: 0.4rem 0; border-bottom: 1px solid rgba(128, 128, 128, 0.35); }
    .rate-table td {
        display: grid; grid-template-columns: 7rem 1fr; border: 0; padding: 0.15rem 0;
    }
    .rate-table td::before { content: attr(data-head); }
    .rate-table td:first-child { display: block; font-weight: 600; }
    .rate-table td:first-child::before { content: none; }
}
</style>"""


def show(
    heads: Sequence[str], rows: Sequence[Sequence[Cell]], what: str, digits: Sequence[str | None]
) -> None:
    """Draw the table.

    ``what`` says to a screen reader what it holds; ``digits`` is, for a column of figures,
    'percent' or 'decimal': those have a coin's 0.5 as a dashed line.
    """
    st.html(_STYLE + table(heads, rows, what, digits))


def table(
    heads: Sequence[str], rows: Sequence[Sequence[Cell]], what: str, digits: Sequence[str | None]
) -> str:
    """The same as HTML; all bars have one scale, from the lowest end in it to the highest."""
    rates = [cell for row in rows for cell in row if isinstance(cell, Rate)]
    scale = _scale(rates, "decimal" in digits)
    head = "".join(
        f'<th scope="col" role="columnheader">{html.escape(name)}</th>' for name in heads
    )
    body = "".join(
        '<tr role="row">' + "".join(
            f'<td role="cell" data-head="{html.escape(name, quote=True)}">'
            f"<div>{_cell(cell, kind, scale)}</div></td>"
            for name, cell, kind in zip(heads, row, digits, strict=True)
        ) + "</tr>"
        for row in rows
    )  # fmt: skip
    label = html.escape(what, quote=True)
    ends = (
        f"<p>All bars have one scale, from {scale[0]:.2f} "
        f"({100 * scale[0]:.0f}\N{NO-BREAK SPACE}%) to "
        f"{scale[1]:.2f} ({100 * scale[1]:.0f}\N{NO-BREAK SPACE}%).</p>" if rates else ""
    )  # fmt: skip
    return (
        f'<div class="rate-table" tabindex="0" role="region" aria-label="{label}">'
        f'<table role="table"><thead><tr role="row">{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>{ends}</div>"
    )


def _scale(rates: Sequence[Rate], chance: bool) -> tuple[float, float]:
    """The ends of all bars, in hundredths; with ``chance`` a coin's 0.5 is between them."""
    ends = [end for rate in rates for end in (rate.low, rate.high)]
    if chance:
        ends.append(0.5)
    if not ends:
        return 0.0, 1.0
    return max(0.0, floor(100 * min(ends) - 1) / 100), min(1.0, ceil(100 * max(ends) + 1) / 100)


def _cell(cell: Cell, kind: str | None, scale: tuple[float, float]) -> str:
    if cell is None:
        return "–"
    if isinstance(cell, str):
        return html.escape(cell)
    low, high = scale

    def at(value: float) -> float:
        return 100 * min(1.0, max(0.0, (value - low) / (high - low)))

    words = (
        f"{100 * cell.value:.1f}\N{NO-BREAK SPACE}% ({100 * cell.low:.1f} to {100 * cell.high:.1f})"
        if kind == "percent"
        else f"{cell.value:.3f} ({cell.low:.3f} to {cell.high:.3f})"
    )
    chance = f'<div class="chance" style="left:{at(0.5):.1f}%"></div>' if kind == "decimal" else ""
    return (
        f'{words.replace(" ", "&nbsp;")}<div class="bar" aria-hidden="true">{chance}'
        f'<div class="span" style="left:{at(cell.low):.1f}%;'
        f'width:{at(cell.high) - at(cell.low):.1f}%"></div>'
        f'<div class="at" style="left:calc({at(cell.value):.1f}% - 0.1rem)"></div></div>'
    )
