"""Imports what is used of scipy without what it asks numpy's compiler of Fortran for.

``scipy.ndimage`` names every part of numpy once, and special functions for a rotation by degrees
that nobody here asks for: 5 MiB and 0.13 s, which the first check after a start waits for.
"""

from __future__ import annotations

from core.runtime import stub_import

_UNUSED: stub_import.StandIns = {"numpy.f2py": {}, "scipy.special": {}}


def import_ndimage() -> None:
    """Call before ``from scipy import ndimage``; takes no time once it is there."""
    stub_import.without("scipy.ndimage", _UNUSED)
