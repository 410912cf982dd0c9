"""The lesson: its steps in order, and what each asks, tells and shows."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from pages.lesson import attack_answers, changes, people, people_answers, photos, picture_answers
from pages.lesson.answer import Reveal
from pages.lesson.screen import Show


@dataclass(frozen=True)
class Step:
    """``address`` is its place in the URL; ``show`` draws, ``reveal`` answers.

    ``wide`` gives the picture's side more room: for two pictures beside each other.
    """

    address: str
    title: str
    question: str
    notes: str
    show: Show
    reveal: Reveal
    wide: bool = False


STEPS = (
    Step(
        "answer", "The model says",
        "What should the model have said about this picture?",
        "Let everybody write a number down before anything is revealed; set the class's guess on "
        "the bar, then tell the number. Go on to the next picture: two melanomas, one told "
        "rightly and one not, two moles likewise, two phone photos, and bare skin. Ask who would "
        "have believed the first.",
        photos.answer, picture_answers.only_two_answers,
    ),
    Step(
        "accuracy", "Accurate, and then?",
        "The network stays the same while you move the slider. What happens to its alarms?",
        "10 in 1,000 is about what a general practice sees. Let the class guess, tell the number "
        "and count the rings. Then go up to 450, where nearly every second lesion is malignant, "
        "as in the test set.",
        people.screening, people_answers.alarms,
    ),
    Step(
        "leak", "The same lesion twice",
        "Some lesions are in training and in the test. Does the test flatter the network?",
        "First the arithmetic: what a test reports if leaked pictures are simply remembered. Then "
        "show what was measured. Leaving lesions out also changes how hard the test is, so the "
        "difference of the two rows is not the effect of the leak: a good moment to speak of "
        "confounding.",
        people.leak, people_answers.leak,
    ),
    Step(
        "collection", "Which collection is it from?",
        "All benign pictures come from one collection, half of the malignant ones from another. "
        "What else than cancer could the network have learned to see?",
        "A black frame is common in the older collections. Begin with the frame away "
        "(0\N{NO-BREAK SPACE}%), tell "
        "the number, then widen it slowly and watch. Nothing about the lesion changes.",
        photos.frame, picture_answers.collection,
    ),
    Step(
        "attack", "One step against it",
        "No value of the picture moves by more than the slider says. Who notices first, you or the "
        "network?",
        "Let the class call out when they see a difference; most never do. The step goes along the "
        "gradient, so whoever takes it has to have the network. Nobody told it what the lesion is: "
        "the step goes against its own answer. The report's 0.003 is about 0.75 on this slider.",
        photos.attack, attack_answers.attack,
    ),
    Step(
        "noise", "As much, but at random",
        "Each value moves as far as before, but a coin says whether up or down. Does as much "
        "happen?",
        "Go back and forth between this step and the last at the same place of the slider. Random "
        "moves mostly cancel each other out; along the gradient each of the 150,528 adds to the "
        "last. So 'it withstands noise' says nothing about somebody who means harm.",
        photos.noise, attack_answers.noise,
    ),
    Step(
        "change", "What would have to change?",
        "Two networks may change this picture by as much, toward benign and toward malignant. "
        "Which of them shows you what it looks for?",
        "On the left is a network that was trained to withstand small changes: what it adds has a "
        "shape. Flip to and fro between 'as it is' and the others; ask what it is that it draws, "
        "and whether a doctor would look for that. On the right is the usual network: ask who sees "
        "a difference at all. Let the class guess how far the usual one gets with it, tell the "
        "number, then show 'what was added'.",
        changes.show, attack_answers.change, wide=True,
    ),
    Step(
        "skin", "Another skin",
        "Five people's skin from light to dark, taken with a phone. Is the network as good on all?",
        "Five pictures show that it answers otherwise; they can't show whom it serves worse. That "
        "takes hundreds, benign ones too: show the answer. 'Skin tone' has all figures, and one "
        "picture on ten tones.",
        photos.skin, picture_answers.skin,
    ),
    Step(
        "deploy", "Would you deploy it?",
        "In a practice where 10 of 1,000 lesions are malignant: where do you set the threshold, "
        "and would you switch it on?",
        "There is no right place for the slider: each one trades missed cancers for false alarms. "
        "Ask who bears which. Then show the answer, and ask what would have to be measured first.",
        people.threshold, people_answers.deploy,
    ),
)  # fmt: skip


def go(address: str) -> None:
    """Turn to another step.

    A page's own function would not do: whoever keeps it for the visitor keeps all that the page's
    names stand for, the model included.
    """
    st.session_state.update(step=address)
