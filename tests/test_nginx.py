"""docs/nginx.conf as Debian's nginx runs it, before two replicas of the app."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.pictures.drawn_lesion import draw_lesion
from tests.pages.conftest import as_file
from tests.pages.test_privacy import Watch
from tests.support.server import ROOT, free_port, serving
from tests.support.visitor import Visitor

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
# What stands round the file in Debian's own nginx.conf, and a log of who went where.
ROUND = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
{user}
events {{ worker_connections 768; }}
http {{
    log_format went '$cookie_replica $upstream_addr';
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


@dataclass(frozen=True)
class Proxy:
    """A running one, its folder, and where the replicas are."""

    url: str
    folder: Path
    replicas: tuple[str, ...]

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])

    def ask(
        self, verb: str, path: str, body: bytes = b"", **headers: str
    ) -> tuple[int, dict[str, str], str]:
        """Status, headers by lower-case name, and text of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            connection.request(verb, path, body, headers)
            answer = connection.getresponse()
            said = answer.read().decode(errors="replace")
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, said


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    if NGINX is None:
        pytest.skip("no nginx here; Debian's package nginx-light has it")
    folder = tmp_path_factory.mktemp("nginx")
    with contextlib.ExitStack() as held:
        urls = [held.enter_context(serving())[1] for _ in range(2)]
        replicas = tuple(url.removeprefix("http://") for url in urls)
        port = free_port()
        (folder / "site.conf").write_text(site(port, replicas, folder), encoding="utf-8")
        user = "user root;" if os.geteuid() == 0 else ""
        main = folder / "nginx.conf"
        main.write_text(ROUND.format(folder=folder, user=user), encoding="utf-8")
        command = [NGINX, "-p", str(folder), "-c", str(main)]
        nginx = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        held.callback(nginx.wait, 30)
        held.callback(nginx.terminate)
        end = time.monotonic() + 30
        while not listening(port):
            assert nginx.poll() is None, (folder / "error.log").read_text(encoding="utf-8")
            assert time.monotonic() < end
            time.sleep(0.1)
        yield Proxy(f"http://127.0.0.1:{port}", folder, replicas)


def listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def site(port: int, replicas: tuple[str, ...], folder: Path) -> str:
    """The file for this machine: another name and port, no certificate, a log to look into."""
    text = (ROOT / "docs/nginx.conf").read_text(encoding="utf-8")
    for shown, here in (
        ("listen 443 ssl", f"listen 127.0.0.1:{port}"),
        ("server_name lesion.example;", "server_name 127.0.0.1;"),
        ("; Secure", ""),
        ("127.0.0.1:8501", replicas[0]),
        ("127.0.0.1:8502", replicas[1]),
        ("access_log off;", f"access_log {folder}/went.log went;"),
    ):
        assert shown in text
        text = text.replace(shown, here)
    return re.sub(r"^\s*ssl_certificate.*$", "", text, flags=re.MULTILINE)


def test_visitors_are_served_through_it_each_by_one_replica(proxy: Proxy) -> None:
    photo = as_file(draw_lesion(320, 240).effect_spread(9).resize((1600, 1200)), "PNG")
    assert len(photo) > 2**20  # what nginx takes by default
    watch = Watch(proxy.folder) if sys.platform == "linux" else None
    for number in range(6):
        with Visitor(proxy.url) as visitor:
            visitor.open()
            if number < 2:
                visitor.upload(photo, "mole.png")
                visitor.anyway()
                assert min(visitor.picture().size) > 300
    if watch is not None:
        assert [path for path in watch.seen() if not path.endswith(".log")] == []
        watch.close()
    went: dict[str, set[str]] = {}
    for line in (proxy.folder / "went.log").read_text(encoding="utf-8").splitlines():
        cookie, replica = line.split()
        if cookie != "-":
            went.setdefault(cookie, set()).add(replica)
    assert len(went) == 6
    assert all(len(replicas) == 1 for replicas in went.values())


def test_both_replicas_get_visitors_and_a_made_up_cookie_does_no_harm(proxy: Proxy) -> None:
    for _ in range(40):
        assert proxy.ask("GET", "/_stcore/health")[0] == 200
    log = (proxy.folder / "went.log").read_text(encoding="utf-8")
    assert all(replica in log for replica in proxy.replicas)
    forged = "replica=../../etc; x=y"
    status, headers, _ = proxy.ask("GET", "/_stcore/health", Cookie=forged)
    assert status == 200
    assert "etc" not in headers["set-cookie"]


@pytest.mark.parametrize("path", ["/", "/about", "/_stcore/health"])
def test_every_answer_has_the_headers_that_guard_a_visitor(proxy: Proxy, path: str) -> None:
    status, headers, _ = proxy.ask("GET", path)
    assert status == 200
    assert headers["content-security-policy"] == "frame-ancestors 'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["strict-transport-security"] == "max-age=31536000"


def test_what_is_too_large_is_told_in_a_sentence(proxy: Proxy) -> None:
    size = {"Content-Length": str(102 * 2**20)}
    status, headers, said = proxy.ask("PUT", "/_stcore/upload_file/visit/file", b"x", **size)
    assert status == 413
    assert said == "This file is too large: a photo may have 10 MB, an archive 48 MB.\n"
    assert headers["content-type"] == "text/plain"
    assert headers["x-content-type-options"] == "nosniff"
    elsewhere = {"Content-Length": str(2**17)}
    assert proxy.ask("POST", "/_stcore/health", b"x", **elsewhere)[0] == 413


def test_how_many_visitors_there_are_is_not_told(proxy: Proxy) -> None:
    assert proxy.ask("GET", "/_stcore/metrics")[::2] == (404, "Not found\n")


def test_another_name_gets_no_answer(proxy: Proxy) -> None:
    with pytest.raises(http.client.RemoteDisconnected):
        proxy.ask("GET", "/", Host="evil.example")


def test_an_address_that_uploads_without_end_is_slowed(proxy: Proxy) -> None:
    answers = [proxy.ask("PUT", "/_stcore/upload_file/visit/file", b"x") for _ in range(90)]
    refused = [said for status, _, said in answers if status == 429]
    assert 5 < len(refused) < 90
    assert set(refused) == {"Too many requests from your address. Please try again in a minute.\n"}
    assert proxy.ask("GET", "/_stcore/health")[0] == 200  # pages are not slowed
