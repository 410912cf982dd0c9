"""What a host reads: the lock file, the container file and the server's settings."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from core.pictures import archive

ROOT = Path(__file__).resolve().parents[1]


def _pins(name: str) -> dict[str, str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^([A-Za-z0-9_.-]+)==([^\s;\\]+)", text, flags=re.MULTILINE))


def test_the_lock_has_every_requirement_in_its_version() -> None:
    wanted, locked = _pins("requirements.txt"), _pins("requirements.lock")
    assert wanted
    assert {name: locked.get(name) for name in wanted} == wanted, "run make lock"


def test_every_package_of_the_lock_has_a_hash_and_no_address() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    blocks = re.split(r"^(?=[A-Za-z])", text, flags=re.MULTILINE)[1:]
    assert len(blocks) == len(re.findall(r"^\S+==", text, flags=re.MULTILINE))
    assert all(re.search(r"--hash=sha256:[0-9a-f]{64}", block) for block in blocks)
    assert "://" not in text


def test_nothing_is_read_before_requirements_txt() -> None:
    # Streamlit Community Cloud takes the first of these that it finds.
    for name in ("uv.lock", "Pipfile", "environment.yml"):
        assert not (ROOT / name).exists()


def test_the_server_accepts_what_core_accepts_and_keeps_its_guards() -> None:
    server = tomllib.loads((ROOT / ".streamlit/config.toml").read_text(encoding="utf-8"))["server"]
    assert server["maxUploadSize"] * 2**20 == archive.MAX_BYTES
    assert server["enableXsrfProtection"] is True
    assert server["enableCORS"] is True
