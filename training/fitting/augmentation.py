"""Random changes of a whole batch on its own device: crop, turn, light, tint, JPEG."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch.nn import functional as F
from torchvision.transforms import v2

from core.preprocessing import SIDE

Augment = Callable[[torch.Tensor], torch.Tensor]  # uint8 (B, 3, side, side) to the same


CROP = (0.5, 1.0)  # share of the area
STRETCH = 0.2  # log aspect ratio, either way: squeezed pictures differ so
GAIN, TINT, GAMMA, SATURATION = 0.25, 0.10, 0.25, 0.3
JPEG_STEPS = (0.1, 2.5)  # multiples of the standard's quantisation table
RECOLOURED, FRAMED = 0.3, 0.15  # shares of pictures
# ITU-T T.81, table K.1: how coarsely the standard keeps each of a block's 64 frequencies.
_TABLE = (
    (16, 11, 10, 16, 24, 40, 51, 61), (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56), (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77), (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101), (72, 92, 95, 98, 112, 100, 103, 99),
)  # fmt: skip


def moved(x: torch.Tensor, side: int | None = None) -> torch.Tensor:
    """(B, 3, H, W), each cropped, turned by any angle and mirrored by its own draw.

    ``side``: pixels of the square that comes back, as large as ``x`` if not given.
    """
    n, device = len(x), x.device
    shape = list(x.shape) if side is None else [n, x.shape[1], side, side]
    zoom = (CROP[0] + (CROP[1] - CROP[0]) * torch.rand(n, device=device)).sqrt()
    stretch = (STRETCH * (2 * torch.rand(n, device=device) - 1)).exp().sqrt()
    angle = 2 * math.pi * torch.rand(n, device=device)
    mirror = torch.where(torch.rand(n, device=device) < 0.5, -1.0, 1.0)
    cos, sin = angle.cos(), angle.sin()
    shift = (2 * torch.rand(n, 2, device=device) - 1) * (1 - zoom)[:, None]
    top = torch.stack([zoom * stretch * cos * mirror, -zoom * stretch * sin, shift[:, 0]], dim=1)
    low = torch.stack([zoom / stretch * sin * mirror, zoom / stretch * cos, shift[:, 1]], dim=1)
    grid = F.affine_grid(torch.stack([top, low], dim=1), shape, align_corners=False)
    return F.grid_sample(x, grid, padding_mode="reflection", align_corners=False)


def relit(x: torch.Tensor) -> torch.Tensor:
    """(B, 3, H, W) in [0, 1] under another exposure, tint, gamma and saturation."""
    n, device = len(x), x.device

    def draw(*shape: int) -> torch.Tensor:
        return 2 * torch.rand(n, *shape, device=device) - 1

    gain = (GAIN * draw(1, 1, 1) + TINT * draw(3, 1, 1)).exp()
    x = (x * gain).clamp(1e-4, 1) ** (GAMMA * draw(1, 1, 1)).exp()
    grey = x.mean(dim=1, keepdim=True)
    return (grey + (x - grey) * (1 + SATURATION * draw(1, 1, 1))).clamp(0, 1)


def recoloured(x: torch.Tensor) -> torch.Tensor:
    """(B, 3, H, W) in [0, 1], some moved towards the colours of another picture of the batch.

    Each channel takes on, in part, the other's mean and spread (Reinhard et al. 2001, in RGB): what
    a collection's lamps and cameras look like is then no clue to the class.
    """
    n, device = len(x), x.device
    mean, spread = x.mean((2, 3), keepdim=True), x.std((2, 3), keepdim=True) + 1e-3
    other = torch.randperm(n, device=device)
    share = torch.rand(n, 1, 1, 1, device=device)
    share = torch.where(torch.rand(n, 1, 1, 1, device=device) < RECOLOURED, share, 0.0)
    to_mean = mean + share * (mean[other] - mean)
    to_spread = spread * (spread[other] / spread).clamp(0.5, 2) ** share
    return ((x - mean) * (to_spread / spread) + to_mean).clamp(0, 1)


def framed(x: torch.Tensor) -> torch.Tensor:
    """(B, 3, H, W), some seen through a dermatoscope's round opening, black around it."""
    n, device = len(x), x.device
    y, x_ = (torch.linspace(-1, 1, side, device=device) for side in x.shape[2:])
    radius = 0.95 + 0.35 * torch.rand(n, 1, 1, device=device)  # 1.42 reaches the corners
    centre = 0.1 * (2 * torch.rand(n, 2, 1, 1, device=device) - 1)
    apart = ((y[:, None] - centre[:, 0]) ** 2 + (x_ - centre[:, 1]) ** 2).sqrt()  # (B, H, W)
    light = ((radius - apart) * 30).clamp(0, 1)[:, None]
    chosen = torch.rand(n, 1, 1, 1, device=device) < FRAMED
    return torch.where(chosen, x * light, x)


