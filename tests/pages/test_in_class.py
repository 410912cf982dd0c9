from __future__ import annotations

import io
import re
import shutil
from pathlib import Path

import pytest
from pypdf import PdfReader
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import SelectSlider, Slider

from core import checkpoints, classifier
from core.images import open_image
from core.pictures.drawn_lesion import draw_lesion, framed
from core.pictures.lesson_examples import read_lesson_examples
from core.probes import attack_path, changed_picture, toward_class
from core.reports import icon_array
from core.results import robustness
from core.results.test_sets import OFFICIAL
from core.statistics import estimates
from core.statistics.estimates import Rate, percent
from pages.components import server_wide
from pages.lesson import handout
from pages.lesson.steps import STEPS
from tests.pages.conftest import ROOT, words


def opened(address: str) -> AppTest:
    """The lesson at an address, in a new visit."""
    app = AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=120).run()
    app.query_params["step"] = address
    return app.switch_page("pages/in_class.py").run()


@pytest.fixture
def shipped() -> None:
    """The shipped networks: their figures are what the lesson is about."""
    server_wide.forget()


def tell(page: AppTest) -> AppTest:
    """Press the button that tells the number."""
    return next(button for button in page.button if "Tell" in button.label).click().run()


def bars(page: AppTest) -> str:
    """What the bars say to whoever can't see them."""
    found = [html.value for html in page.get("html") if "aria-label" in html.value]
    return " ".join(re.findall('aria-label="([^"]*)"', " ".join(found)))


def knob(page: AppTest, label: str) -> Slider | SelectSlider:
    """The slider of that label."""
    return next(s for s in [*page.slider, *page.select_slider] if label in s.label)


def test_each_step_has_one_address_one_knob_one_guess_and_one_question(shipped: None) -> None:
    for step in STEPS:
        page = opened(step.address)
        assert not page.exception, step.address
        assert step.title in page.title[0].value
        assert step.question in words(page)
        assert len(page.slider) + len(page.select_slider) == 2, step.address
        assert len(page.get("image")) + len(page.get("imgs")) >= 1, step.address
        assert not page.info, step.address
        before = words(page)
        page.toggle(key=f"answer_{step.address}").set_value(True).run()
        assert not page.exception
        assert not page.info, step.address
        assert len(words(page)) > len(before) + 100  # the answer was not there before


def test_the_number_is_hidden_until_it_is_told_and_then_both_marks_stay(shipped: None) -> None:
    page = opened("answer")
    guess = knob(page, "How likely")
    guess.set_value(30).run()
    assert "your guess: 30\N{NO-BREAK SPACE}%" in bars(page)
    assert "ResNet18 says" not in bars(page) + words(page)
    assert "Malignant: melanoma" not in words(page)
    tell(page)
    assert not page.exception
    assert "your guess: 30\N{NO-BREAK SPACE}%" in bars(page)
    assert "ResNet18 says: over 99\N{NO-BREAK SPACE}% malignant" in bars(page)
    assert "Malignant: melanoma" in words(page)
    assert knob(page, "How likely").disabled
    knob(page, "Picture").set_value(2).run()  # the next picture is guessed anew
    assert "ResNet18 says" not in bars(page)
    assert not knob(page, "How likely").disabled


@pytest.mark.parametrize("address", ["answer", "attack", "noise", "collection", "skin"])
def test_what_a_picture_is_comes_with_the_number_and_not_before(
    shipped: None, address: str
) -> None:
    page = opened(address)
    shown = read_lesson_examples(address)
    assert not any(one.why in words(page) or one.example.truth in words(page) for one in shown)
    tell(page)
    assert not page.exception
    assert any(one.why in words(page) and one.example.truth in words(page) for one in shown)


