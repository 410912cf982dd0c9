"""What 'Stress test' says of a whole test set, by made-up sweeps of networks of random weights."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from core import checkpoints
from core.pictures.corruptions import SHIFTS
from core.results import robustness
from core.results.card import CARD, read_card, write_card
from core.results.of_weights import COLUMN
from core.results.test_sets import OFFICIAL
from core.statistics.estimates import Rate, percent
from pages.components import server_wide
from pages.stress import setting, standard_and_robust, test_set
from pages.stress.standard_and_robust import ROBUST
from tests.pages.conftest import words
from tests.pages.stress.visits import address, chart_titles, opened

SWEEP = (
    ("none", 0.0, 0.905), ("fgsm", 0.003, 0.295), ("fgsm", 2 / 255, 0.15),
    ("fgsm normalised", 0.003, 0.71), ("gaussian", 0.003, 0.905), ("gaussian", 0.1, 0.74),
    ("sign noise", 0.003, 0.9), ("jpeg", 0.5, 0.88),
)  # fmt: skip


SAMPLED = (
    ("none", 0.0, 0.9), ("none", 0.0, 0.88, 100), ("fgsm", 1 / 255, 0.3),
    ("sign noise", 1 / 255, 0.8, 100), ("pgd", 1 / 255, 0.2, 100), ("pgd", 2 / 255, 0.1, 100),
)  # fmt: skip


def sweep(folder: Path, rows: Sequence[tuple[Any, ...]] = SWEEP) -> None:
    """Rows of change, strength and accuracy, and of how many pictures where not of all 660."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / CARD).is_file():
        shutil.copy(folder.parents[2] / "resnet18" / CARD, folder / CARD)
    lines = [",".join([*robustness.COLUMNS, COLUMN])]
    sha256 = read_card(folder / CARD).weights.sha256
    for change, strength, accuracy, *n in rows:
        figures = (
            strength,
            *(n or [660]),
            accuracy,
            accuracy - 0.02,
            accuracy + 0.02,
            0.9,
            0.1,
            0.08,
            0.12,
        )
        lines.append(",".join([change, *map(str, figures), sha256]))
    (folder / robustness.FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture
def robust(tiny_checkpoints: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The two networks and a third, called robust, with a sweep for one of them."""
    folder = tmp_path / "checkpoints"
    shutil.copytree(tiny_checkpoints, folder)
    shutil.copytree(folder / "baseline_cnn", folder / ROBUST)
    path = folder / ROBUST / CARD
    card = read_card(path)
    official = dataclasses.replace(card.evaluations["official"], title="The official 660")
    write_card(
        dataclasses.replace(card, name=ROBUST, title="Robust", evaluations={OFFICIAL: official}),
        path,
    )
    sweep(folder / "resnet18")
    monkeypatch.setattr(checkpoints, "FOLDER", folder)
    server_wide.forget()
    yield folder
    server_wide.forget()


def test_standard_and_robust_stand_side_by_side_with_what_it_costs(robust: Path) -> None:
    page = opened()
    assert ROBUST not in words(page)  # a second network is only for whoever asks for it
    page.session_state[standard_and_robust.KEY] = True
    said = words(page.run())
    assert not page.exception
    assert f"| Robust ({ROBUST}) |" in said
    assert "not measured" in said  # the standard one's card here has no official test
    assert percent(checkpoints.card(ROBUST).evaluations["official_test"].figures.accuracy) in said


def test_the_headline_and_the_curves_are_the_file_s(robust: Path) -> None:
    page = opened(attack="jpeg")
    said = words(page)
    assert f"**{percent(Rate(0.295, 0.275, 0.315))}** if that is in pixel units" in said
    assert f"**{percent(Rate(0.71, 0.69, 0.73))}** if it is added after normalisation" in said
    assert "0.0007" in said  # 0.003 times the mean of 0.229, 0.224 and 0.225
    assert "understates the danger 4 times" in said
    assert "But neither reading gives it." in said  # the report's 74.1 % is above 73
    rows = next(f.value for f in page.dataframe if "flips, %" in f.value)
    assert rows["accuracy"].tolist() == [90.5, 29.5, 15.0]
    assert rows["strength"].tolist() == [0, 0.765, 2]


def test_where_pixel_units_fit_the_report_better_the_headline_says_that(robust: Path) -> None:
    rows = (("none", 0.0, 0.9), ("fgsm", 0.003, 0.75), ("fgsm normalised", 0.003, 0.88))
    sweep(robust / "resnet18", rows)
    said = words(opened(attack="jpeg"))
    assert "nearer to the first" in said
    assert "understates" not in said


def test_the_report_s_own_recipe_has_the_first_word(robust: Path) -> None:
    rows = (("none", 0.0, 0.88), ("fgsm", 0.003, 0.03), ("fgsm normalised", 0.003, 0.25))
    sweep(robust / "benchmark" / "report" / "resnet18", rows)
    said = words(opened(attack="jpeg"))
    assert f"**{percent(Rate(0.25, 0.23, 0.27))}** if it is added after normalisation" in said
    assert (
        f"falls from {percent(Rate(0.905, 0.885, 0.925))} to" in said
    )  # the shipped one, after it


def test_the_shift_that_costs_most_is_named_where_all_were_scored(robust: Path) -> None:
    rows = [("none", 0.0, 0.9), *((shift, 1.0, 0.8) for shift in SHIFTS)]
    partly = [row for row in rows if row[0] != "pen"]
    sweep(robust / "resnet18", [*partly, ("pen", 1.0, 0.4)])
    sweep(robust / ROBUST, partly)
    tables = test_set.read(["resnet18", ROBUST], robust)
    said = test_set.worst_shifts(tables)
    assert f"**{percent(Rate(0.4, 0.38, 0.42))}** (pen mark)" in said
    assert ROBUST not in said
    assert said in words(opened(attack="jpeg"))
    assert test_set.worst_shifts({}) == ""


def test_what_was_scored_on_a_sample_is_a_line_of_its_own_with_its_own_clean_point(
    robust: Path,
) -> None:
    sweep(robust / "resnet18", (("none", 0.0, 0.905), ("pgd", 1 / 255, 0.05)))
    sweep(robust / ROBUST, SAMPLED)
    page = opened(attack="jpeg", over="pgd")
    rows = next(f.value for f in page.dataframe if "flips, %" in f.value)
    points = list(zip(rows["model"], rows["accuracy"], rows["n"], strict=True))
    assert points == [
        ("resnet18", 90.5, 660), ("resnet18", 5.0, 660),
        *((f"{ROBUST}, 100 pictures", accuracy, 100) for accuracy in (88.0, 20.0, 10.0)),
    ]  # fmt: skip
    assert "other lines are of other pictures" in words(page)
    assert f"{ROBUST}, 100 pictures from 88 to 10" in chart_titles(page).replace("\xa0", " ")
    page.selectbox(key=setting.OVER_KEY).set_value("fgsm").run()
    rows = next(f.value for f in page.dataframe if "flips, %" in f.value)
    assert set(rows["model"]) == {ROBUST}  # the other was not scored under it
    assert "other lines are of other pictures" not in words(page)


def test_accuracies_are_compared_on_the_same_pictures_alone(robust: Path) -> None:
    sweep(robust / ROBUST, SAMPLED)
    table = test_set.read([ROBUST], robust)[ROBUST]
    whole = robustness.on_the_same(table, ("none", 0.0), ("fgsm", 1 / 255))
    some = robustness.on_the_same(table, ("none", 0.0), ("pgd", 2 / 255))
    assert whole is not None
    assert some is not None
    assert (whole.n, whole.told) == (660, "")
    assert [rate.value for rate in whole.accuracies] == [0.9, 0.3]
    assert (some.n, some.told) == (100, " (on 100 of its pictures)")
    assert [rate.value for rate in some.accuracies] == [0.88, 0.1]
    assert robustness.on_the_same(table, ("fgsm", 1 / 255), ("pgd", 1 / 255)) is None
    assert robustness.on_the_same(table, ("none", 0.0), ("jpeg", 1.0)) is None


def test_the_worst_shift_of_a_sample_is_told_with_its_pictures(robust: Path) -> None:
    rows = [("none", 0.0, 0.9), ("none", 0.0, 0.88, 100),
            *((shift, 1.0, 0.8, 100) for shift in SHIFTS if shift != "pen"),
            ("pen", 1.0, 0.4, 100)]  # fmt: skip
    sweep(robust / "resnet18", rows)
    said = test_set.worst_shifts(test_set.read(["resnet18"], robust))
    assert f"from {percent(Rate(0.88, 0.86, 0.9))} to **{percent(Rate(0.4, 0.38, 0.42))}**" in said
    assert "(pen mark) (on 100 of its pictures)" in said


def test_every_change_of_the_sweep_can_be_drawn(robust: Path) -> None:
    page = opened(attack="jpeg")
    for change in ("sign noise", "gaussian", "fgsm normalised", "jpeg"):
        (box,) = (one for one in page.selectbox if one.label == "Change")
        box.set_value(change).run()
        assert not page.exception
        assert len(page.dataframe[0].value) >= 1


def test_the_change_over_the_test_set_is_in_the_address_and_opens_from_it(robust: Path) -> None:
    page = opened(attack="jpeg", over="gaussian")
    assert page.selectbox(key=setting.OVER_KEY).value == "gaussian"
    assert "Gaussian noise at its worst" in chart_titles(page)
    assert address(page)["over"] == "gaussian"
    page.selectbox(key=setting.OVER_KEY).set_value("fgsm").run()
    assert "over" not in address(page)
    odd = opened(attack="jpeg", over="<b>")
    assert not odd.exception
    assert odd.selectbox(key=setting.OVER_KEY).value == "fgsm"
    assert "over" not in address(odd.run())


def test_a_damaged_sweep_costs_itself_alone(robust: Path) -> None:
    (robust / "resnet18" / robustness.FILE).write_text("perturbation\nfgsm\n", encoding="utf-8")
    page = opened(attack="jpeg")
    assert any("robustness.csv lacks" in warning.value for warning in page.warning)
    assert str(robust) not in words(page)
    assert "python -m training.robustness" in words(page)
