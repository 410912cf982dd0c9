from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import streamlit as st

from pages.components import server_wide, work_queue


def test_a_thing_is_made_once_though_many_ask_at_once() -> None:
    made = []

    @server_wide.server_wide
    def slow() -> object:
        time.sleep(0.02)
        made.append(threading.get_ident())
        return object()

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: slow(), range(16)))
    assert len(found) == len(made) == 1


def test_what_a_visitor_may_clear_leaves_the_queue_in_place() -> None:
    row = work_queue.shared_queue()
    with row.turn(lambda _: None):
        st.cache_resource.clear()
        st.cache_data.clear()
        assert work_queue.shared_queue() is row
        assert work_queue.shared_queue().inside == 1


def test_forgotten_it_is_made_anew() -> None:
    before = work_queue.shared_queue()
    server_wide.forget()
    assert work_queue.shared_queue() is not before
