"""The lesson to print: a sheet for students and one for the teacher, from the same steps."""

from __future__ import annotations

import datetime
import re
from typing import TYPE_CHECKING

import streamlit as st

from core import images
from core.pictures.examples import Example
from core.pictures.lesson_examples import read_lesson_examples
from core.reports import handout
from core.reports.handout import Sheet
from core.runtime.bounded_cache import BoundedCache
from pages.components import example_row, loaded_models, work_queue
from pages.components.server_wide import server_wide
from pages.lesson import steps

if TYPE_CHECKING:
    from core.classifier import Classifier

_STUDENTS, _TEACHER = "students", "teacher"
_LINK = re.compile(r"\[([^\]]*)\]\(([^)]*)\)")
# What is guessed in each step, as the sheet asks it.
_GUESSES = {
    "answer": "How likely does the network find picture 1 malignant?",
    "accuracy": "Of 100 people who get an alarm, how many have a malignant lesion?",
    "leak": "With 15\N{NO-BREAK SPACE}% leaked pictures, how much does the test say is right?",
    "collection": "With a frame of 30\N{NO-BREAK SPACE}%, how likely malignant?",
    "attack": "At 0.75 grey levels, how likely malignant?",
    "noise": "At 0.75 grey levels, how likely malignant?",
    "change": "How likely malignant is picture 1 to the usual network once it is 'more malignant'?",
    "skin": "How likely does the network find picture 1 malignant?",
    "deploy": "With a threshold of 50\N{NO-BREAK SPACE}%, how many of 100 alarms are right?",
}


def offer(name: str) -> None:
    """Draw the two buttons. What they hand out is made when somebody clicks.

    They stay with the visit and know the model by its name, so that they hold no network.
    """
    with st.container(horizontal=True):
        st.download_button(
            "Sheet for students (PDF)", lambda: students(name), "lesson-students.pdf",
            "application/pdf", icon=":material/edit_note:", on_click="ignore",
        )  # fmt: skip
        st.download_button(
            "Sheet for the teacher (PDF)", lambda: teacher(name), "lesson-teacher.pdf",
            "application/pdf", icon=":material/school:", on_click="ignore",
        )  # fmt: skip


def students(name: str) -> bytes:
    """The questions, with room for answers."""
    return _made().get(f"{_STUDENTS}/{name}/{_today()}")


def teacher(name: str) -> bytes:
    """The questions with notes, answers and figures."""
    return _made().get(f"{_TEACHER}/{name}/{_today()}")


@server_wide
def _made() -> BoundedCache[bytes]:
    """Today's sheets, the same for all visitors: each takes a second and 0.1 MB.

    Streamlit makes what is downloaded outside of the page's run, for as many as ask at once.
    """
    return BoundedCache(_make, places=4)


def _make(key: str) -> bytes:
    """``key`` is whom the sheet is for, the model's name and the date, with slashes between."""
    reader, name, date = key.split("/")
    with work_queue.unseen_turn():
        model = loaded_models.loaded(name)
        if reader == _STUDENTS:
            return handout.for_students(sheets(model), _credits(), date)
        about = f"{model.card.title} ({name}), weights SHA-256 {model.card.weights.sha256[:16]}"
        return handout.for_teacher(sheets(model), _credits(), about, date)


def sheets(model: Classifier) -> list[Sheet]:
    """Every step with its pictures and its answer."""
    made = []
    for step in steps.STEPS:
        answer = step.reveal(model)
        pictures = [images.open_image(one.data) for one in _pictures(step.address)]
        made.append(
            Sheet(
                title=step.title,
                question=step.question,
                guess=_GUESSES.get(step.address, ""),
                notes=step.notes,
                sentences=answer.sentences,
                heads=answer.heads,
                rows=answer.rows,
                note=answer.note,
                pictures=tuple(pictures),
            )
        )
    return made


def _pictures(address: str) -> list[Example]:
    return [chosen.example for chosen in read_lesson_examples(address)]


def _credits() -> str:
    kinds = dict.fromkeys(
        example.kind for step in steps.STEPS for example in _pictures(step.address)
    )
    return " ".join(_LINK.sub(r"\1 (\2)", example_row.CREDITS[kind]) for kind in kinds)


def _today() -> str:
    return datetime.date.today().isoformat()
