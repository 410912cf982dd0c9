"""What is on the 'Stress test': change, strength, model and seed, in widgets and in the address.

The address holds all four and never the photo, so that whoever opens it sees the same setting.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from core.pictures.corruptions import SHIFTS
from core.results.robustness import FGSM, GAUSSIAN, PGD, REPORTS, SIGN_NOISE
from core.results.stressed_example import EPSILON_PLACES, SIGMA_PLACES
from pages.components import layout, loaded_models

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

ATTACKS, WEATHER = "Attacks and noise", "What cameras and clinics do"
STANDARD = "resnet18"  # the network that the report attacked
FIRST = "jpeg"  # what a new visit sees: what every messenger does to a picture
MOST_SEED = 9999
# The change that is shown over the test set: in the address, where it is not the first of all.
OVER, OVER_KEY = "over", "stress_over"
CHANGES = {
    FGSM: "FGSM, the one-step attack",
    PGD: "PGD, three steps",
    SIGN_NOISE: "Noise of the attack's size",
    GAUSSIAN: "Gaussian noise",
}
_ABOUT = {
    FGSM: "Every value moves by epsilon, up or down as the gradient of the loss says (section 7.1 "
    "of the report).",
    PGD: "The same with new gradients at 1/255 and 4/255, starting at the picture itself, not at "
    "random: up to 1/255 it is FGSM. Twenty steps, as over the test set, would do more.",
    SIGN_NOISE: "Every value moves by epsilon, up or down by the toss of a coin: the attack's size "
    "without its direction.",
    GAUSSIAN: "What a sensor adds: normally distributed, with this standard deviation (section "
    "7.2 of the report).",
}
_PARTS = 20  # steps of a shift's slider


@dataclass(frozen=True)
class Setting:
    """``strength`` is the slider's label; ``value`` what it stands for."""

    change: str
    strength: str
    model: str
    seed: int

    @property
    def value(self) -> float:
        return strengths(self.change)[self.strength]

    @property
    def shift(self) -> bool:
        return self.change in SHIFTS

    @property
    def title(self) -> str:
        return SHIFTS[self.change].title if self.shift else CHANGES[self.change]


def strengths(change: str) -> dict[str, float]:
    """The places of a change's slider, by label: epsilon or sigma in [0, 1], or a shift's."""
    if change in SHIFTS:
        return {f"{i / _PARTS:.2f}": i / _PARTS for i in range(_PARTS + 1)}
    if change == GAUSSIAN:
        return {f"{sigma:g}": sigma for sigma in SIGMA_PLACES}
    return {
        f"{epsilon:g}" if epsilon in (0, REPORTS) else f"{255 * epsilon:g}/255": epsilon
        for epsilon in EPSILON_PLACES
    }


def usual(change: str) -> str:
    """Where a slider stands at first."""
    return "0.50" if change in SHIFTS else "0.03" if change == GAUSSIAN else f"{REPORTS:g}"


def from_address(asked: Mapping[str, str], names: list[str]) -> tuple[Setting, list[str]]:
    """The setting that an address asks for, and a note for each thing it can't have."""
    notes = []

    def take(key: str, allowed: list[str], default: str) -> str:
        if key in asked and asked[key] not in allowed:
            notes.append(f"The address asks for a {key} that is not there; this is {default}.")
        return asked[key] if asked.get(key) in allowed else default

    change = take("attack", [*CHANGES, *SHIFTS], FIRST)
    strength = take("strength", list(strengths(change)), usual(change))
    model = take("model", names, names[0])
    seed = take("seed", [str(seed) for seed in range(MOST_SEED + 1)], "0")
    return Setting(change, strength, model, int(seed)), notes


def choose(names: list[str], slider: DeltaGenerator) -> Setting:
    """Draw the widgets, as the address asks at first, and write their state into it.

    ``slider`` is where the strength is set: right under the picture that it changes.
    """
    view = st.segmented_control(
        "What happens to the picture", [WEATHER, ATTACKS], required=True, key="stress_view",
        label_visibility="collapsed",
    )  # fmt: skip
    kinds = list(CHANGES) if view == ATTACKS else list(SHIFTS)
    change = st.selectbox(
        "Attack or noise" if view == ATTACKS else "What happens", kinds, key=f"stress_{view}",
        format_func=lambda kind: CHANGES.get(kind) or SHIFTS[kind].title,
    )  # fmt: skip
    st.caption(_ABOUT[change] if change in CHANGES else f"{SHIFTS[change].what.capitalize()}.")
    model, seed = st.columns([3, 1])
    with model:
        name = _ask_model(names)
    drawn = seed.number_input("Seed", 0, MOST_SEED, key="stress_seed", help="What chance draws.")
    label = _slider(change, slider)
    setting = Setting(change, label, name, int(drawn))
    _keep_address(setting)
    return setting


def choose_model_alone(names: list[str]) -> None:
    """Draw the model's widget, for a picture that is stopped: another may judge it.

    The rest of the setting waits for a picture that is not.
    """
    kept = st.session_state
    change = kept[f"stress_{kept['stress_view']}"]
    strength = f"stress_strength_{change}"
    kept.setdefault(strength, usual(change))
    for key in ("stress_view", f"stress_{kept['stress_view']}", "stress_seed", strength):
        kept[key] = kept[key]  # else it would be forgotten with its widget
    name = _ask_model(names)
    _keep_address(Setting(change, kept[strength], name, int(kept["stress_seed"])))


def _ask_model(names: list[str]) -> str:
    name: str = st.selectbox("Model", names, key="stress_model", format_func=loaded_models.title)
    return name


def _keep_address(setting: Setting) -> None:
    kept = {
        "attack": setting.change, "strength": setting.strength, "model": setting.model,
        "seed": str(setting.seed),
    }  # fmt: skip
    over = st.session_state.get(OVER_KEY, FGSM)
    layout.keep_address("stress_test", kept if over == FGSM else kept | {OVER: over})


def _slider(change: str, place: DeltaGenerator) -> str:
    key = f"stress_strength_{change}"
    if key not in st.session_state:
        st.session_state[key] = usual(change)
    title = (
        "Strength, from nothing (0) to as bad as it gets (1)" if change in SHIFTS
        else f"Standard deviation, in pixel units (black 0, white 1); the report's is {REPORTS:g}"
        if change == GAUSSIAN
        else f"Epsilon, in pixel units (black 0, white 1); 1/255 is one grey level, {REPORTS:g} "
        "is the report's"
    )  # fmt: skip
    chosen: str = place.select_slider(title, list(strengths(change)), key=key)
    return chosen


def begin(names: list[str]) -> str:
    """The model's name; a new visit to the page starts as the address says, else with the first."""
    if "stress_model" not in st.session_state:
        _begin(names)
    name: str = st.session_state["stress_model"]
    return name


def _begin(names: list[str]) -> None:
    """A new visit to the page: its widgets start as the address says."""
    setting, notes = from_address(st.query_params.to_dict(), names)
    for note in notes:
        st.info(note, icon=":material/link_off:")
    if over := st.query_params.get(OVER):
        st.session_state[OVER_KEY] = over
    view = WEATHER if setting.shift else ATTACKS
    st.session_state.update(
        {
            "stress_view": view, f"stress_{view}": setting.change, "stress_model": setting.model,
            "stress_seed": setting.seed, f"stress_strength_{setting.change}": setting.strength,
        }
    )  # fmt: skip
