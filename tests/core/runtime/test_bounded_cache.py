from __future__ import annotations

import threading
import weakref

import pytest

from core.runtime.bounded_cache import BoundedCache


class Thing:
    def __init__(self, name: str) -> None:
        self.name = name


class Maker:
    """Makes things, and counts how many are alive whenever it begins."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.alive: weakref.WeakSet[Thing] = weakref.WeakSet()
        self.most = 0

    def __call__(self, name: str) -> Thing:
        self.most = max(self.most, len(self.alive) + 1)
        self.made.append(name)
        thing = Thing(name)
        self.alive.add(thing)
        return thing


def test_a_thing_is_made_once_and_handed_to_all() -> None:
    maker = Maker()
    cache = BoundedCache(maker, 2)
    assert cache.get("a") is cache.get("a")
    assert cache.get("a").name == "a"
    assert maker.made == ["a"]


def test_what_nobody_asked_for_longest_goes() -> None:
    maker = Maker()
    cache = BoundedCache(maker, 2)
    for name in "abacba":
        assert cache.get(name).name == name
    #          a    b    (a kept)  c: b goes  b: a goes  a: c goes
    assert maker.made == ["a", "b", "c", "b", "a"]


def test_it_goes_before_another_is_made() -> None:
    maker = Maker()
    cache = BoundedCache(maker, 2)
    for name in "abcdeab":
        cache.get(name)
    assert maker.most == 2


def test_what_cannot_be_made_is_not_kept_and_the_next_can() -> None:
    def make(name: str) -> Thing:
        if name == "broken":
            raise ValueError(name)
        return Thing(name)

    cache = BoundedCache(make, 1)
    for _ in range(2):
        with pytest.raises(ValueError, match="broken"):
            cache.get("broken")
    assert cache.get("a").name == "a"


def test_many_threads_get_one_thing_and_others_do_not_wait_for_it() -> None:
    begun, go_on = threading.Event(), threading.Event()
    made = []

    def make(name: str) -> Thing:
        made.append(name)
        if name == "slow":
            begun.set()
            assert go_on.wait(30)
        return Thing(name)

    cache = BoundedCache(make, 2)
    quick = cache.get("quick")
    got: list[Thing] = []
    threads = [threading.Thread(target=lambda: got.append(cache.get("slow"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert begun.wait(30)
    assert cache.get("quick") is quick  # while the other is being made
    go_on.set()
    for thread in threads:
        thread.join(30)
    assert len(set(map(id, got))) == 1
    assert len(got) == 8
    assert made == ["quick", "slow"]


def test_what_is_there_is_known_without_making_it() -> None:
    maker = Maker()
    cache = BoundedCache(maker, 1)
    assert not cache.has("a")
    cache.get("a")
    assert cache.has("a")
    cache.get("b")
    assert not cache.has("a")
    assert maker.made == ["a", "b"]


def test_what_does_not_fit_beside_the_others_makes_them_go_first() -> None:
    sizes = {"small": 10.0, "middle": 40.0, "large": 100.0, "huge": 300.0}
    maker = Maker()
    cache = BoundedCache(maker, 2, room=110, size=sizes.__getitem__)

    def kept() -> set[str]:
        return {name for name in sizes if cache.has(name)}

    cache.get("small")
    cache.get("large")
    assert kept() == {"small", "large"}  # 110 of 110
    cache.get("middle")  # 140 beside the large one
    assert kept() == {"middle"}
    cache.get("small")
    assert kept() == {"middle", "small"}
    cache.get("huge")  # more than there is room for: alone
    assert kept() == {"huge"}
    assert maker.most == 2
