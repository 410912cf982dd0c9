"""Steps with a real picture: what the network makes of it as it is, and of what is added to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PIL import Image

from core import images
from core.pictures.drawn_lesion import framed
from core.pictures.examples import FITZPATRICK_TYPES, types_missing
from core.pictures.lesson_examples import read_lesson_examples
from core.results.robustness import FGSM, SIGN_NOISE
from core.runtime.bounded_cache import BoundedCache
from pages.components import example_row, loaded_models, work_queue
from pages.components.server_wide import server_wide
from pages.lesson.guess import Asked, revealed
from pages.lesson.screen import Screen, credit, missing, photo, tell_truth
from pages.lesson.taught import Taught

if TYPE_CHECKING:
    from core.probes.attack_path import Subject

_SAYS = "How likely does {} find this lesion malignant?"


def answer(model: Taught, screen: Screen) -> Asked | None:
    """Seven pictures, and a number for each that the class guesses first."""
    found = read_lesson_examples("answer")
    if not found:
        missing()
        return None
    number = screen.knob.slider("Picture", 1, len(found), 1)
    chosen = found[number - 1]
    picture = images.open_image(chosen.example.data)
    photo(screen.picture, picture, f"Picture {number}: {chosen.example.shows}.")
    asked = _asked(f"answer {number}", model, picture)
    if revealed(asked.key):
        tell_truth(screen.after, chosen)
    credit(screen.after, chosen)
    return asked


def frame(model: Taught, screen: Screen) -> Asked | None:
    """A sound mole in a black frame, as the older collections' pictures have it."""
    found = read_lesson_examples("collection")
    if not found:
        missing()
        return None
    width = screen.knob.slider("Black frame", 0, 60, 30, 5, format="%d %%") / 100
    picture = framed(images.open_image(found[0].example.data), width)
    alt = f"{found[0].example.shows}, in a round black frame." if width else found[0].example.shows
    photo(screen.picture, picture, alt)
    asked = _asked("collection", model, picture)
    if revealed(asked.key):
        tell_truth(screen.after, found[0])
    credit(screen.after, found[0])
    return asked


def attack(model: Taught, screen: Screen) -> Asked | None:
    """A sound mole, moved against the network by one step."""
    return _moved(model, screen, "attack", FGSM, "after one step against the network")


def noise(model: Taught, screen: Screen) -> Asked | None:
    """The same, moved as far, at random."""
    return _moved(model, screen, "noise", SIGN_NOISE, "after a random step of the same size")


def skin(model: Taught, screen: Screen) -> Asked | None:
    """Phone photos of skin from light to dark, as its type was recorded."""
    found = {chosen.example.fitzpatrick: chosen for chosen in read_lesson_examples("skin")}
    if not found:
        missing()
        return None
    names = FITZPATRICK_TYPES
    kind = screen.knob.select_slider(
        "Skin type, as recorded", sorted(found), format_func=lambda kind: names.get(kind, kind)
    )
    chosen = found[kind]
    picture = images.open_image(chosen.example.data)
    photo(screen.picture, picture, f"{chosen.example.shows}, on skin of type {names[kind]}.")
    asked = _asked(f"skin {kind}", model, picture)
    if revealed(asked.key):
        tell_truth(screen.after, chosen)
    if missing_types := types_missing(one.example for one in found.values()):
        screen.after.markdown(missing_types)
    credit(screen.after, chosen)
    return asked


def _asked(key: str, model: Taught, picture: Image.Image) -> Asked:
    def value() -> float:
        network = model.network()
        with work_queue.turn():
            return float(network.probabilities([picture])[0])

    return _question(key, model, value)


def _question(key: str, model: Taught, value: Callable[[], float]) -> Asked:
    title = model.card.title
    return Asked(key, _SAYS.format(title), f"{title} says: {{}} malignant", value)


def _moved(model: Taught, screen: Screen, step: str, change: str, how: str) -> Asked | None:
    found = read_lesson_examples(step)
    if not found:
        missing()
        return None
    epsilon = screen.knob.slider(
        "Grey levels that a value may move", 0.0, 8.0, 0.75, 0.25, "%.2f of 255"
    )
    network = model.network()
    from core.probes import changed_picture  # imports torch

    with work_queue.turn():
        subject = _subjects().get(f"{model.name}/{found[0].example.file}")
        moved = changed_picture.changed(subject, change, epsilon / 255, seed=0)
        chance = network.look(moved[None])[0].probability
    alt = f"{found[0].example.shows}, {how}." if epsilon else found[0].example.shows
    photo(screen.picture, changed_picture.picture(moved), alt, "PNG")
    asked = _question(step, model, lambda: chance)
    if revealed(asked.key):
        tell_truth(screen.after, found[0])
    credit(screen.after, found[0])
    return asked


@server_wide
def _subjects() -> BoundedCache[Subject]:
    """The moved pictures as a model takes them, with their gradients: the same for all visitors.

    They have 2 MB each.
    """
    return BoundedCache(_prepare, places=4)


def _prepare(name: str) -> Subject:
    """``name`` is the model's and the picture's file, with a slash between."""
    from core.probes import attack_path

    model_name, file = name.split("/")
    model, example = loaded_models.loaded(model_name), example_row.named(file)
    if example is None:
        raise FileNotFoundError(file)
    return attack_path.prepare(model, model.network_input(images.open_image(example.data)))
