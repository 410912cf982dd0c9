"""Makes ``import torchvision`` work where its compiled operators cannot be loaded.

The registry's Linux build of torchvision links against CUDA libraries. Beside a CPU build of
torch they are missing, ``torchvision/_C.so`` does not load, and ``import torchvision`` then fails
with "operator torchvision::nms does not exist", because it registers shape functions for two
operators nobody has declared. Declaring their signatures is enough for models and transforms,
which use neither. Where the compiled operators load, nothing is touched.

And makes it cheap: ``torchvision.ops.roi_align`` imports torch's compiler to ask it one question,
which only detection networks go on to ask. That costs 65 MiB and more than a second, and a tenth
of the memory that the smallest host has. Its operators import torch's ONNX exporter to register
themselves there, and its data sets torch's loaders: 5 MiB and a tenth of a second.
"""

from __future__ import annotations

import importlib.util
import threading
from pathlib import Path

import torch

from core.runtime import stub_import

_UNUSED: stub_import.StandIns = {
    "torch._dynamo": {},
    "torch._dynamo.utils": {"is_compile_supported": lambda _: False},
    "torchvision.datasets": {},
    "torchvision.ops._register_onnx_ops": {"_register_custom_op": lambda: None},
}
_SIGNATURE = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_lock = threading.Lock()
_declared: list[torch.library.Library] = []  # the declarations live as long as these objects


def compiled_operators_load() -> bool:
    """Whether torchvision's shared library can be loaded into this process."""
    spec = importlib.util.find_spec("torchvision")  # finds the folder, imports nothing
    if spec is None or spec.origin is None:
        raise ImportError("torchvision is not installed: pip install -r requirements.txt")
    libraries = [p for p in Path(spec.origin).parent.glob("_C*") if p.suffix in (".so", ".pyd")]
    for library in libraries:
        try:
            torch.ops.load_library(str(library))
        except OSError:
            continue
        return True
    return False


def prepare() -> None:
    """Call before the first ``import torchvision``; safe to call again, from any thread."""
    with _lock:
        if not _declared and not compiled_operators_load():
            library = torch.library.Library("torchvision", "FRAGMENT")
            for name in ("nms", "qnms"):
                library.define(f"{name}{_SIGNATURE}")
            _declared.append(library)


def import_without_compiler() -> None:
    """``prepare``, and import torchvision without torch's compiler.

    Where that is not to be had, in another version of torchvision say, it is imported as usual.
    """
    prepare()
    stub_import.without("torchvision", _UNUSED)
