"""The words that every part shares: classes of lesions, answers, kinds of picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

if TYPE_CHECKING:
    import torch

    from core.arrays import Floats

CLASSES = ("benign", "malignant")
BENIGN, MALIGNANT = 0, 1

Answer = Literal["benign", "malignant"]
Judgement = Literal["benign", "malignant", "uncertain", "not judged"]
ANSWERS: tuple[Judgement, ...] = ("benign", "malignant", "uncertain")
# How an answer is called wherever people read it: pages, tables, files and sheets.
LOOKS: dict[str, str] = {
    "benign": "looks benign",
    "malignant": "looks suspicious",
    "uncertain": "can't tell",
    "not judged": "not judged",
}

Kind = Literal["dermoscopic", "photo", "not skin"]
DERMOSCOPIC: Kind = "dermoscopic"
PHOTO: Kind = "photo"
NOT_SKIN: Kind = "not skin"
SKIN_KINDS: tuple[Kind, ...] = (DERMOSCOPIC, PHOTO)

# Why a picture is stopped.
Cause = Literal[
    "blurred", "dark", "far away", "no spot", "stretched", "grey", "not skin", "another kind"
]  # fmt: skip


@overload
def margin(logits: torch.Tensor) -> torch.Tensor: ...
@overload
def margin(logits: Floats) -> Floats: ...
def margin(logits: Any) -> Any:
    """Malignant minus benign logit, (...), of logits (..., 2)."""
    return logits[..., MALIGNANT] - logits[..., BENIGN]
