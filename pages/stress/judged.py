"""Both pictures and both answers: from the file of the app's own example, or by the network."""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image

from core import checkpoints, preprocessing
from core.assessment import three_answers
from core.labels import Answer, Judgement
from core.pictures import added, corruptions
from core.probes import kept_attack
from core.results.json_files import ResultsRejected
from core.results.stressed_example import (
    ByEpsilon,
    StressedExample,
    read_directions,
    read_stressed_example,
)
from pages.components import example_row, loaded_models, not_judged, uploader, visit
from pages.stress import session
from pages.stress.session import SettingResult
from pages.stress.setting import Setting

if TYPE_CHECKING:
    from core.assessment.assess import Assessment
    from core.classifier import Classifier
    from core.probes.attack_path import Seen


@dataclass(frozen=True)
class Done:
    """What a model has made of a picture, as it is and under the setting.

    ``assessed`` is what it takes the picture for as it is.
    """

    model: Classifier
    assessed: Assessment
    subject: Seen
    step: SettingResult

    @property
    def answers(self) -> tuple[Judgement, Judgement]:
        """What it answers before and after; to a picture that is stopped, nothing."""
        if self.assessed.answer == "not judged":
            return "not judged", "not judged"
        before, after = (
            three_answers.judged(look.probability, self.model.card, self.assessed.kind)
            for look in (self.subject.clean, self.step.look)
        )
        return before, after


@dataclass(frozen=True)
class BeforeAndAfter:
    """The picture as the model takes it, before and after, and what it answers to each.

    ``difference`` is what was added, on middle grey, ``factor`` times. ``vanishes`` is whether an
    attack has no gradient to go by, ``likelier`` the class that an attack goes against. ``done`` is
    there once the network was asked, ``curves`` where it was asked before.
    """

    before: Image.Image
    after: Image.Image
    difference: Image.Image
    factor: int
    chances: tuple[float, float]
    answers: tuple[Judgement, Judgement]
    likelier: Answer
    vanishes: bool = False
    done: Done | None = None
    curves: ByEpsilon | None = None


def is_held(sent: visit.Sent, name: str) -> bool:
    """Whether the model called ``name`` stops the picture, or is not there: then why is drawn.

    The app's own example was judged at rest: it needs no network, nor torch, whose import takes
    longer than all the rest.
    """
    if _record(sent, name) is not None:
        return False
    model = loaded_models.classifier(name)
    if model is None:
        return True
    session.seen(model, sent, assess=True)
    return not_judged.holds(model, sent)


def show(sent: visit.Sent, setting: Setting) -> BeforeAndAfter | None:
    """What a page draws of a picture that is not held; ``None`` where the model is not there."""
    found = _at_rest(sent, setting)
    if found is not None:
        return found
    done = by_model(sent, setting, setting.model)
    return None if done is None else _shown(done)


def by_network(sent: visit.Sent, setting: Setting, shown: BeforeAndAfter) -> Done | None:
    """What the setting's own network makes of it, for all that a page does not draw at first."""
    return shown.done or by_model(sent, setting, setting.model)


def by_model(sent: visit.Sent, setting: Setting, name: str) -> Done | None:
    """What the model called ``name`` makes of it; ``None`` where it can't be used."""
    model = loaded_models.classifier(name)
    return None if model is None else _done(model, sent, setting)


def _done(model: Classifier, sent: visit.Sent, setting: Setting) -> Done:
    session.seen(model, sent, assess=True)
    subject = session.under(model, sent, setting)
    step = session.step(model, sent, subject, setting)
    return Done(model, not_judged.assessed(model, sent), subject, step)


def _shown(done: Done) -> BeforeAndAfter:
    from core.probes import attack_path, changed_picture

    subject, step = done.subject, done.step
    difference, factor = changed_picture.difference(subject.x, step.changed)
    return BeforeAndAfter(
        before=changed_picture.picture(subject.x), after=changed_picture.picture(step.changed),
        difference=difference, factor=factor,
        chances=(subject.clean.probability, step.look.probability),
        answers=done.answers, likelier=subject.clean.answer,
        vanishes=isinstance(subject, attack_path.Subject) and subject.vanishes, done=done,
    )  # fmt: skip


def _record(sent: visit.Sent, name: str) -> StressedExample | None:
    """What the model has made of the picture at rest, if it is the one that it was asked about."""
    if sent.data is None:
        return None
    with contextlib.suppress(ResultsRejected):  # the network is asked instead
        record = read_stressed_example(checkpoints.card(name), checkpoints.FOLDER)
        if record and record.picture_sha256 == hashlib.sha256(sent.data).hexdigest():
            return record
    return None


def _at_rest(sent: visit.Sent, setting: Setting) -> BeforeAndAfter | None:
    record = _record(sent, setting.model)
    if record is None or record.seed != setting.seed:
        return None
    chance = record.changed(setting.change, setting.value)
    if chance is None:
        return None
    with contextlib.suppress(ResultsRejected):  # the way of an attack is not kept
        return _drawn(sent, setting, record, chance)
    return None


def _drawn(
    sent: visit.Sent, setting: Setting, record: StressedExample, chance: float
) -> BeforeAndAfter:
    """The picture, changed here; raises ``ResultsRejected`` where an attack's way is not kept."""
    card = checkpoints.card(setting.model)
    geometry: preprocessing.Geometry = "crop" if card.geometry == "crop" else "squeeze"
    example = example_row.named(sent.source)
    before = preprocessing.resize(uploader.opened(sent).image, geometry, card.side)
    levels = added.levels(before)
    vanishes = False
    if setting.shift:
        after = corruptions.apply(before, setting.change, setting.value, setting.seed)
        moved = added.levels(after)
    else:
        directions = read_directions(record, card, checkpoints.FOLDER)
        moved = kept_attack.changed(levels, setting.change, setting.value, setting.seed, directions)
        after = Image.fromarray(moved.round().astype("uint8"))
        vanishes = not directions[0].any()
    difference, factor = added.difference(levels, moved)
    kind = example.kind if example else None
    return BeforeAndAfter(
        before=before, after=after, difference=difference, factor=factor,
        chances=(record.probability, chance),
        answers=(
            three_answers.judged(record.probability, card, kind),
            three_answers.judged(chance, card, kind),
        ),
        likelier=card.answer(record.probability), vanishes=vanishes,
        curves=None if setting.shift else record.by_epsilon(),
    )  # fmt: skip
