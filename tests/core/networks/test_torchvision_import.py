"""Each case runs in a process of its own: what torch has been told stays told."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.networks import torchvision_import
from tests.support.own_process import run


def test_after_prepare_torchvision_can_be_imported_whether_its_operators_load_or_not() -> None:
    printed = run("""
import threading, torch
from core.networks import torchvision_import
loads = torchvision_import.compiled_operators_load()
made = []
plain = torch.library.Library
torch.library.Library = lambda *given: made.append(given) or plain(*given)
threads = [threading.Thread(target=torchvision_import.prepare) for _ in range(8)]
[t.start() for t in threads]; [t.join() for t in threads]
torchvision_import.prepare()
torch.library.Library = plain
declared = list(made)
from torchvision import models, transforms
resnet = models.resnet18(num_classes=2).eval()
with torch.inference_mode():
    shape = tuple(resnet(torch.zeros(1, 3, 64, 64)).shape)
print(len(declared) == (0 if loads else 1), shape, declared[:1])
""")
    assert printed in (
        "True (1, 2) []",
        "True (1, 2) [('torchvision', 'FRAGMENT')]",
    )


def test_where_the_operators_do_not_load_both_are_declared_once_with_their_signature() -> None:
    printed = run("""
import torch
from core.networks import torchvision_import
made = []
plain = torch.library.Library
torch.library.Library = lambda *given: made.append(given) or plain(*given)
def fail(path):
    raise OSError("libcudart.so.13: cannot open shared object file")
torch.ops.load_library = fail
assert torchvision_import.compiled_operators_load() is False
torchvision_import.prepare()
torchvision_import.prepare()
assert made == [("torchvision", "FRAGMENT")], made
print(torch.ops.torchvision.nms.default._schema)
print(torch.ops.torchvision.qnms.default._schema)
""")
    signature = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
    assert printed.splitlines() == [f"torchvision::nms{signature}", f"torchvision::qnms{signature}"]


def test_where_the_operators_load_nothing_is_touched() -> None:
    printed = run("""
import torch
from core.networks import torchvision_import
loaded = []
torch.ops.load_library = loaded.append
def forbidden(*given):
    raise AssertionError("a library was declared")
torch.library.Library = forbidden
assert torchvision_import.compiled_operators_load() is True
torchvision_import.prepare()
torchvision_import.prepare()
print(hasattr(torch.ops.torchvision, "nms"), hasattr(torch.ops.torchvision, "qnms"))
print(loaded[0].split("/")[-2:])
""")
    lines = printed.splitlines()
    assert lines[0] == "False False"
    assert lines[1].startswith("['torchvision', '_C")


def test_without_torchvision_the_error_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torchvision_import.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ImportError, match=r"pip install -r requirements\.txt"):
        torchvision_import.compiled_operators_load()


def test_a_model_is_loaded_and_explains_without_torchs_compiler() -> None:
    printed = run("""
import sys
from core import checkpoints, classifier
from core.pictures.drawn_lesion import draw_lesion
image = draw_lesion(64, 64)
for name in checkpoints.available():
    model = classifier.load(name)
    model.assess_explained(image, model.explain(image))
print("torchvision" in sys.modules, [n for n in ("torch._dynamo", "sympy") if n in sys.modules])
import torch
print(torch.compile(lambda x: 2 * x, backend="eager")(torch.ones(1)).item())
""")
    assert printed.splitlines() == ["True []", "2.0"]


def test_the_other_saliency_methods_come_without_what_their_library_does_not_need() -> None:
    printed = run("""
import sys
from core import classifier
from core.pictures.drawn_lesion import draw_lesion
model = classifier.load("baseline_cnn")
maps = [model.explain(draw_lesion(64, 64), name).saliency_map for name in ("Grad-CAM", "Layer-CAM")]
heavy = ("sklearn", "matplotlib", "sympy", "torch._dynamo", "scipy.stats")
print("pytorch_grad_cam" in sys.modules, [name for name in heavy if name in sys.modules])
import sklearn.decomposition, matplotlib.pyplot
print(sklearn.decomposition.NMF.__name__, matplotlib.pyplot.plot.__name__)
""")
    assert printed.splitlines() == ["True []", "NMF plot"]


def test_a_torchvision_that_asks_the_compiler_for_more_is_imported_as_usual(tmp_path: Path) -> None:
    package = tmp_path / "torchvision"
    package.mkdir()
    (package / "part.py").write_text(
        "import torch._dynamo as d\nprint(d.utils.counters is not None)"
    )
    (package / "__init__.py").write_text("from torchvision import part")
    printed = run(f"""
import sys
sys.path.insert(0, {str(tmp_path)!r})
from core.networks import torchvision_import
torchvision_import.import_without_compiler()
print("torch._dynamo" in sys.modules, "torchvision.part" in sys.modules)
import torchvision
torchvision_import.import_without_compiler()
""")
    assert printed.splitlines() == ["False False", "True"]
