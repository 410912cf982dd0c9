"""Both pictures and both answers: from the file of the app's own example, or by the network."""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image

from core import checkpoints, preprocessing
from core.labels import Answer
from core.pictures import added, corruptions
from core.results.json_files import ResultsRejected
from core.results.stressed_example import read_stressed_example
from pages.components import example_row, loaded_models, not_judged, uploader, visit
from pages.stress import session
from pages.stress.session import SettingResult
from pages.stress.setting import Setting

if TYPE_CHECKING:
    from core.classifier import Classifier
    from core.probes.attack_path import Seen
    from core.results.card import Card
    from core.results.limits import Answers


@dataclass(frozen=True)
class Done:
    """What a model has made of a picture, as it is and under the setting."""

    model: Classifier
    subject: Seen
    step: SettingResult


@dataclass(frozen=True)
class BeforeAndAfter:
    """The picture as the model takes it, before and after, and what it answers to each.

    ``difference`` is what was added, on middle grey, ``factor`` times. ``vanishes`` is whether an
    attack has no gradient to go by. ``cuts`` is where the model's three answers to pictures of this
    kind part. ``done`` is there once the network was asked.
    """

    before: Image.Image
    after: Image.Image
    difference: Image.Image
    factor: int
    chances: tuple[float, float]
    answers: tuple[Answer, Answer]
    cuts: Answers | None = None
    vanishes: bool = False
    done: Done | None = None


def show(sent: visit.Sent, setting: Setting) -> BeforeAndAfter | None:
    """What a page draws of the picture; ``None`` where it is stopped, or the model is not there.

    The app's own example was judged at rest: it needs no network, nor torch, whose import takes
    longer than all the rest.
    """
    found = _at_rest(sent, setting)
    if found is not None:
        return found
    model = loaded_models.classifier(setting.model)
    if model is None:
        return None
    session.seen(model, sent, assess=True)
    if not_judged.holds(model, sent):
        return None
    kind = not_judged.assessed(model, sent).kind
    return _shown(_done(model, sent, setting), _cuts(model.card, kind))


def _cuts(card: Card, kind: str) -> Answers | None:
    return card.limits.answers_for(kind) if card.limits else None


def by_network(sent: visit.Sent, setting: Setting, shown: BeforeAndAfter) -> Done | None:
    """What the setting's own network makes of it, for all that a page does not draw at first."""
    return shown.done or by_model(sent, setting, setting.model)


def by_model(sent: visit.Sent, setting: Setting, name: str) -> Done | None:
    """What the model called ``name`` makes of it; ``None`` where it can't be used."""
    model = loaded_models.classifier(name)
    return None if model is None else _done(model, sent, setting)


def _done(model: Classifier, sent: visit.Sent, setting: Setting) -> Done:
    subject = session.under(model, sent, setting)
    return Done(model, subject, session.step(model, sent, subject, setting))


def _shown(done: Done, cuts: Answers | None) -> BeforeAndAfter:
    from core.probes import attack_path, changed_picture

    subject, step = done.subject, done.step
    difference, factor = changed_picture.difference(subject.x, step.changed)
    return BeforeAndAfter(
        before=changed_picture.picture(subject.x), after=changed_picture.picture(step.changed),
        difference=difference, factor=factor,
        chances=(subject.clean.probability, step.look.probability),
        answers=(subject.clean.answer, step.look.answer), cuts=cuts,
        vanishes=isinstance(subject, attack_path.Subject) and subject.vanishes, done=done,
    )  # fmt: skip


def _at_rest(sent: visit.Sent, setting: Setting) -> BeforeAndAfter | None:
    if not setting.shift or sent.data is None:
        return None
    card = checkpoints.card(setting.model)
    with contextlib.suppress(ResultsRejected):  # the network is asked instead
        record = read_stressed_example(card, checkpoints.FOLDER)
        if (
            record is not None
            and record.seed == setting.seed
            and record.picture_sha256 == hashlib.sha256(sent.data).hexdigest()
        ):
            chance = record.changed(setting.change, setting.value)
            if chance is not None:
                return _drawn(sent, setting, card, (record.probability, chance))
    return None


def _drawn(
    sent: visit.Sent, setting: Setting, card: Card, chances: tuple[float, float]
) -> BeforeAndAfter:
    geometry: preprocessing.Geometry = "crop" if card.geometry == "crop" else "squeeze"
    example = example_row.named(sent.source)
    before = preprocessing.resize(uploader.opened(sent).image, geometry, card.side)
    after = corruptions.apply(before, setting.change, setting.value, setting.seed)
    difference, factor = added.difference(added.levels(before), added.levels(after))
    return BeforeAndAfter(
        before=before, after=after, difference=difference, factor=factor, chances=chances,
        answers=(card.answer(chances[0]), card.answer(chances[1])),
        cuts=_cuts(card, example.kind) if example else None,
    )  # fmt: skip