@pytest.mark.parametrize("address", ["answer", "accuracy", "leak", "collection", "skin", "deploy"])
def test_a_step_waits_for_no_network_before_its_number_is_told(
    shipped: None, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    asked: list[str] = []
    own = classifier.load_for_serving
    monkeypatch.setattr(
        classifier, "load_for_serving", lambda name: (asked.append(name), own(name))[1]
    )
    page = opened(address)
    assert not page.exception
    assert asked == []
    tell(page)
    assert not page.exception
    assert len(bars(page).split("; ")) == 3  # what it is, the guess, and what was told
    assert asked == (["resnet18"] if address in ("answer", "collection", "skin") else [])


def test_a_network_that_is_damaged_is_told_with_the_number(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "checkpoints"
    shutil.copytree(models, folder)
    weights = folder / "resnet18" / checkpoints.WEIGHTS
    weights.write_bytes(weights.read_bytes()[:-1])
    monkeypatch.setattr(checkpoints, "FOLDER", folder)
    server_wide.forget()
    page = opened("answer")
    assert not page.error
    tell(page)
    assert not page.exception
    assert "SHA-256 differs" in page.error[0].value


@pytest.mark.parametrize("address", ["answer", "skin", "collection", "attack"])
def test_the_lesson_s_pictures_are_told_as_its_file_says(shipped: None, address: str) -> None:
    model = classifier.load("resnet18")
    for chosen in read_lesson_examples(address):
        if chosen.example.label:
            picture = open_image(chosen.example.data)
            answer = model.answer(float(model.probabilities([picture])[0]))
            told = "right" if answer == chosen.example.label else "wrong"
            assert told == chosen.told, chosen.example.file


def test_the_first_step_shows_right_and_wrong_of_both_kinds_and_skin_light_and_dark() -> None:
    first = read_lesson_examples("answer")
    seen = {(chosen.example.label, chosen.told) for chosen in first if chosen.told}
    assert seen == {(label, told) for label in ("benign", "malignant") for told in
                    ("right", "wrong")}  # fmt: skip
    types = [chosen.example.fitzpatrick for chosen in read_lesson_examples("skin")]
    assert types == sorted(types)
    assert {types[0], types[-1]} == {"2", "6"}


def test_figures_of_an_answer_are_those_of_the_card(shipped: None) -> None:
    page = opened("leak")
    page.toggle(key="answer_leak").set_value(True).run()
    figures = checkpoints.card("resnet18").evaluations[OFFICIAL].figures
    tables = [html.value for html in page.get("html") if "rate-table" in html.value]
    assert any(percent(figures.accuracy) in table for table in tables)
    assert "131 of 660" in words(page).replace("**", "")  # published: README's and the data's count


def test_what_a_ruler_costs_is_the_table_s(shipped: None) -> None:
    page = opened("collection")
    page.toggle(key="answer_collection").set_value(True).run()
    table = robustness.read_robustness("resnet18", checkpoints.FOLDER)
    assert table is not None
    row = table[(table["perturbation"] == "ruler") & (table["strength"] == 1)].iloc[0]
    ruled = Rate(row["accuracy"], row["accuracy_low"], row["accuracy_high"])
    assert f"**{percent(ruled)}**" in words(page)
    assert "right for 45.5\N{NO-BREAK SPACE}%" in words(page)  # 300 of 660


def test_the_frame_on_the_page_is_the_frame_that_is_judged(shipped: None) -> None:
    page = tell(opened("collection"))
    knob(page, "Black frame").set_value(40).run()
    model = classifier.load("resnet18")
    picture = open_image(read_lesson_examples("collection")[0].example.data)
    chance = estimates.chance(model.probabilities([framed(picture, 0.4)])[0])
    assert f"says: {chance} malignant" in bars(page)


@pytest.mark.parametrize(("address", "change"), [("attack", "fgsm"), ("noise", "sign noise")])
def test_a_moved_picture_is_judged_as_it_was_moved_and_not_as_rounded(
    models: Path, address: str, change: str
) -> None:
    page = tell(opened(address))
    knob(page, "Grey levels").set_value(0.25).run()
    assert not page.exception
    model = classifier.load("resnet18")
    picture = open_image(read_lesson_examples(address)[0].example.data)
    subject = attack_path.prepare(model, model.network_input(picture))
    moved = changed_picture.changed(subject, change, 0.25 / 255, seed=0)
    chance = estimates.chance(model.look(moved[None])[0].probability)
    assert f"says: {chance} malignant" in bars(page)


def test_people_are_alarmed_only_once_the_class_has_guessed(shipped: None) -> None:
    page = opened("accuracy")
    assert "alarmed" not in words(page)
    figures = checkpoints.card("resnet18").evaluations[OFFICIAL].figures
    assert figures.sensitivity is not None
    assert figures.specificity is not None
    rates = (figures.sensitivity.value, figures.specificity.value)
    found, _, alarmed, _ = icon_array.screened(10, *rates)
    tell(page)
    assert f"**{alarmed.count}** benign, but alarmed" in words(page)
    share = found.count / (found.count + alarmed.count)
    assert f"{100 * share:.0f}\N{NO-BREAK SPACE}% of the alarms are right" in bars(page)


def test_both_networks_are_asked_with_the_same_budget_once_for_all_visitors(
    shipped: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    own = toward_class.walk

    def counted(model: classifier.Classifier, *rest: object) -> object:
        asked.append(model.card.name)
        return own(model, *rest)

    monkeypatch.setattr(toward_class, "walk", counted)
    page = tell(opened("change"))
    assert "standard network: over 99\N{NO-BREAK SPACE}% malignant" in bars(page)
    assert asked == ["resnet18_robust", "resnet18"]
    opened("change")  # another visit
    assert len(asked) == 2


def test_the_sheets_are_offered_and_hold_every_step(shipped: None) -> None:
    page = opened("leak")
    names = [button.proto.label for button in page.get("download_button")]
    assert names == ["Sheet for students (PDF)", "Sheet for the teacher (PDF)"]
    paper = _text(handout.students("resnet18")), _text(handout.teacher("resnet18"))
    for step in STEPS:
        for text in paper:
            assert step.title in text
            assert " ".join(step.question.split()) in text
    official = checkpoints.card("resnet18").evaluations[OFFICIAL].figures
    figure = percent(official.accuracy).replace("\N{NO-BREAK SPACE}", " ")
    assert figure not in paper[0]  # the answers are the teacher's
    assert figure in paper[1]


def _text(pdf: bytes) -> str:
    pages = PdfReader(io.BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def test_next_leads_through_all_steps(models: Path) -> None:
    page = AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=60).run()
    page.switch_page("pages/in_class.py").run()
    seen = [page.title[0].value]
    while further := [button for button in page.button if button.label.startswith("Next")]:
        further[0].click().run()
        assert not page.exception
        seen.append(page.title[0].value)
    assert [title.split(": ")[1] for title in seen] == [step.title for step in STEPS]


def test_an_unknown_address_is_the_first_step(models: Path) -> None:
    page = opened("<script>")
    assert not page.exception
    assert STEPS[0].title in page.title[0].value


def test_without_any_model_the_page_says_how_to_make_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "FOLDER", tmp_path)
    page = AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=60).run()
    page.switch_page("pages/in_class.py").run()
    assert not page.exception
    assert "python -m training.train" in page.error[0].value


def test_a_thousand_people_are_a_thousand_and_hand_worked() -> None:
    # 10 ill, nine in ten found; 990 well, one in ten alarmed
    counts = [group.count for group in icon_array.screened(10, 0.9, 0.9)]
    assert counts == [9, 1, 99, 891]
    assert icon_array.draw(icon_array.screened(10, 0.9, 0.9)).size == (720, 450)


def test_a_frame_of_no_width_changes_nothing_and_a_wide_one_spares_the_middle() -> None:
    picture = draw_lesion(120, 90)
    assert framed(picture, 0.0).tobytes() == picture.tobytes()
    wide = framed(picture, 0.5)
    assert wide.getpixel((0, 0)) == (6, 6, 6)
    assert wide.getpixel((60, 45)) == picture.getpixel((60, 45))
