"""Messages of one connection, handed on as slowly as runs may begin."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg

from pages.server.messages import (
    BURST,
    MOST_BYTES,
    MOST_FILES,
    MOST_WAITING,
    PER_SECOND,
    PacedMessages,
)
from tests.support.own_thread import run_coroutine


def run(page: str = "", value: int | None = None, press: bool = False, fragment: str = "") -> bytes:
    """A request to run a page, with a widget's value or a button's press."""
    message = BackMsg()
    message.rerun_script.page_script_hash = page
    message.rerun_script.fragment_id = fragment
    if value is not None:
        message.rerun_script.widget_states.widgets.add(id="slider", int_value=value)
    if press:
        message.rerun_script.widget_states.widgets.add(id="button", trigger_value=True)
    return message.SerializeToString()


def handed_on(
    sent: list[bytes], seconds: float = 0.3, leave_after: float | None = None
) -> list[Any]:
    """What the app hears within some time, of what is sent at once."""
    heard: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            heard.append(message)
            if message["type"] == "websocket.disconnect":
                return

    async def talk() -> None:
        waiting = [{"type": "websocket.connect"}]
        waiting += [{"type": "websocket.receive", "bytes": data} for data in sent]
        start = time.monotonic()

        async def receive() -> Any:
            await asyncio.sleep(0)
            if waiting:
                return waiting.pop(0)
            if leave_after is not None:
                await asyncio.sleep(max(0, leave_after - (time.monotonic() - start)))
                return {"type": "websocket.disconnect", "code": 1001}
            await asyncio.sleep(60)
            raise AssertionError

        task = asyncio.create_task(PacedMessages(app)({"type": "websocket"}, receive, None))
        await asyncio.wait([task], timeout=seconds)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    run_coroutine(talk())
    return heard


def data(heard: list[Any]) -> list[bytes]:
    return [message["bytes"] for message in heard if message["type"] == "websocket.receive"]


def test_a_few_messages_come_at_once_and_in_order() -> None:
    sent = [run(value=number, press=True) for number in range(BURST)]
    assert data(handed_on(sent)) == sent


def test_more_runs_than_that_come_slowly() -> None:
    sent = [run(value=number, press=True) for number in range(BURST + 20)]
    heard = data(handed_on(sent, seconds=1.1))
    assert BURST + 3 <= len(heard) <= BURST + PER_SECOND + 2
    assert heard == sent[: len(heard)]


def test_of_runs_that_wait_only_the_last_that_says_the_same_is_made() -> None:
    pressed = [run(value=0, press=True) for _ in range(BURST)]  # the first are handed on at once
    dragged = [run(value=number) for number in range(30)]
    heard = data(handed_on([*pressed, *dragged], seconds=0.8))
    assert heard[:BURST] == pressed
    assert heard[BURST:] == [dragged[-1]]


def test_a_press_another_page_and_a_part_of_a_page_are_never_left_out() -> None:
    filled = [run(value=0, press=True) for _ in range(BURST)]
    sent = [run("one", 1, press=True), run("one", 2), run("two", 2), run("two", 3, fragment="f")]
    assert data(handed_on([*filled, *sent], seconds=1.6))[BURST:] == sent


def test_other_messages_are_not_slowed() -> None:
    beat = BackMsg(app_heartbeat=True).SerializeToString()
    assert data(handed_on([beat] * (MOST_WAITING - 1))) == [beat] * (MOST_WAITING - 1)


def test_what_only_developers_ask_is_not_heard() -> None:
    beat = BackMsg(app_heartbeat=True).SerializeToString()
    sent = [BackMsg(clear_cache=True), BackMsg(load_git_info=True), BackMsg(set_run_on_save=True)]
    assert data(handed_on([*(one.SerializeToString() for one in sent), beat])) == [beat]


def test_only_files_and_rows_are_asked_for_beside_runs_and_at_their_pace() -> None:
    def operation(**payload: Any) -> bytes:
        message = BackMsg()
        for name in payload:
            getattr(message.backend_operation_request, name).SetInParent()
        return message.SerializeToString()

    files = [operation(deferred_file=1) for _ in range(BURST + 10)]
    unheard = [operation(install_skills=1), operation(dismiss_skills_nudge=1), operation()]
    heard = data(handed_on([*unheard, operation(dataframe_chunk=1), *files], seconds=0.6))
    assert heard[0] == operation(dataframe_chunk=1)
    assert heard[1:] == files[: len(heard) - 1]
    assert BURST <= len(heard) <= BURST + 3


def test_places_are_asked_for_as_many_files_as_a_visit_may_have() -> None:
    def places(count: int) -> bytes:
        message = BackMsg()
        message.file_urls_request.file_names.extend(["a"] * count)
        return message.SerializeToString()

    assert data(handed_on([places(MOST_FILES + 1), places(MOST_FILES)])) == [places(MOST_FILES)]


def test_one_connection_too_many_is_refused_and_its_place_is_free_again() -> None:
    said: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while (await receive())["type"] != "websocket.disconnect":
            pass

    async def talk() -> None:
        paced = PacedMessages(app, most=1)
        leaving = asyncio.Event()

        async def stays() -> Any:
            await leaving.wait()
            return {"type": "websocket.disconnect", "code": 1001}

        async def comes() -> Any:
            return {"type": "websocket.connect"}

        async def leaves() -> Any:
            return {"type": "websocket.disconnect", "code": 1001}

        async def send(message: Any) -> None:
            said.append(message)

        first = asyncio.create_task(paced({"type": "websocket"}, stays, send))
        await asyncio.sleep(0)
        await paced({"type": "websocket"}, comes, send)
        assert said == [{"type": "websocket.close", "code": 1013}]
        leaving.set()
        await first
        await paced({"type": "websocket"}, leaves, send)
        assert len(said) == 1

    run_coroutine(talk())


def test_who_leaves_is_seen_at_once_and_nothing_more_is_run_for_him() -> None:
    sent = [run(value=number, press=True) for number in range(40)]
    start = time.monotonic()
    heard = handed_on(sent, seconds=10, leave_after=0.2)
    assert time.monotonic() - start < 2
    assert heard[-1]["type"] == "websocket.disconnect"
    assert len(data(heard)) <= BURST + 2


def test_a_flood_that_cannot_be_merged_is_cut_off() -> None:
    heard = handed_on([run(value=n, press=True) for n in range(BURST + MOST_WAITING + 30)], 10)
    assert heard[-1] == {"type": "websocket.disconnect", "code": 1008}
    large = run("x" * (MOST_BYTES // 4), press=True)
    heard = handed_on([large] * (BURST + 8), 10)
    assert heard[-1] == {"type": "websocket.disconnect", "code": 1008}


def test_what_is_no_message_is_left_to_streamlit() -> None:
    assert data(handed_on([b"\xff\xff\xff"])) == [b"\xff\xff\xff"]
