"""Each case runs in a process of its own: what was imported stays so."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.runtime import torch_import
from tests.support.own_process import run

ROOT = Path(__file__).resolve().parents[3]


def test_the_version_that_is_installed_was_tried() -> None:
    pinned = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert f"\ntorch=={torch_import.TRIED}" in pinned


def test_a_server_imports_less_and_who_asks_for_the_rest_gets_it() -> None:
    printed = run("""
import sys
from core.runtime import torch_import
torch_import.import_torch()
torch_import.import_torch()
import torch
left_out = ("_meta_registrations", "distributions", "export", "masked", "quantization")
print([name for name in left_out if f"torch.{name}" in sys.modules])
print([name for name in left_out if getattr(torch, name).__name__ != f"torch.{name}"])
print(float(torch.distributions.Normal(0.0, 1.0).log_prob(torch.tensor(0.0))))
""")
    nothing, all_real, density = printed.splitlines()
    assert (nothing, all_real) == ("[]", "[]")
    assert float(density) == pytest.approx(-0.9189385)


def test_noise_is_drawn_by_a_seed_as_with_the_whole_of_torch() -> None:
    script = """
import torch
first = torch.randn(3, generator=torch.Generator().manual_seed(7)).tolist()
import torch._prims.rng_prims, torch._meta_registrations
print(first, torch.randn(3, generator=torch.Generator().manual_seed(7)).tolist())
"""
    lean = run(f"from core.runtime import torch_import; torch_import.import_torch(){script}")
    assert lean == run(script)


def test_where_torch_is_there_already_nothing_is_touched() -> None:
    printed = run("""
import torch
before = torch.export
from core.runtime import torch_import
torch_import.import_torch()
print(torch.export is before)
""")
    assert printed == "True"


def test_another_version_is_imported_as_usual() -> None:
    printed = run("""
import sys
from core.runtime import torch_import
torch_import.TRIED = "1.0."
torch_import.import_torch()
print("torch" in sys.modules)
""")
    assert printed == "False"


ANSWERS = """
import sys
from core import classifier
from core.pictures.drawn_lesion import draw_lesion
model = classifier.load_for_serving("resnet18")
import torch
from core.probes import attacks
from core.saliency import methods
picture = draw_lesion(320, 240)
for method in methods.METHODS:
    explained = model.explain(picture, method)
    print(method, explained.probability, float(explained.saliency_map.sum()))
print(model.assess_explained(picture, explained).quality)
shown = model.network_input(picture)[None]
attacked = attacks.pgd(model.network, shown, torch.tensor([0]), 0.01, steps=3)
print(float((attacked - shown).abs().sum()), model.margins_of_inputs([attacked[0]]))
print("torch._meta_registrations" in sys.modules)
"""


def test_answers_maps_and_attacks_are_the_same_to_the_last_bit() -> None:
    lean, whole = run(ANSWERS), run(f"import torch{ANSWERS}")
    assert lean.splitlines()[-1] == "False"
    assert whole.splitlines()[-1] == "True"
    assert lean.splitlines()[:-1] == whole.splitlines()[:-1]
