"""How weights lie in their file."""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
from safetensors.torch import load_file

from core import checkpoints
from core.checkpoints import write_weights


def test_matrices_are_kept_in_16_bits_and_vectors_in_32(tmp_path: Path) -> None:
    torch.manual_seed(0)
    state = {
        "matrix": torch.randn(7, 5),
        "kernel": torch.randn(4, 3, 2, 2).transpose(0, 1),  # not contiguous
        "vector": torch.randn(9) * 1e6,  # a variance may exceed float16's 65504
        "steps": torch.tensor(123_456_789),
    }
    sha256 = write_weights(state, tmp_path / "new" / "w.safetensors")
    data = (tmp_path / "new" / "w.safetensors").read_bytes()
    assert sha256 == hashlib.sha256(data).hexdigest()
    stored = load_file(tmp_path / "new" / "w.safetensors")
    assert {key: value.dtype for key, value in stored.items()} == {
        "matrix": torch.float16, "kernel": torch.float16, "vector": torch.float32,
        "steps": torch.int64,
    }  # fmt: skip
    back = checkpoints.read_state(tmp_path / "new" / "w.safetensors")
    assert torch.equal(back["matrix"], state["matrix"].half().float())
    assert torch.equal(back["kernel"], state["kernel"].half().float())
    assert torch.equal(back["vector"], state["vector"])
    assert torch.equal(back["steps"], state["steps"])
    assert back["matrix"].dtype == torch.float32


def test_read_weights_lie_in_one_block_kernels_channels_last(tmp_path: Path) -> None:
    """So that all of a network's memory goes back when it does."""
    torch.manual_seed(0)
    state = {
        "kernel": torch.randn(6, 5, 3, 3), "narrow": torch.randn(6, 1, 3, 3),
        "flat": torch.randn(3, 7, 1, 1), "matrix": torch.randn(7, 5), "none": torch.empty(0, 4),
        "vector": torch.randn(9), "one": torch.tensor(2.5), "steps": torch.tensor(3),
    }  # fmt: skip
    write_weights(state, tmp_path / "w.safetensors")
    back = checkpoints.read_state(tmp_path / "w.safetensors")
    assert back.keys() == state.keys()
    for key, value in back.items():
        kept = state[key].half().float() if state[key].ndim > 1 else state[key]
        assert torch.equal(value, kept), key
        assert value.data_ptr() % 64 == 0 or key == "steps"
        if value.ndim == 4:
            assert value.is_contiguous(memory_format=torch.channels_last), key
            turned = value.to(memory_format=torch.channels_last)
            assert turned.data_ptr() == value.data_ptr(), key  # nothing is left to turn
    blocks = {back[key].untyped_storage().data_ptr() for key in back if key != "steps"}
    assert len(blocks) == 1
