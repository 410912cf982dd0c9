from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from core import classifier
from pages.components import work_queue
from pages.components.work_queue import Queue, QueueFull
from tests.pages.conftest import upload, words


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end
        time.sleep(0.005)


def nobody(_: int) -> None:
    """Hears nothing."""


def test_never_more_at_work_than_places_and_all_are_served() -> None:
    row, served, most = Queue(2), [], []

    def visit(number: int) -> None:
        with row.turn(nobody):
            most.append(row.inside)
            time.sleep(0.002)
            served.append(number)

    threads = [threading.Thread(target=visit, args=(i,)) for i in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(served) == list(range(30))
    assert max(most) == 2
    assert (row.inside, row.waiting) == (0, 0)


def test_the_row_is_kept_and_each_hears_how_many_are_before() -> None:
    row, go, order = Queue(1), threading.Event(), []
    heard: dict[int, list[int]] = {i: [] for i in range(4)}

    def visit(number: int) -> None:
        with row.turn(heard[number].append):
            go.wait(20)
            order.append(number)

    threads = []
    for i in range(4):
        threads.append(threading.Thread(target=visit, args=(i,)))
        threads[-1].start()
        until(lambda i=i: row.inside + row.waiting == i + 1 and (i == 0 or bool(heard[i])))
    assert [heard[i][0] for i in range(1, 4)] == [1, 2, 3]
    go.set()
    for thread in threads:
        thread.join(20)
    assert order == [0, 1, 2, 3]
    assert heard[0] == []
    assert all(told == sorted(told, reverse=True) for told in heard.values())


def test_who_leaves_the_row_or_fails_at_work_blocks_nobody() -> None:
    class Gone(BaseException):
        """As streamlit ends a script."""

    row = Queue(1)

    def leave(_: int) -> None:
        raise Gone

    with row.turn(nobody):
        with pytest.raises(Gone), row.turn(leave):
            pytest.fail("it was not its turn")
        assert row.waiting == 0
    with pytest.raises(Gone), row.turn(nobody):
        raise Gone
    with row.turn(leave):  # a free place is taken without a word
        assert row.inside == 1
    assert row.inside == 0


def test_long_work_lets_those_who_wait_go_first_between_its_batches() -> None:
    row, order, begun = Queue(1), [], threading.Event()

    def long() -> None:
        with row.turn(nobody) as held:
            for batch in range(3):
                order.append(f"batch {batch}")
                begun.set()
                if batch == 0:
                    until(lambda: row.waiting == 2)
                held.let_others()

    def short(number: int) -> None:
        with row.turn(nobody):
            order.append(f"short {number}")

    threads = [threading.Thread(target=long)]
    threads[0].start()
    begun.wait(20)
    for number in range(2):
        threads.append(threading.Thread(target=short, args=(number,)))
        threads[-1].start()
        until(lambda n=number: row.waiting == n + 1 or "short 0" in order)
    for thread in threads:
        thread.join(20)
    assert order == ["batch 0", "short 0", "short 1", "batch 1", "batch 2"]
    assert (row.inside, row.waiting) == (0, 0)


def test_long_work_that_ends_while_others_are_first_holds_no_place() -> None:
    class Gone(BaseException):
        """As streamlit ends a script."""

    row, told = Queue(1), []

    def leave(before: int) -> None:
        told.append(before)
        raise Gone

    def short() -> None:
        with row.turn(nobody):
            until(lambda: bool(told))

    other = threading.Thread(target=short)
    with pytest.raises(Gone), row.turn(leave) as held:  # noqa: PT012
        other.start()
        until(lambda: row.waiting == 1)
        held.let_others()
    other.join(20)
    assert (row.inside, row.waiting) == (0, 0)


def test_who_has_begun_is_not_sent_away_by_a_full_row() -> None:
    row = Queue(1, most_waiting=1)
    done = threading.Event()

    def short() -> None:
        with row.turn(nobody):
            done.set()

    other = threading.Thread(target=short)
    with row.turn(nobody) as held:
        other.start()
        until(lambda: row.waiting == 1)
        held.let_others()
        assert done.is_set()
    other.join(20)
    assert (row.inside, row.waiting) == (0, 0)


def test_a_row_that_is_too_long_is_not_made_longer() -> None:
    row = Queue(1, most_waiting=0)
    with row.turn(nobody), pytest.raises(QueueFull), row.turn(nobody):
        pytest.fail("there is no place")
    assert (row.inside, row.waiting) == (0, 0)


def test_a_waiting_visitor_reads_how_many_are_before_and_then_gets_the_answer(
    page: AppTest, lesion: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, said = Queue(1), []
    monkeypatch.setattr(work_queue, "shared_queue", lambda: row)
    told = work_queue.st.delta_generator.DeltaGenerator.info
    release = threading.Event()

    def listen(self: object, text: str, **options: object) -> object:
        said.append(text)
        release.set()
        return told(self, text, **options)

    monkeypatch.setattr(work_queue.st.delta_generator.DeltaGenerator, "info", listen)

    def occupy() -> None:
        with row.turn(nobody):
            release.wait(20)

    busy = threading.Thread(target=occupy)
    busy.start()
    until(lambda: row.inside == 1)
    upload(page, lesion)
    busy.join(20)
    assert said[0] == "Many visitors at once: 1 before you."
    assert not page.exception
    assert len(page.header) == 1
    assert "before you" not in words(page)  # the sentence goes when the turn comes


def test_a_full_row_is_told_and_the_next_try_succeeds(
    page: AppTest, lesion: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = Queue(1, most_waiting=0)
    monkeypatch.setattr(work_queue, "shared_queue", lambda: row)
    with row.turn(nobody):
        upload(page, lesion)
    assert not page.exception
    assert "try again in a minute" in page.warning[0].value
    assert not page.header
    page.run()
    assert len(page.header) == 1


def test_a_check_that_fails_gives_its_place_back(
    page: AppTest, lesion: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = Queue(1)
    monkeypatch.setattr(work_queue, "shared_queue", lambda: row)

    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    with monkeypatch.context() as broken:
        broken.setattr(classifier.Classifier, "explain", fail)
        upload(page, lesion)
        assert page.exception
    assert row.inside == 0
    page.run()
    assert len(page.header) == 1


def _long_page() -> None:
    import streamlit as st

    from pages.components import work_queue

    def work(between):
        for share in (0.25, 0.5, 1.0):
            st.session_state["asked"] = st.session_state.get("asked", 0) + 1
            between(share)
            if st.session_state.get("break off"):
                st.session_state["break off"] = False
                st.rerun()  # as a click on Stop ends the script
        return "the end"

    st.text(f"Result: {work_queue.in_batches('Counting', 'count', work)}")


def test_long_work_shows_its_end_and_leaves_nothing_else() -> None:
    page = AppTest.from_function(_long_page).run()
    assert not page.exception
    assert page.text[0].value == "Result: the end"
    assert not page.button
    assert page.session_state["asked"] == 3


def test_stopped_work_is_not_begun_again_until_it_is_asked_for() -> None:
    page = AppTest.from_function(_long_page)
    page.session_state["stopped count"] = True
    page.run()
    assert page.text[0].value == "Result: None"
    assert "asked" not in page.session_state
    (button,) = page.button
    assert button.label == "Go on: Counting"
    button.click().run()
    assert page.text[0].value == "Result: the end"


def test_a_visitor_who_left_ends_the_work_between_two_batches() -> None:
    page = AppTest.from_function(_long_page)
    page.session_state["break off"] = True
    page.run()
    assert not page.exception
    assert page.session_state["asked"] == 1 + 3  # ended after the first, and begun anew by the run
    assert work_queue.shared_queue().inside == 0
