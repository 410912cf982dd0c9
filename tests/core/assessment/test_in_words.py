"""What is said of a picture follows from the card by hand-worked arithmetic, misses first."""

from __future__ import annotations

import dataclasses

import pytest

from core.assessment import in_words, limits_in_words
from core.assessment.assess import Assessment
from core.assessment.in_words import Frequency
from core.assessment.quality import measure
from core.labels import DERMOSCOPIC, LOOKS, PHOTO, Answer, Judgement, Kind
from core.pictures.drawn_lesion import draw_lesion
from core.results.collections import ISIC_2017, PAD_UFES
from tests.core.assessment.made_cards import (
    CARD,
    answer_check,
    card_with,
    evaluation_of,
)

QUALITY = measure(draw_lesion(64, 64))


def _found(answer: Judgement, kind: Kind = PHOTO, p: float = 0.5) -> Assessment:
    return Assessment(kind, answer, p, (), answer, QUALITY)


@pytest.mark.parametrize(
    ("answer", "in_practice", "in_test"),
    [
        # of 100,000 people 1,000 have a malignant lesion: 40 of them and 74,250 of the others
        ("benign", 1000 * 40 / (40 + 74_250), 1000 * 4 / 154),
        ("malignant", 1000 * 600 / (600 + 4_950), 1000 * 60 / 70),
        ("uncertain", 1000 * 360 / (360 + 19_800), 1000 * 36 / 76),
    ],
)
def test_frequencies_are_the_cards_counts_and_bayes_at_one_in_a_hundred(
    answer: Judgement, in_practice: float, in_test: float
) -> None:
    practice, test = in_words.counted(PHOTO, answer, card_with())
    assert practice.malignant == pytest.approx(in_practice)
    assert test.malignant == pytest.approx(in_test)
    assert practice.low < practice.malignant < practice.high
    assert test.where == "in its test, where 33 in 100 were malignant"


@pytest.mark.parametrize(
    ("malignant", "low", "high", "said"),
    [(0.2, 0.0, 3.2, "fewer than 1 (at most 3)"), (0.0, 0.0, 0.1, "fewer than 1 (at most 1)"),
     (1.4, 0.2, 6.0, "1 (at most 6)"), (15.3, 8.7, 25.1, "15 (9 to 25)")],
)  # fmt: skip
def test_a_frequency_is_never_nought(malignant: float, low: float, high: float, said: str) -> None:
    assert Frequency("somewhere", malignant, low, high).words == said


def test_a_card_without_limits_says_no_frequencies() -> None:
    said = in_words.say(_found("benign"), "benign", dataclasses.replace(CARD, limits=None))
    assert said.frequencies == ()
    assert "calls a lesion malignant from a chance of" in said.reason


def test_misses_come_first_and_are_those_of_the_kind_of_picture() -> None:
    # by its likelier class the test says something else: the page speaks in three answers
    phone = evaluation_of([1, 1, 1, 1, 0, 0, 0, 0], [0.9, 0.9, 0.9, 0.1, 0.9, 0.9, 0.9, 0.1])
    card = card_with(evaluations={PAD_UFES: phone})
    said = in_words.say(_found("benign"), "benign", card)
    assert said.facts[0] == (
        "Of **100 malignant phone photos** in its test it said 'looks benign' of **4** and "
        "'can't tell' of **36**."
    )
    assert said.facts[1] == "Of 154 phone photos that 'look benign' to it, **4** were malignant."
    assert said.limits[0] == (
        "Of 200 benign phone photos it said 'looks suspicious' of 10 and 'can't tell' of 40."
    )
    dermoscopic = in_words.say(_found("benign", DERMOSCOPIC), "benign", card)
    assert not any("phone photos" in one for one in (*dermoscopic.facts, *dermoscopic.limits))


def test_a_dermoscopic_picture_hears_of_clinics_that_the_model_never_saw() -> None:
    test = evaluation_of([1, 1, 0, 0, 0], [0.9, 0.2, 0.7, 0.1, 0.1])
    card = card_with(evaluations={ISIC_2017: test})
    said = limits_in_words.unseen(card) or ""
    assert "held 1 of 2 malignant ones for benign, and 1 of 3 benign ones for malignant" in said
    assert said in in_words.say(_found("benign", DERMOSCOPIC), "benign", card).limits
    assert said not in in_words.say(_found("benign", PHOTO), "benign", card).limits
    assert card.limits is not None
    counted = answer_check({"benign": (2, 0), "malignant": (3, 1), "uncertain": (4, 6)}, 9, 7)
    limits = dataclasses.replace(card.limits, answer_checks={ISIC_2017: counted})
    assert (
        "of 7 malignant ones it said 'looks benign' of 0 and 'can't tell' of 6; "
        "of 9 benign ones 'looks suspicious' of 3 and 'can't tell' of 4."
    ) in (limits_in_words.unseen(dataclasses.replace(card, limits=limits)) or "")
    learned = dataclasses.replace(card.training, data=f"{card.training.data} + {ISIC_2017}")
    assert limits_in_words.unseen(dataclasses.replace(card, training=learned)) is None