def recompressed(x: torch.Tensor) -> torch.Tensor:
    """(B, 3, H, W) in [0, 1], each as if saved as JPEG: blocks of 8 rounded in their frequencies.

    Each at a quality of its own, so that compression is no clue. Sides must be multiples of 8.
    Channels are rounded as they are, without the change to YCbCr.
    """
    n, c, h, w = x.shape
    k = torch.arange(8, device=x.device)
    basis = torch.cos(math.pi / 8 * (k + 0.5) * k[:, None]) / 2
    basis[0] /= math.sqrt(2)
    table = torch.tensor(_TABLE, device=x.device, dtype=x.dtype) / 255
    low, high = JPEG_STEPS
    step = table * (low + (high - low) * torch.rand(n, 1, 1, 1, 1, 1, device=x.device))
    blocks = x.view(n, c, h // 8, 8, w // 8, 8).transpose(3, 4)  # (n, C, h, w, 8, 8)
    kept = ((basis @ blocks @ basis.T) / step).round() * step
    return (basis.T @ kept @ basis).transpose(3, 4).reshape(n, c, h, w).clamp(0, 1)


def seen(pixels: torch.Tensor, side: int) -> tuple[torch.Tensor, torch.Tensor]:
    """uint8 (B, 3, H, W) as a teacher and as its learner sees them, (B, 3, side, side) in [0, 1].

    Both see the same crop in the same light; the learner's has other colours, a black frame and a
    JPEG's blocks too, at random. In float32, as bfloat16 has no 255 levels.
    """
    with torch.autocast(pixels.device.type, enabled=False):
        plain = relit(moved(pixels.float() / 255, side))
        changed = recompressed(framed(recoloured(plain)))
    last = {"memory_format": torch.channels_last}
    return plain.contiguous(**last), changed.contiguous(**last)


def augmentation(name: str, side: int = SIDE) -> Augment:
    """A random change of uint8 pictures (B, 3, side, side), each its own, on their device.

    What is drawn comes from torch's generator of the CPU, so it is the same on every device.
    """
    if name == "none":
        return lambda pixels: pixels
    if name == "turns":
        return turned
    if name == "full":
        # Lesions have no up and no scale; cameras differ in light and tint more than in hue.
        crop = v2.RandomResizedCrop(side, scale=(0.6, 1.0), ratio=(0.85, 1.18), antialias=True)
        tint = v2.ColorJitter(brightness=0.15, contrast=0.15, saturation=0.15)
        change = v2.Compose([crop, tint])
        return lambda pixels: torch.stack([change(image) for image in turned(pixels)])
    raise ValueError(f"no augmentation called {name!r}")


def turned(pixels: torch.Tensor) -> torch.Tensor:
    """Each of the pictures (B, 3, S, S) in one of the square's 8 symmetries, each as likely.

    Those that are turned alike go together: picture by picture, a fast GPU waits for it.
    """
    which = torch.randint(8, (len(pixels),))
    result = torch.empty_like(pixels)
    for number in range(8):
        rows = (which == number).nonzero().flatten().to(pixels.device)
        result.index_copy_(0, rows, symmetry(pixels.index_select(0, rows), number))
    return result


def symmetry(pixels: torch.Tensor, number: int) -> torch.Tensor:
    """Pictures (B, 3, S, S) by ``number`` mod 4 quarter turns, mirrored before from 4 up."""
    return (pixels.flip(3) if number >= 4 else pixels).rot90(number % 4, dims=(2, 3))
