"""A model on somebody's own pictures: a zip with a CSV in; figures by group, CSV and PDF out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core import images
from core.fairness import own_collection, own_review
from core.fairness.own_collection import LIMITS, OwnCollection
from core.pictures.archive import MAX_BYTES, ArchiveRejected
from core.reports import groups_csv, photos_csv
from pages.components import batch, loaded_models, work_queue
from pages.components.photo_files import PhotoFiles
from pages.components.uploader import PROMISE
from pages.tones import groups, opening

if TYPE_CHECKING:
    import pandas as pd

    from core.batch.rows import Row
    from core.fairness.review import Review
    from core.results.card import Card

_STATE = "own_collection"
_MEGABYTE = 2**20
_EXAMPLE = """file,label,skin type,person
photos/0001.jpg,malignant,V-VI,A
photos/0002.jpg,malignant,V-VI,A
photos/0003.jpg,benign,I-II,B"""


def show() -> None:
    """Ask for a collection and a model, look at every picture, then draw the review."""
    chosen = _choose()
    names = loaded_models.names()
    if chosen is None or not names:
        return
    file_id, collection = chosen
    name = st.selectbox("Model", names, format_func=loaded_models.title, key="own_model")
    model = loaded_models.classifier(name)
    if model is None:
        return
    files = PhotoFiles((file_id,), collection.archive, ())
    rows = batch.run(files, model, _STATE).rows
    stopped = sum(row.answer == own_review.STOPPED for row in rows)
    counted = bool(stopped) and st.toggle(
        "Count pictures that this model's gate stops, too", key="own_stopped",
        help="'Check a photo' gives them no answer. Counted, they show what it spares people.",
    )  # fmt: skip
    table = own_review.scored(collection.table, rows, counted)
    notes = [*collection.notes, *_notes(rows, len(files), stopped, counted)]
    for note in notes:
        st.info(note, icon=":material/info:")
    if len(table):
        _review(table, collection.columns, model.card, notes)
        st.download_button(
            "Scores as CSV", lambda: photos_csv.as_csv(rows, name), "scores.csv", "text/csv",
            icon=":material/download:", on_click="ignore", key="own_scores",
        )  # fmt: skip


def _choose() -> tuple[str, OwnCollection] | None:
    """The archive's id and what is in it; a refusal is told in its own sentence."""
    upload = st.file_uploader(
        f"A zip of up to {LIMITS.pictures} pictures and one CSV",
        type=["zip"], max_upload_size=MAX_BYTES // _MEGABYTE, key="own_zip",
    )  # fmt: skip
    # once it is there, the figures are what is looked for
    told = st.expander("What the zip holds", icon=":material/folder_zip:") if upload else st
    told.caption(
        f"The zip may have {MAX_BYTES // _MEGABYTE} MB and {LIMITS.unpacked // _MEGABYTE} MB once "
        f"unpacked, a picture {images.MAX_BYTES // _MEGABYTE} MB. "
        "Have the right to use the pictures. "
        "The CSV has a line a picture: **file**, **label** (benign or malignant) and any columns "
        "of groups, such as skin type; **person**, if given, tells which pictures show the same. "
        "Tables of the ISIC Archive, HAM10000, PAD-UFES-20 and DDI are read as they come."
    )
    told.code(_EXAMPLE, language="csv")
    st.caption(PROMISE.format("The pictures are"))
    if upload is None:
        return None
    try:
        with work_queue.turn():
            return upload.file_id, own_collection.read(upload.getvalue())
    except ArchiveRejected as refusal:
        st.error(str(refusal), icon=":material/folder_off:")
        return None


def _notes(rows: list[Row], of: int, stopped: int, counted: bool) -> list[str]:
    """What the pictures themselves gave reason to say."""
    said = []
    if len(rows) < of:
        said.append(
            f"The figures are of the first {len(rows)} of {of} pictures, which may be unlike the "
            "others."
        )
    unread = [row.name for row in rows if row.probability is None]
    if unread:
        said.append(f"{len(unread)} of {len(rows)} files could not be read: {unread[0]} first.")
    if stopped:
        said.append(
            f"{stopped} of {len(rows)} pictures get no answer from this model: it is not made for "
            "their kind, or they are not fit to be judged. "
            + ("They count here all the same." if counted else "They are not among the figures.")
        )
    return said


def _review(table: pd.DataFrame, columns: tuple[str, ...], card: Card, notes: list[str]) -> None:
    left, right = st.columns(2)
    by = left.selectbox("Groups", columns, key="own_by")
    measure = right.selectbox(
        "Measure", list(groups.MEASURES), format_func=groups.MEASURES.__getitem__,
        key="own_measure",
    )  # fmt: skip
    at = groups.threshold(card.threshold, "own")
    with work_queue.turn():  # seconds for 500 pictures in a dozen groups
        review = own_review.review(table, by, card, at)
    few = own_collection.small_groups(table, by)
    st.markdown(f"**{opening.sentences([review])[0]}**")
    groups.whole(review)
    groups.figures([review], by, measure)
    if few:
        st.warning("\n".join(f"- {sentence}" for sentence in few), icon=":material/group_off:")
    _take_away(review, by, card, [*notes, *few])


def _take_away(review: Review, by: str, card: Card, notes: list[str]) -> None:
    def report() -> bytes:
        from core.reports import group_report

        model = (
            f"{card.title} ({card.name}), trained {card.training.date}, weights SHA-256 "
            f"{card.weights.sha256[:16]}"
        )
        return group_report.write(group_report.GroupReport(review, by, model, tuple(notes)))

    with st.container(horizontal=True):
        st.download_button(
            "Figures as CSV", lambda: groups_csv.as_csv(review), "figures.csv", "text/csv",
            icon=":material/download:", on_click="ignore", key="own_figures",
        )  # fmt: skip
        st.download_button(
            "Report as PDF", report, "groups.pdf", "application/pdf",
            icon=":material/picture_as_pdf:", on_click="ignore", key="own_report",
            help="Made when you click, from what is on this page, and not kept on the server.",
        )  # fmt: skip
