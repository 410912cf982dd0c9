"""Imports torch without what only its compiler and its exporter ask for.

A server computes forward passes and gradients as they come. What torch imports besides takes
24 MiB of a small host, and a third of the seconds that the first check after a start waits for.
"""

from __future__ import annotations

from importlib import metadata

from core.runtime import stub_import

TRIED = "2.13."
"""The version that is known to do without; another one is imported as usual."""

_UNUSED = ("_meta_registrations", "distributions", "export", "masked", "quantization")


def import_torch() -> None:
    """Import torch where it is not there yet; whoever asks it for what was left out gets that."""
    if metadata.version("torch").startswith(TRIED):
        stub_import.without("torch", {f"torch.{name}": {} for name in _UNUSED})
        import torch

        # what torch imports itself when it is first asked for, as its compiler
        vars(torch)["_lazy_modules"].update(_UNUSED)
        from torch._opaque_base import OpaqueBaseMeta

        # what torch._prims does, which the left out would import: else no seed can draw anything
        torch._C._set_generator_metaclass(OpaqueBaseMeta)
