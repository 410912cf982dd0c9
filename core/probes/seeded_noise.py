"""The noise that ``attacks`` draws by a seed, without torch, whose import takes longer than a page.

Torch and NumPy share a generator, the Mersenne Twister of Matsumoto and Nishimura 1998, and begin
it alike; what is made of its words here is what torch makes of them on a processor.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float32s = NDArray[np.float32]
_LOT = 16  # torch makes normal numbers by as many at a time, half of them from the other half
_WORD = 2**24  # of a word, float32 holds as much


def signs(side: int, seed: int) -> Float32s:
    """-1 or 1 for every value of a picture, (side, side, 3): ``attacks.signs``."""
    return _as_picture((_words(3 * side * side, seed) % 2).astype(np.float32) * 2 - 1, side)


def normal(side: int, seed: int) -> Float32s:
    """Standard normal numbers, (side, side, 3): those of ``attacks.gaussian``.

    By the transform of Box and Muller 1958; ``side`` is a multiple of 4.
    """
    uniform = (_words(3 * side * side, seed) % _WORD).astype(np.float32) / np.float32(_WORD)
    first, second = np.split(uniform.reshape(-1, _LOT), 2, axis=1)
    reach, angle = np.sqrt(-2 * np.log(1 - first)), np.float32(2 * np.pi) * second
    return _as_picture(np.hstack([reach * np.cos(angle), reach * np.sin(angle)]), side)


def _words(n: int, seed: int) -> NDArray[np.uint32]:
    drawn = np.random.RandomState(seed).bytes(4 * n)  # torch's own generator
    return np.frombuffer(drawn, dtype="<u4")


def _as_picture(values: Float32s, side: int) -> Float32s:
    """Values in torch's order, channel by channel, as a picture has them."""
    return values.reshape(3, side, side).transpose(1, 2, 0)