@pytest.mark.parametrize("answer", ["benign", "malignant", "uncertain"])
def test_the_reason_is_the_bound_that_the_answer_follows_from(answer: Judgement) -> None:
    card = card_with()
    assert card.limits is not None
    cuts = dataclasses.replace(
        card.limits.answers, benign_up_to=0.8, malignant_from=0.3, suspicious_from=0.2
    )
    card = dataclasses.replace(
        card, limits=dataclasses.replace(card.limits, answers_by_kind={PHOTO: cuts})
    )
    reason = in_words.say(_found(answer), "benign", card).reason
    assert reason == {
        "benign": (
            "Of photos it says 'looks benign' below 20\N{NO-BREAK SPACE}%; between "
            "20\N{NO-BREAK SPACE}% and 80\N{NO-BREAK SPACE}% it can't tell."
        ),
        "malignant": (
            "Of photos it says 'looks suspicious' from 80\N{NO-BREAK SPACE}% up; between "
            "20\N{NO-BREAK SPACE}% and 80\N{NO-BREAK SPACE}% it can't "
            "tell."
        ),
        "uncertain": (
            "Of photos it can't tell between 20\N{NO-BREAK SPACE}% and 80\N{NO-BREAK SPACE}%: "
            "there it was wrong too often."
        ),
    }[answer]  # fmt: skip


def test_a_stopped_picture_has_its_reason_and_no_number() -> None:
    stopped = Assessment(
        PHOTO, "not judged", 0.03, ("It is too dark. Take it again.", "It is small."), "benign",
        QUALITY, "dark",
    )  # fmt: skip
    said = in_words.say(stopped, "benign", card_with())
    assert (said.answer, said.heading, said.reason) == (
        "not judged",
        "Not judged",
        "It is too dark.",
    )
    assert said.warnings == ("Take it again.", "It is small.")
    assert said.chance == ""
    assert said.sentences == ("It is too dark.",)
    anyway = in_words.say(stopped, "benign", card_with(), anyway=True)
    assert anyway.answer == "benign"
    assert anyway.warnings == stopped.warnings
    assert "no picture that the model can judge" in anyway.reason
    assert anyway.facts == anyway.frequencies == ()
    assert anyway.heading == "No answer (the model's number: 3\N{NO-BREAK SPACE}%)"
    assert "looks **like none that it can judge**" in anyway.chance
    assert anyway.limits == (
        limits_in_words.trained_on(card_with()),
    )  # no figures of what it judges


@pytest.mark.parametrize("answer", list(LOOKS))
def test_every_answer_has_the_one_name_that_all_pages_use(answer: Judgement) -> None:
    found = dataclasses.replace(_found(answer), warnings=("Why. What.",), shown_anyway=answer)
    assert in_words.say(found, "benign", card_with()).heading == LOOKS[answer].capitalize()


@pytest.mark.parametrize(
    ("answer", "step"),
    [
        ("malignant", "**Show it to a doctor soon.**"),
        ("uncertain", "**It can't help here.** Show it to a doctor if any of the list below"),
        ("benign", "**That is no all-clear.** Show it to a doctor if anything in the list below"),
    ],
)
def test_the_first_thing_said_of_an_answer_is_what_to_do(answer: Judgement, step: str) -> None:
    said = in_words.say(_found(answer), "benign", card_with())
    assert said.next_step.startswith(step)
    assert said.sentences[0] == said.next_step
    stopped = dataclasses.replace(
        _found("not judged"), warnings=("Why. What.",), shown_anyway=answer
    )
    assert in_words.say(stopped, "benign", card_with()).next_step == ""
    anyway = in_words.say(stopped, "benign", card_with(), anyway=True)
    assert anyway.next_step.startswith("**It can't help here.**")  # whatever the answer would be


@pytest.mark.parametrize(
    ("answer", "like"),
    [("benign", "more benign than malignant"), ("malignant", "more malignant than benign"),
     ("uncertain", "neither benign nor malignant")],
)  # fmt: skip
def test_in_the_middle_band_it_leans_to_neither_side(answer: Judgement, like: str) -> None:
    leaning: Answer = "malignant" if answer == "malignant" else "benign"
    assert f"looks **{like}**" in in_words.say(_found(answer), leaning, card_with()).chance


def test_one_sentence_bridges_the_chance_and_the_thousand() -> None:
    meant = dataclasses.replace(CARD.calibration, prevalence=0.2)
    card = card_with(
        calibration=meant,
        calibration_by_kind={PHOTO: dataclasses.replace(meant, prevalence=0.43)},
    )
    said = in_words.say(_found("uncertain"), "benign", card)
    assert said.bridge == (
        "The chance above is meant for where 43 in 100 lesions are malignant, not 1 in 100."
    )
    told = list(said.sentences)
    assert told.index(said.bridge) == told.index(said.counted[0]) + 1
    assert said.counted[0].endswith(
        "are malignant where 1 in 100 lesions is malignant, as in a general practice."
    )
    unsaid = card_with(calibration=dataclasses.replace(meant, prevalence=None))
    assert in_words.say(_found("uncertain"), "benign", unsaid).bridge == ""
