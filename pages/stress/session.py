"""What is computed for a visitor's picture and a model once, and kept for the next slider step.

A few pictures and models a visitor, about 2 MB each, in the visitor's own session; gone with it
or with the photo.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.results.robustness import PGD
from core.results.stressed_example import ByEpsilon
from core.runtime.between import Between
from pages.components import not_judged, uploader, visit, work_queue
from pages.stress.setting import Setting

if TYPE_CHECKING:
    from core.classifier import Classifier
    from core.look import Look
    from core.probes.attack_path import AttackCurves, Seen, Subject

KEPT = "stress"  # of what the visit keeps of its photo, the part that is this page's
MOST_KEPT = 6  # two models, each with a picture and its curve, and room for the one before


@dataclass(frozen=True)
class EpsilonSweep:
    """The three curves, and the smallest epsilon of the one-step attack that flips the answer."""

    curve: AttackCurves
    flip: float | None

    @property
    def by_epsilon(self) -> ByEpsilon:
        return ByEpsilon(self.curve.fgsm, self.curve.pgd, self.curve.noise, self.flip)


@dataclass(frozen=True)
class SettingResult:
    """A changed picture (for ``core.probes.changed_picture``) and what the model makes of it."""

    changed: Any
    look: Look


def seen(model: Classifier, sent: visit.Sent, *, assess: bool = False) -> Seen:
    """The picture as the model takes it; with ``assess`` the same pass says if it can be judged."""
    key = (_digest(sent), model.card.name)
    if key not in _kept():
        photo = uploader.opened(sent)
        from core.probes import attack_path

        with work_queue.turn(), st.spinner("Looking at the picture."):
            made = attack_path.seen(model, model.network_input(photo.image))
            keep(key, made)
            if assess and not not_judged.known(model, sent):
                found = model.assess_explained(photo.image, made.clean)
                not_judged.keep(model, sent, found)
    kept: Seen = _again(key)
    return kept


def subject(model: Classifier, sent: visit.Sent) -> Subject:
    """``seen`` with its gradient, in the other's place."""
    from core.probes import attack_path

    found = seen(model, sent)
    if not isinstance(found, attack_path.Subject):
        with work_queue.turn(), st.spinner("Looking for the direction of the attack."):
            found = attack_path.prepare(model, found.x, found)
        keep((_digest(sent), model.card.name), found)
    return found


def under(model: Classifier, sent: visit.Sent, setting: Setting) -> Seen:
    """What the setting's change asks for: only an attack wants the gradient."""
    return seen(model, sent) if setting.shift else subject(model, sent)


def curves(model: Classifier, sent: visit.Sent, seed: int) -> EpsilonSweep | None:
    """The curves of a picture; the seed is the noise's. ``None`` once that was stopped."""
    key = (_digest(sent), model.card.name, seed)
    if key not in _kept():
        from core.probes import attack_path

        found = subject(model, sent)

        def work(between: Between) -> EpsilonSweep:
            curve = attack_path.curve(model, found, seed, between)
            return EpsilonSweep(curve, attack_path.smallest_flip(model, found, curve))

        name = f"curves {' '.join(map(str, key))}"
        sweep = work_queue.in_batches("Trying 3 × 9 strengths", name, work)
        if sweep is None:
            return None
        keep(key, sweep)
    return _again(key)  # type: ignore[no-any-return]


def step(model: Classifier, sent: visit.Sent, found: Seen, setting: Setting) -> SettingResult:
    """The picture under the setting: one forward pass, and for PGD its path, unless it is kept."""
    from core.probes import attack_path, changed_picture

    sweep: EpsilonSweep | None = recall((_digest(sent), model.card.name, setting.seed))
    with work_queue.turn() as between:
        path = sweep.curve.path if sweep else None
        if setting.change == PGD and path is None and isinstance(found, attack_path.Subject):
            path, _ = attack_path.walk(model, found, between)
        changed = changed_picture.changed(found, setting.change, setting.value, setting.seed, path)
        served = found.served_by(model)
        return SettingResult(changed, served.look(changed[None], found.label)[0])


def _digest(sent: visit.Sent) -> str:
    return "drawn" if sent.data is None else hashlib.sha256(sent.data).hexdigest()


def _kept() -> dict[tuple[object, ...], Any]:
    kept: dict[tuple[object, ...], Any] = visit.kept().setdefault(KEPT, {})
    return kept


def keep(key: tuple[object, ...], value: object) -> None:
    """Keep something that was made of the visitor's picture, until the picture goes."""
    kept = _kept()
    kept[key] = value
    while len(kept) > MOST_KEPT:
        del kept[next(iter(kept))]  # what was not asked for the longest


def recall(key: tuple[object, ...]) -> Any:
    """What is kept under a key, ``None`` where nothing is."""
    return _again(key) if key in _kept() else None


def _again(key: tuple[object, ...]) -> Any:
    """What is kept under a key, which is now the one asked for last."""
    kept = _kept()
    kept[key] = kept.pop(key)
    return kept[key]
