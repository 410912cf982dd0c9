"""What networks are computed on, and in which precision."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Literal

import lightning
import torch


def scoring_device() -> torch.device:
    """A GPU if there is one, else the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def best_precision() -> Literal["bf16-mixed", "32-true"]:
    """bf16 where the machine multiplies it natively, else float32."""
    if torch.cuda.is_available():
        return "bf16-mixed" if torch.cuda.is_bf16_supported() else "32-true"
    processor = Path("/proc/cpuinfo")
    flags = processor.read_text() if processor.is_file() else ""
    return "bf16-mixed" if "avx512_bf16" in flags or "amx_bf16" in flags else "32-true"


def versions() -> dict[str, str]:
    """Of what makes the weights."""
    return {
        "python": platform.python_version(), "torch": torch.__version__,
        "lightning": lightning.__version__,
    }  # fmt: skip
