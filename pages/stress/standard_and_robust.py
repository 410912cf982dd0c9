"""A standard and a robust model on the same picture, each attacked along its own gradient."""

from __future__ import annotations

import streamlit as st

from core import checkpoints
from core.labels import LOOKS
from core.results.test_sets import OFFICIAL
from core.statistics import estimates
from core.statistics.estimates import percent
from pages.components import loaded_models, text_table, visit
from pages.stress import judged, session
from pages.stress.judged import BeforeAndAfter, Done
from pages.stress.setting import STANDARD, Setting

ROBUST = "resnet18_robust"
KEY = "stress_robust"  # whether the comparison is open
NO_ROBUST = (
    f"No robust model is at hand yet: `python -m training.train --model resnet18 --name {ROBUST} "
    "--preset robust --init-from checkpoints/resnet18/weights.safetensors --data FOLDER` makes one."
)


def show(sent: visit.Sent, setting: Setting, names: list[str], shown: BeforeAndAfter) -> None:
    """Draw both models' answers under the setting, and what robustness costs.

    ``shown`` is what the chosen model has made of the picture already.
    """
    if ROBUST not in names:
        st.info(NO_ROBUST)
        return
    # a second network costs as much as the first: only whoever asks for it waits for it
    asked = st.expander(
        "Standard and robust, on the same picture", icon=":material/shield:", key=KEY,
        on_change="rerun",
    )  # fmt: skip
    if not asked.open:
        return
    with asked:
        _compared(sent, setting, names, shown)


def _compared(sent: visit.Sent, setting: Setting, names: list[str], shown: BeforeAndAfter) -> None:
    standard = STANDARD if setting.model == ROBUST else setting.model
    pair = [name for name in (standard, ROBUST) if name in names]
    all_done = (
        judged.by_network(sent, setting, shown) if name == setting.model
        else judged.by_model(sent, setting, name)
        for name in pair
    )  # fmt: skip
    text_table.show(
        ("model", "original", "changed", "answer", "other class likelier from FGSM's"),
        [_row(sent, setting, done) for done in all_done if done is not None],
        "Both models' answers to the picture and the changed one.",
    )
    st.caption(
        f"Chance of malignant before and after {setting.title}, strength {setting.strength}. An "
        "attack takes each model's own gradient: a picture made against one need not fool another."
    )
    st.markdown("\n".join(["What robustness costs, on clean pictures of the official test:", ""]
                          + [cost(name) for name in pair]))  # fmt: skip


def cost(name: str) -> str:
    """A model's clean accuracy with its interval, from its card."""
    test = checkpoints.card(name).evaluations.get(OFFICIAL)
    figure = f"{percent(test.figures.accuracy)}, n {test.figures.n}" if test else "not measured"
    return f"- {loaded_models.title(name)}: accuracy {figure}"


def _row(sent: visit.Sent, setting: Setting, done: Done) -> tuple[str, ...]:
    before, after = (LOOKS[one] for one in done.answers)
    answer = after if after == before else f"{before} → {after}"
    edge = "–"
    if not setting.shift:
        drawn = session.curves(done.model, sent, setting.seed)
        if drawn:
            edge = "none up to 8/255" if drawn.flip is None else f"{255 * drawn.flip:.2f}/255"
    looks = done.subject.clean, done.step.look
    chances = (estimates.chance(look.probability) for look in looks)
    return loaded_models.title(done.model.card.name), *chances, answer, edge
