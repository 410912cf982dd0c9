"""What docs/training.md gives to copy works as it stands there."""

from __future__ import annotations

import importlib
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import torch

from core.networks import lesion_network, registry
from training import train
from training.fitting import presets

PAGE = Path(__file__).resolve().parents[2] / "docs" / "training.md"


def entries(of: dict[str, Any]) -> list[dict[str, Any]]:
    """The page's blocks of Python that are entries of a dictionary of a module's names."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    kind = "Architecture(" if "ARCHITECTURES" in of else "Preset("
    return [eval(f"{{{block}}}", dict(of)) for block in blocks if kind in block]  # noqa: S307  our own


def test_the_pages_network_in_five_lines_is_one_whose_parts_make_up_the_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (entry,) = entries(vars(registry))
    ((name, architecture),) = entry.items()
    assert name not in registry.ARCHITECTURES
    monkeypatch.setitem(registry.ARCHITECTURES, name, architecture)
    network = lesion_network.build(name).eval()
    shown = torch.rand(2, 3, 96, 96, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        early, late = network.early_and_late_features(shown)
        normal = architecture.normalisation
        whole = network.backbone(
            (shown - torch.tensor(normal.mean)[:, None, None])
            / torch.tensor(normal.std)[:, None, None]
        )
        assert network(shown) == pytest.approx(whole, abs=1e-4)
        assert network.head(late) == pytest.approx(whole, abs=1e-4)
    assert early.shape[-1] > late.shape[-1] >= 3


def test_the_pages_preset_is_one_that_help_tells_of(monkeypatch: pytest.MonkeyPatch) -> None:
    (entry,) = entries(vars(presets))
    ((name, preset),) = entry.items()
    assert name not in presets.PRESETS
    monkeypatch.setitem(presets.PRESETS, name, preset)
    assert preset.about in presets.presets_told()
    asked = ["--model", "resnet18", "--data", "d", "--preset", name]
    assert train.parser().parse_args(asked).preset == name


def commands() -> list[list[str]]:
    """Every ``python -m training...`` of the page's blocks, in words, with its lines joined."""
    blocks = re.findall(r"```\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [shlex.split(line, comments=True) for line in lines if "-m training." in line]


@pytest.mark.parametrize("words", commands(), ids=lambda words: words[2])
def test_every_command_of_the_page_is_one_that_its_program_takes(words: list[str]) -> None:
    program = importlib.import_module(words[2])
    program.parser().parse_args(words[3:])  # leaves with status 2 where it does not


def test_the_page_names_more_than_the_commands_of_ones_own_data() -> None:
    named = {words[2] for words in commands()}
    assert {"training.train", "training.limits", "training.evaluate"} < named
