"""What 'looks benign' is worth is the same figure in README, on the card and on 'Check a photo'."""

from __future__ import annotations

import dataclasses

import pytest
from streamlit.testing.v1 import AppTest

from core import checkpoints
from core.assessment import limits_in_words
from core.labels import PHOTO, SKIN_KINDS
from core.results.card import Card
from core.results.collections import PAD_UFES
from core.results.limits import AnswerCheck
from core.results.limits_tables import IN_PRACTICE
from core.statistics.estimates import Rate, Share, percent
from training import readme
from training.assessment import held_out, limits_fit, served
from training.scoring.predictions import read_predictions

LIMITED = [name for name in checkpoints.available() if checkpoints.card(name).limits]


def _card_page() -> None:
    from core import checkpoints
    from pages.cards.limits import show

    limits = checkpoints.card("general").limits
    assert limits is not None
    show(limits)


def _on_card() -> dict[str, tuple[str, str]]:
    """By title, both figures of the table that About shows of ``general``."""
    shown = AppTest.from_function(_card_page).run()
    assert not shown.exception
    return {
        row["pictures"]: (row["of those that 'look benign'"], row[IN_PRACTICE])
        for _, row in shown.dataframe[1].value.iterrows()
    }


def _in_readme(text: str) -> dict[str, dict[str, str]]:
    """By title, what each model's column of README's second table says."""
    start = "| malignant of 'looks benign' |"
    table = start + text.partition(start)[2].partition("\n\n")[0].partition("<!--")[0]
    head, _, *rows = [
        [cell.strip(" `") for cell in line.strip("|").split(" | ")] for line in table.splitlines()
    ]
    return {row[0]: dict(zip(head, row, strict=True)) for row in rows}


def _said(card: Card) -> str:
    found = [limits_in_words.among_benign_by_collection(kind, card) for kind in SKIN_KINDS]
    return " ".join(one for one in found if one)


def _hundred(rate: Rate | Share) -> str:
    return f"{100 * rate.value:.1f} ({100 * rate.low:.1f} to {100 * rate.high:.1f})"


@pytest.mark.parametrize("name", LIMITED)
def test_readme_card_and_page_tell_the_cards_figures_of_each_collection(name: str) -> None:
    card = checkpoints.card(name)
    assert card.limits is not None
    table = _in_readme(readme.README.read_text(encoding="utf-8"))
    on_card = _on_card() if name == "general" else None
    said = _said(card)
    assert len(card.limits.answer_checks) > 1
    for check in card.limits.answer_checks.values():
        stated, rare = check.malignant_among_benign, check.malignant_among_benign_in_practice
        assert stated is not None
        assert rare is not None
        assert table[check.title][name] == percent(stated)
        assert f"{_hundred(stated)}" in said
        assert f"and {_hundred(rare)}" in said
        if on_card is not None:
            assert on_card[check.title] == (percent(stated), percent(rare))


def test_other_figures_are_told_in_all_three_places(monkeypatch: pytest.MonkeyPatch) -> None:
    card = checkpoints.card("general")
    assert card.limits is not None
    now = card.limits.answer_checks[PAD_UFES]
    assert now.malignant_among_benign is not None
    kept = now.malignant_among_benign.value <= card.limits.answers_for(PHOTO).promised
    worst = 0.005 if not kept else 0.305
    other = dataclasses.replace(
        now, malignant_among_benign=Share(worst, 0.001, 0.405, 50),
        given=now.given | {"benign": {"benign": Share(0.5, 0.4, 0.6, 200),
                                      "malignant": Share(0.5, 0.4, 0.6, 100)}},
    )  # fmt: skip
    checks = {**card.limits.answer_checks, PAD_UFES: other}
    changed = dataclasses.replace(
        card, limits=dataclasses.replace(card.limits, answer_checks=checks)
    )
    told = limits_in_words.promise(PHOTO, changed) or ""
    assert ("not kept" in told) == kept
    assert ("not kept" in (limits_in_words.promise(PHOTO, card) or "")) != kept
    by_collection = limits_in_words.among_benign_by_collection(PHOTO, changed) or ""
    mark = "**" if kept else ""
    # as likely of either class: as many of those that look benign are malignant as of all
    assert f"PAD-UFES-20 {mark}{100 * worst:.1f} (0.1 to 40.5){mark} and 1.0 (" in by_collection
    whole = checkpoints.card
    monkeypatch.setattr(
        checkpoints, "card",
        lambda name, *folder: changed if name == "general" else whole(name, *folder),
    )  # fmt: skip
    assert _in_readme(readme.headline())[other.title]["general"] == percent(
        other.malignant_among_benign
    )
    stated, rare = _on_card()[other.title]
    assert stated.startswith(f"{100 * worst:.1f}")
    assert rare.startswith("1.0")


@pytest.mark.parametrize("name", LIMITED)
def test_a_cards_answers_follow_from_the_predictions_and_contents_beside_it(name: str) -> None:
    card, folder = checkpoints.card(name), checkpoints.FOLDER / name
    assert card.limits is not None
    contents = served.read_contents(folder, card)
    table = held_out.unseen(card, read_predictions(folder, "validation"))
    kept = {key: dict(rows.to_numpy()) for key, rows in contents.items()}
    table["content"] = [
        kept[collection][file]
        for collection, file in zip(table["collection"], table["file"], strict=True)
    ]
    cuts = {kind: limits_fit.answers(table, kind) for kind in SKIN_KINDS
            if kind in card.limits.kinds_judged}  # fmt: skip
    tests = {key: read_predictions(folder, key)
             for key in held_out.TESTS if key in card.evaluations}  # fmt: skip
    found = held_out.answer_checks(card, table, cuts, contents, tests)
    assert found.keys() == card.limits.answer_checks.keys()
    for key, check in card.limits.answer_checks.items():
        _agree(found[key], check)


def _agree(found: AnswerCheck, check: AnswerCheck) -> None:
    assert check.stopped is not None, "run python -m training.limits"
    assert found.stopped is not None
    for mine, its in ((found.stopped, check.stopped), (found.uncertain, check.uncertain)):
        assert (mine.n, mine.value) == (its.n, pytest.approx(its.value, abs=0.002))
    for answer, by_class in check.given.items():
        for label, share in by_class.items():
            assert found.given[answer][label].value == pytest.approx(share.value, abs=0.002)
    if check.malignant_among_benign is not None:
        assert found.malignant_among_benign is not None
        assert found.malignant_among_benign.value == pytest.approx(
            check.malignant_among_benign.value, abs=0.002
        )
