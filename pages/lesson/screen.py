"""The places of a step on the screen: a picture on one side, its knob and number on the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import streamlit as st
from PIL import Image

from core.pictures.lesson_examples import LessonExample
from pages.components import example_row
from pages.lesson.guess import Asked
from pages.lesson.taught import Taught

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

PHOTO = "lesson_photo"  # as layout.lesson calls it


@dataclass(frozen=True)
class Screen:
    """Where a step draws: each is a container."""

    picture: DeltaGenerator
    knob: DeltaGenerator
    after: DeltaGenerator


# Draws a step's picture and knob; returns the number to guess, ``None`` where there is none.
Show = Callable[[Taught, Screen], Asked | None]


def photo(
    place: DeltaGenerator, picture: Image.Image, alt: str, kind: Literal["JPEG", "PNG"] = "JPEG"
) -> None:
    """Draw the one picture of a step, as large as the window has room for."""
    place.container(key=PHOTO).image(picture, width="stretch", alt=alt, output_format=kind)


def tell_truth(place: DeltaGenerator, chosen: LessonExample) -> None:
    """Draw what the picture turned out to be, and why it is in the lesson."""
    place.markdown(f"**{chosen.example.truth}** {chosen.why}")


def credit(place: DeltaGenerator, *chosen: LessonExample) -> None:
    """Draw whose pictures these are."""
    for kind in dict.fromkeys(one.example.kind for one in chosen):
        place.markdown(example_row.CREDITS[kind])


def missing() -> None:
    """Say that the pictures are not at hand."""
    st.info("The lesson's pictures are not at hand: the folder examples/ is missing.")
