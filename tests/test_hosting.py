"""What a host reads: the lock file, the container file and the server's settings."""

from __future__ import annotations

import functools
import json
import re
import shutil
import subprocess
import sys
import threading
import tomllib
import zipfile
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from core.pictures import archive

ROOT = Path(__file__).resolve().parents[1]


def _pins(name: str) -> dict[str, str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^([A-Za-z0-9_.-]+)==([^\s;\\]+)", text, flags=re.MULTILINE))


def test_the_lock_has_every_requirement_in_its_version() -> None:
    wanted, locked = _pins("requirements.txt"), _pins("requirements.lock")
    assert wanted
    assert {name: locked.get(name) for name in wanted} == wanted, "run make lock"


def test_the_container_installs_the_lock_but_for_what_the_small_torch_does_without() -> None:
    text = (ROOT / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    (run,) = re.findall(r"^RUN (.+)$", text, re.MULTILINE)
    (chosen,) = re.findall(r"awk '.+?' +requirements\.lock", run)
    told = subprocess.run(
        ["sh", "-c", chosen], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout  # fmt: skip
    whole = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    names = re.findall(r"^([a-z0-9.-]+)==", whole, re.MULTILINE)
    left_out = {"torch", "torchvision", "triton"}
    left_out |= {name for name in names if name.startswith(("nvidia-", "cuda-"))}
    assert re.findall(r"^([a-z0-9.-]+)==", told, re.MULTILINE) == [
        name for name in names if name not in left_out
    ]
    assert "ttach" in told
    assert told.count("--hash") < whole.count("--hash")
    assert "--require-hashes" in run
    assert "--no-deps" in run


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


# --- the lines for Streamlit Community Cloud, with stand-ins of PyPI and of PyTorch's own index


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


def _wheel(index: Path, name: str, version: str, needs: str = "") -> None:
    """An empty package on an index's page of that name."""
    file = f"{name}-{version}-py3-none-any.whl"
    about = f"{name}-{version}.dist-info"
    (index / name).mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(index / name / file, "w") as packed:
        needed = f"Requires-Dist: {needs}\n" if needs else ""
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needed}"
        packed.writestr(f"{about}/METADATA", metadata)
        packed.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        packed.writestr(f"{about}/RECORD", "")
    with (index / name / "index.html").open("a", encoding="utf-8") as page:
        page.write(f'<a href="{file.replace("+", "%2B")}">{file}</a>\n')


@pytest.fixture
def indexes(tmp_path: Path) -> Iterator[str]:
    """Both, on one server: PyTorch's has the small torch, and an old numpy too."""
    registry, own = tmp_path / "registry", tmp_path / "whl/cpu"
    pins = _pins("requirements.txt")
    _wheel(registry, "torch", pins["torch"], "cuda")
    _wheel(registry, "torchvision", pins["torchvision"], f"torch=={pins['torch']}")
    _wheel(registry, "cuda", "1.0")
    _wheel(registry, "numpy", pins["numpy"])
    _wheel(own, "torch", f"{pins['torch']}+cpu")
    _wheel(own, "torchvision", f"{pins['torchvision']}+cpu", f"torch=={pins['torch']}")
    _wheel(own, "numpy", "1.0")
    handler = functools.partial(Quiet, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def fork(tmp_path: Path, indexes: str) -> Path:
    """requirements.txt as the document says, with three of its packages."""
    text = (ROOT / "docs/hosting.md").read_text(encoding="utf-8")
    lines = re.findall(r"^ {4}(--find-links \S+)$", text, flags=re.MULTILINE)
    assert len(lines) == 2
    pins = [
        f"{name}=={_pins('requirements.txt')[name]}" for name in ("torch", "torchvision", "numpy")
    ]
    told = [line.replace("https://download.pytorch.org", indexes) for line in lines]
    (tmp_path / "fork.txt").write_text("\n".join([*told, *pins]), encoding="utf-8")
    return tmp_path / "fork.txt"


def _wanted() -> dict[str, str]:
    pins = _pins("requirements.txt")
    small = {name: f"{pins[name]}+cpu" for name in ("torch", "torchvision")}
    return small | {"numpy": pins["numpy"]}


def test_with_these_lines_pip_takes_the_small_torch_and_all_else_from_the_registry(
    fork: Path, indexes: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--isolated", "install", "--dry-run", "--ignore-installed",
         "--quiet", "--no-cache-dir", "--index-url", f"{indexes}/registry", "--report", "-",
         "--requirement", str(fork)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = [one["metadata"] for one in json.loads(done.stdout)["install"]]
    assert {one["name"]: one["version"] for one in found} == _wanted()


def test_with_these_lines_uv_does_so_too(fork: Path, indexes: str) -> None:
    uv = shutil.which("uv")
    if uv is None:
        pytest.skip("no uv here")
    done = subprocess.run(
        [uv, "pip", "compile", "--quiet", "--no-config", "--no-cache", "--no-header",
         "--no-annotate", "--python", sys.executable, "--index-url", f"{indexes}/registry",
         str(fork)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert dict(re.findall(r"^(\w+)==(\S+)$", done.stdout, re.MULTILINE)) == _wanted()
