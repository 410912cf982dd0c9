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


def test_a_row_that_is_too_long_is_not_made_longer() -> None:
    row = Queue(1, most_waiting=0)
    with row.turn(nobody), pytest.raises(QueueFull), row.turn(nobody):
        pytest.fail("there is no place")
    assert (row.inside, row.waiting) == (0, 0)


def test_a_waiting_visitor_reads_how_many_are_before_and_then_gets_the_answer(
    page: AppTest, lesion: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, said = Queue(1), []
    monkeypatch.setattr(work_queue, "_shared", lambda: row)
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
    monkeypatch.setattr(work_queue, "_shared", lambda: row)
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
    monkeypatch.setattr(work_queue, "_shared", lambda: row)

    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    with monkeypatch.context() as broken:
        broken.setattr(classifier.Classifier, "explain", fail)
        upload(page, lesion)
        assert page.exception
    assert row.inside == 0
    page.run()
    assert len(page.header) == 1
