"""The quick ones of the attacks, against a server held to its memory: the others go on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attacks import crafted, fills, floods
from tests.support.container import Contained, contained, possible


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Contained]:
    if not possible():
        pytest.skip("needs Linux, root and a memory control group of the first kind")
    with contained(tmp_path_factory.mktemp("attacked")) as found:
        yield found
        assert found.killed == 0


def test_a_flood_of_reruns_holds_nobody_up(running: Contained) -> None:
    found = floods.reruns(running, (100, 400))
    assert found["health after 100, s"] < 5
    assert found["health after 400, s"] < 5
    assert found["page after 400, s"] < 20


def test_one_visitor_cannot_fill_the_server_with_files(running: Contained) -> None:
    found = fills.big_files(running, count=4)
    assert found["said"][0] == "taken"
    kept = f"This visit has {fills.BIG} MB"
    assert all("413" in said and kept in said for said in found["said"][1:])


def test_what_streamlit_shows_strangers_is_closed(running: Contained) -> None:
    assert set(floods.foreign(running).values()) == {404}


def test_beginnings_of_large_messages_do_not_fill_the_server(running: Contained) -> None:
    assert crafted.halves(running)["check, s"] < 60


def test_places_for_a_million_files_are_not_made(running: Contained) -> None:
    found = crafted.names(running)
    assert found["health, s"] < 5
    assert found["check, s"] < 60


def test_sheets_that_are_asked_for_all_the_time_leave_checks_their_turn(running: Contained) -> None:
    assert crafted.downloads(running)["check, s"] < 60
    assert running.most_memory < 600


def test_addresses_that_nobody_was_given_take_nothing(running: Contained) -> None:
    found = crafted.odd_places(running)
    assert "taken" not in found
    assert found["404"] >= 9
    assert found["check, s"] < 60
