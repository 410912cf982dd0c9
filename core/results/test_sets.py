"""The names that cards have for validation, the official test and its parts.

Any other set that was scored has the name of its folder (``collections``).
"""

from __future__ import annotations

VALIDATION, OFFICIAL = "validation", "official_test"
LEAK_FREE, HAM_ONLY = "leak_free", "ham10000_only"
# Before a collection's name: scored by a network of the same recipe that learned nothing of it.
LEFT_OUT = "left_out_"
