"""The app as its container runs it, without a container engine.

What ``Containerfile`` says is read from it: the files that it copies, its environment, user and
command. They run on a read-only file system with 64 MiB of /tmp, under the memory limit of its
head, in a mount namespace and a memory control group (Linux, as root). How the image is built, and
its base, are not tried.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.server import ROOT, answering, free_port

GROUPS = Path("/sys/fs/cgroup/memory")
# In the namespace: the whole system read-only, its /tmp empty, the app in /srv, its packages in
# /opt and Python in /mnt, as where they are now another user may not look.
_SETUP = """
root=$0 user=$1
echo $$ > "$2/cgroup.procs"
shift
mount --rbind / "$root"
mount -o remount,bind,ro "$root"
mount -t tmpfs -o size=64m tmpfs "$root/tmp"
for place in srv opt mnt; do
    mount --bind "$2" "$root/$place"
    mount -o remount,bind,ro "$root/$place"
    shift
done
shift
exec chroot --userspec="$user:$user" "$root" env -i -C /srv "$@"
"""


@dataclass(frozen=True)
class Recipe:
    """What the container file says of the running container. ``memory`` is in bytes."""

    copied: tuple[str, ...]
    environment: dict[str, str]
    user: str
    command: tuple[str, ...]
    health: tuple[str, ...]
    memory: int


@dataclass(frozen=True)
class Contained:
    """A running one."""

    url: str
    pid: int
    group: Path
    log: Path
    recipe: Recipe

    @property
    def killed(self) -> int:
        """How many processes were ended for want of memory."""
        told = (self.group / "memory.oom_control").read_text()
        return int(re.search(r"^oom_kill (\d+)", told, re.MULTILINE)[1])  # type: ignore[index]

    @property
    def most_memory(self) -> float:
        """The most that all its processes and files have ever had, in MiB."""
        return int((self.group / "memory.max_usage_in_bytes").read_text()) / 2**20

    def in_tmp(self) -> list[str]:
        """The files under the container's /tmp."""
        tmp = Path(f"/proc/{self.pid}/root/tmp")
        return [str(path.relative_to(tmp)) for path in tmp.rglob("*") if path.is_file()]

    def healthy(self, port: int) -> bool:
        """What the container file's own question says, asked at another port."""
        question = [word.replace("8501", str(port)) for word in self.recipe.health]
        return subprocess.run([sys.executable, *question[1:]], check=False).returncode == 0


def recipe(text: str) -> Recipe:
    """Read a container file as plain as ours: one stage, lists for commands."""
    whole = text.replace("\\\n", " ")

    def said(word: str) -> list[str]:
        return re.findall(rf"^{word} +(.+)$", whole, flags=re.MULTILINE)

    copied = [name for line in said("COPY") for name in line.split()[:-1]]
    (health,) = said("HEALTHCHECK")
    (limit,) = re.findall(r"--memory (\d+)m\b", text)
    return Recipe(
        copied=tuple(name for name in copied if not name.startswith("requirements")),
        environment=dict(pair.split("=", 1) for line in said("ENV") for pair in line.split()),
        user=said("USER")[0],
        command=tuple(json.loads(said("CMD")[0])),
        health=tuple(json.loads(health[health.index("[") :])),
        memory=int(limit) * 2**20,
    )


def possible() -> bool:
    """Whether this system lets it be done."""
    return (
        sys.platform == "linux" and os.geteuid() == 0 and os.access(GROUPS, os.W_OK)
        and (GROUPS / "memory.limit_in_bytes").is_file()
        and subprocess.run(["unshare", "-m", "true"], check=False).returncode == 0
    )  # fmt: skip


@contextlib.contextmanager
def contained(folder: Path) -> Iterator[Contained]:
    """The app, up and answering; ``folder`` is empty and outside the repository."""
    found = recipe((ROOT / "Containerfile").read_text(encoding="utf-8"))
    port = free_port()
    app, root, log = folder / "app", folder / "root", folder / "log"
    root.mkdir()
    for name in found.copied:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, app / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            app.mkdir(exist_ok=True)
            shutil.copy(ROOT / name, app / name)
    group = GROUPS / f"contained-{os.getpid()}-{port}"
    group.mkdir()
    (group / "memory.limit_in_bytes").write_text(str(found.memory))
    command = [word.replace("8501", str(port)) for word in found.command]
    packages = Path(sysconfig.get_path("purelib")).relative_to(sys.prefix)
    environment = found.environment | {
        "PYTHONPATH": f"/opt/{packages}", "LD_LIBRARY_PATH": "/mnt/lib",
    }  # fmt: skip
    python = f"/mnt/bin/python{sys.version_info.major}.{sys.version_info.minor}"
    inside = [
        "unshare", "-m", "--propagation", "private", "sh", "-ec", _SETUP, str(root), found.user,
        str(group), str(app), sys.prefix, sys.base_prefix,
        *(f"{key}={value}" for key, value in environment.items()), python, "-m", *command,
    ]  # fmt: skip
    try:
        with log.open("wb") as output, answering(inside, port, output=output.fileno()) as (
            server, url,
        ):  # fmt: skip
            yield Contained(url, server.pid, group, log, found)
    finally:
        group.rmdir()
