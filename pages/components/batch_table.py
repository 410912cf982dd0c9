"""The rows of many photos: a table that sorts, a count in words, and a download."""

from __future__ import annotations

import hashlib
from collections import Counter

import pandas as pd
import streamlit as st

from core import checkpoints
from core.batch.rows import NOT_READ, Row
from core.reports.photos_csv import as_csv
from pages.components import visit
from pages.components.batch import Batch

OPEN = "Open"
_OPENED = "open-row"
_COLUMNS = {
    "picture": st.column_config.ImageColumn("picture", width="small"),
    "file": st.column_config.TextColumn("file", width="medium"),
    "chance of malignant": st.column_config.ProgressColumn(
        "chance of malignant, %", min_value=0, max_value=100, format="%.0f"
    ),
    "warnings": st.column_config.TextColumn("warnings", width="large"),
}


def show(judged: Batch) -> None:
    """Draw what the model made of each file; a click on 'Open' shows one on 'Check a photo'."""
    rows, model = judged.whole, judged.model
    st.markdown(f"## What {checkpoints.card(model).title} answers")
    st.markdown(in_words(rows))
    opened = st.column_config.ButtonColumn("", width="small", key=_OPENED)
    shown = table(rows)
    shown.insert(1, "open", [None if photo is None else OPEN for photo in judged.photos])
    st.dataframe(
        shown, hide_index=True, row_height=56, column_config={**_COLUMNS, "open": opened},
        placeholder="–",
        alt="A row for each file: a small picture, its name, the answer and the warnings.",
    )  # fmt: skip
    st.caption(
        "Click a column's head to sort. A low number is no all-clear, and what is not judged has "
        "none: 'Open' shows it."
    )
    click = st.session_state.get(_OPENED)
    if click is not None:
        open_row(judged, click["row"])
    st.download_button(
        "Download as CSV", lambda: as_csv(rows, model), "photos.csv", "text/csv",
        icon=":material/download:", on_click="ignore",
    )  # fmt: skip


def open_row(judged: Batch, row: int) -> None:
    """Make a row's photo the visit's, and show it; nothing where its file is not held."""
    photo = judged.photos[row]
    if photo is not None:
        visit.begin(visit.Sent(photo, f"row {hashlib.sha256(photo).hexdigest()}"))
        st.switch_page("pages/check_a_photo.py")


def table(rows: list[Row]) -> pd.DataFrame:
    """A row a file, in their order; the chance in percent, where the picture could be judged."""
    return pd.DataFrame(
        {
            "picture": [row.thumbnail or None for row in rows],
            "file": [row.name for row in rows],
            "answer": [row.says for row in rows],
            "chance of malignant": pd.array(
                [None if (p := _number(row)) is None else 100 * p for row in rows],
                dtype="Float64",
            ),
            "warnings": [" ".join(row.warnings) for row in rows],
        }
    )


def _number(row: Row) -> float | None:
    """The chance that is shown: none of a picture that can't be judged, as on 'Check a photo'."""
    return None if row.answer == "not judged" else row.probability


def in_words(rows: list[Row]) -> str:
    """How many files, and how many of each answer."""
    counts = Counter(row.says for row in rows)
    said = ", ".join(
        f"**{counts[answer]}** {answer}" for answer in sorted(counts, key=lambda a: a == NOT_READ)
    )
    return f"{len(rows)} files: {said}."
