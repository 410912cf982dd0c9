"""Types of arrays that several rooms pass on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
AnyFloats = NDArray[np.floating]  # of 32 bits, where these are enough, or of 64
Mask = NDArray[np.bool_]
