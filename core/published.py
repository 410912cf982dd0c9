"""The report's own figures, as it published them. Every other figure is read from a results file.

*Skin Cancer Classifier using Dermatoscopic Images of Pigmented Lesions*, final report,
M. Gupta, S. Sinha, I. Bosch-Alfonso, V. Manferrari.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """A figure in [0, 1] and the section it stands in."""

    title: str
    value: float
    where: str


TEST_PICTURES = 660
TEST_ACCURACY = (
    Published("baseline", 0.8424242424242424, "section 6"),
    Published("ResNet18", 0.897, "section 7"),
)
