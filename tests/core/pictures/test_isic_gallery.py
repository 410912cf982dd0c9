"""The gallery against a local stand-in of the ISIC Archive's API."""

from __future__ import annotations

import time

import pytest

from core.images import MAX_BYTES, open_image
from core.pictures import isic_gallery
from core.pictures.drawn_lesion import draw_lesion
from tests.support.isic_api import Answer, StandIn, a_picture

FIRST = isic_gallery.IDS[0]


def test_right_answers_give_every_picture_with_its_diagnosis_and_attribution(
    isic_api: StandIn,
) -> None:
    found = isic_gallery.fetch()
    assert [one.isic_id for one in found] == list(isic_gallery.IDS)
    assert found[0].diagnosis == "Benign: Nevus"
    assert found[0].attribution == "A clinic, naïvely"
    assert open_image(found[0].data).size == draw_lesion(320, 240).size
    assert isic_api.asked == [
        path for isic_id in isic_gallery.IDS
        for path in (f"/api/v2/images/{isic_id}/", f"/files/{isic_id}.jpg")
    ]  # fmt: skip


def test_a_picture_that_is_not_cc0_is_left_out_and_not_even_fetched(isic_api: StandIn) -> None:
    isic_api.told[FIRST]["copyright_license"] = "CC-BY-NC"
    assert [one.isic_id for one in isic_gallery.fetch()] == list(isic_gallery.IDS[1:])
    assert f"/files/{FIRST}.jpg" not in isic_api.asked


@pytest.mark.parametrize(
    "nonsense",
    [b"", b"{", b"null", b"[]", b'"text"', b"\xff\xfe\xfa", b"{}", b"[" * 60_000,
     b'{"isic_id": 3}', b'{"a": "' + b"x" * 70_000 + b'"}'],
)  # fmt: skip
def test_nonsense_instead_of_json_leaves_the_picture_out(
    isic_api: StandIn, nonsense: bytes
) -> None:
    isic_api.instead[f"/api/v2/images/{FIRST}/"] = Answer(nonsense, "application/json")
    assert [one.isic_id for one in isic_gallery.fetch()] == list(isic_gallery.IDS[1:])


@pytest.mark.parametrize(
    ("key", "value"),
    [("isic_id", "ISIC_9999999"), ("copyright_license", None), ("attribution", ["list"]),
     ("attribution", " "), ("files", {}), ("files", {"full": {"url": "file:///etc/passwd"}}),
     ("files", {"full": {"url": "http://[bad"}}), ("files", {"full": "x"}), ("metadata", {}),
     ("metadata", {"clinical": {"diagnosis_1": None}})],
)  # fmt: skip
def test_a_field_that_is_missing_or_odd_leaves_the_picture_out(
    isic_api: StandIn, key: str, value: object
) -> None:
    isic_api.told[FIRST][key] = value
    assert [one.isic_id for one in isic_gallery.fetch()] == list(isic_gallery.IDS[1:])


@pytest.mark.parametrize(
    "answer",
    [
        Answer(a_picture(), "text/html"),
        Answer(a_picture()[:2000], "image/jpeg"),
        Answer(b"<html>", "image/jpeg"),
        Answer(b"", "image/jpeg", status=404),
        Answer(b"", "image/jpeg", status=500),
        Answer(a_picture() + bytes(MAX_BYTES), "image/jpeg"),
    ],
    ids=["wrong type", "half", "not a picture", "missing", "failing", "huge"],
)
def test_a_file_that_is_no_sound_picture_leaves_it_out(isic_api: StandIn, answer: Answer) -> None:
    isic_api.instead[f"/files/{FIRST}.jpg"] = answer
    assert [one.isic_id for one in isic_gallery.fetch()] == list(isic_gallery.IDS[1:])


def test_a_file_that_tells_no_size_is_not_read_beyond_the_limit(isic_api: StandIn) -> None:
    isic_api.instead[f"/files/{FIRST}.jpg"] = Answer(
        bytes(8 * MAX_BYTES), "image/jpeg", tells_size=False
    )
    assert len(isic_gallery.fetch()) == len(isic_gallery.IDS) - 1
    assert isic_api.sent < 4 * MAX_BYTES  # what fits into the sockets' buffers included


def test_redirects_stay_on_the_archives_hosts(isic_api: StandIn) -> None:
    second = isic_gallery.IDS[1]
    elsewhere = isic_api.url.replace("127.0.0.1", "localhost")
    isic_api.instead[f"/files/{FIRST}.jpg"] = Answer(
        b"", "image/jpeg", status=302, to=f"{elsewhere}/files/other.jpg"
    )
    isic_api.instead[f"/files/{second}.jpg"] = Answer(
        b"", "image/jpeg", status=302, to=f"/files/{isic_gallery.IDS[2]}.jpg"
    )
    found = [one.isic_id for one in isic_gallery.fetch()]
    assert found == list(isic_gallery.IDS[1:])  # the one that stays at home is followed
    assert "/files/other.jpg" not in isic_api.asked


def test_a_file_on_another_host_is_not_asked_for(isic_api: StandIn) -> None:
    elsewhere = isic_api.url.replace("127.0.0.1", "localhost")
    isic_api.told[FIRST]["files"] = {"full": {"url": f"{elsewhere}/files/{FIRST}.jpg"}}
    assert [one.isic_id for one in isic_gallery.fetch()] == list(isic_gallery.IDS[1:])
    assert f"/files/{FIRST}.jpg" not in isic_api.asked


def test_a_silent_archive_costs_the_patience_and_no_more(
    isic_api: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(isic_gallery, "WAIT", 0.2)
    isic_api.silent = True
    start = time.monotonic()
    assert isic_gallery.fetch() == ()
    assert time.monotonic() - start < 20 * 0.2 * len(isic_gallery.IDS)


def test_what_comes_after_the_patience_has_ended_is_not_read_on(isic_api: StandIn) -> None:
    # the clock is looked at before each picture and after each part of an answer
    ticks = iter([0.0] * 8 + [isic_gallery.PATIENCE + 1] * 100)
    found = isic_gallery.fetch(lambda: next(ticks))
    assert 0 < len(found) < len(isic_gallery.IDS)
    assert len(isic_api.asked) <= 2 * len(found) + 2


def test_no_archive_at_all_is_no_gallery(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isic_gallery, "API", "http://127.0.0.1:9/api/v2")
    assert isic_gallery.fetch() == ()


def test_what_the_archive_says_is_made_one_short_line(isic_api: StandIn) -> None:
    isic_api.told[FIRST]["attribution"] = "a\nclinic\u202e \x00" + "x" * 5000
    said = isic_gallery.fetch()[0].attribution
    assert said.startswith("a clinic x")
    assert len(said) == 200
