"""The step 'What would have to change?': two networks, one budget, on the lesson's pictures."""

from __future__ import annotations

from core import images
from core.pictures.lesson_examples import read_lesson_examples
from pages.lesson.guess import Asked, revealed
from pages.lesson.screen import Screen, credit, missing
from pages.lesson.taught import Taught
from pages.stress import toward_class


def show(model: Taught, screen: Screen) -> Asked | None:
    """A mole and a melanoma, each moved toward both classes."""
    found = read_lesson_examples("change")
    if not found:
        missing()
        return None
    number = screen.knob.slider("Picture", 1, len(found), 1)
    chosen = found[number - 1]
    key = f"change {chosen.example.file}"
    picture = images.open_image(chosen.example.data)
    with screen.picture:
        results = toward_class.make(picture, key, shared=True)
        if results is None:
            return None
        # the class that it is not called so far: a mole toward malignant, a melanoma toward benign
        is_benign = results[-1].chances[0] < model.card.threshold
        toward = toward_class.MALIGNANT if is_benign else toward_class.BENIGN
        toward_class.draw(results, key, told=revealed(key), first=toward)
    screen.after.markdown(f"{toward_class.budget()} {toward_class.WHAT_IT_IS_NOT}")
    screen.after.markdown(toward_class.SOURCE)
    credit(screen.after, chosen)
    value = results[-1].chances[2 if is_benign else 1]
    return Asked(
        key, f"How likely malignant is it to the standard network once it is '{toward}'?",
        "standard network: {} malignant", lambda: value,
    )  # fmt: skip
