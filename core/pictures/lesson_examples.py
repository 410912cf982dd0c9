"""Which of the real pictures the lesson shows in which step, and why each is there."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from core.pictures.examples import FOLDER, Example, read_examples

FILE = "lesson.csv"


@dataclass(frozen=True)
class LessonExample:
    """A picture for a lesson, chosen by what the taught network answers to it.

    ``told`` is 'right' or 'wrong', as the taught network's answer was when it was chosen; empty
    where there is no lesion to be right about. ``why`` is a sentence for teachers.
    """

    example: Example
    told: str
    why: str


def read_lesson_examples(step: str, folder: Path = FOLDER) -> tuple[LessonExample, ...]:
    """The pictures of a step in their order; those that are not at hand are left out."""
    try:
        text = (folder / FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return ()
    known = {example.file: example for example in read_examples(folder)}
    return tuple(
        LessonExample(known[row["file"]], row["told"], row["why"])
        for row in csv.DictReader(text.splitlines())
        if row["step"] == step and row["file"] in known
    )
