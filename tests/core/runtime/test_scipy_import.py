from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_a_lesion_is_found_without_what_scipy_imports_besides_and_the_rest_is_still_to_be_had() -> (
    None
):
    script = """
import sys
from core.pictures.drawn_lesion import draw_lesion
from core.pictures.lesion_mask import find_lesion
found = find_lesion(draw_lesion(320, 240)).sum()
print([name for name in ("numpy.f2py", "scipy.special") if name in sys.modules])
from core.runtime import stub_import
import numpy, scipy
print(numpy.f2py.__name__, scipy.special.expit(0.0))
print(found)
"""
    lean, whole = (
        subprocess.run(
            [sys.executable, "-W", "error", "-c", first + script],
            cwd=ROOT, capture_output=True, text=True, check=True,
        ).stdout.splitlines()
        for first in ("", "from scipy import ndimage")
    )  # fmt: skip
    assert lean[:2] == ["[]", "numpy.f2py 0.5"]
    assert whole[1:] == lean[1:]
