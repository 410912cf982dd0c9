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


@dataclass(frozen=True)
class TableRow:
    """A row of the report's Table 1: layers, parameters in millions, best validation accuracy."""

    layers: int
    parameters: float
    validation: float


@dataclass(frozen=True)
class Contradiction:
    """Something the report says in two ways."""

    says: str
    but: str


TEST_PICTURES = 660
TEST_ACCURACY = (
    Published("baseline", 0.8424242424242424, "section 6"),
    Published("ResNet18", 0.897, "section 7"),
)

# ResNet18 again: clean, after one step of FGSM and after Gaussian noise, both of STRENGTH.
STRENGTH = 0.003
CLEAN, UNDER_FGSM, UNDER_GAUSSIAN = (
    TEST_ACCURACY[1],
    Published("ResNet18 under FGSM", 0.741, "section 7.1"),
    Published("ResNet18 with Gaussian noise", 0.886, "section 7.2"),
)

# By the registry's names. The baseline is not in Table 1; its figure is in section 6.
TABLE_1: dict[str, TableRow] = {
    "resnet18": TableRow(50, 11.7, 0.920),
    "resnet50": TableRow(50, 25.5, 0.916),
    "resnet101": TableRow(101, 44.5, 0.905),
    "resnet152": TableRow(152, 60.2, 0.886),
    "resnext50_32x4d": TableRow(50, 25.0, 0.905),
    "densenet121": TableRow(121, 8.0, 0.924),
    "densenet161": TableRow(161, 28.7, 0.909),
}
BASELINE_VALIDATION = 0.8409090909090909
VALIDATION_PICTURES = 264

CONTRADICTIONS = (
    Contradiction(
        "Table 1 gives ResNet18 50 layers.",
        "Section 5 calls it ResNet18, and Figure 3 draws its 18.",
    ),
    Contradiction(
        "'ResNet 18 has the highest validation accuracy' (92.0\N{NO-BREAK SPACE}%).",
        "Table 1 gives DenseNet121 92.4\N{NO-BREAK SPACE}%. On 264 pictures that is one picture "
        "more.",
    ),
    Contradiction(
        "The data were split 70 : 10 : 20.",
        "2,373 / 264 / 660 is 72 : 8 : 20: Kaggle's test folder, and its train folder 90 : 10.",
    ),
    Contradiction(
        "'We train it on the test set, and obtain a final test accuracy of "
        "89.7\N{NO-BREAK SPACE}%' (section 10).",
        "Section 7 says that the model was tested, not trained, on it. We take it for a slip.",
    ),
)

# Section 6 (baseline) and 9 (ResNet18): malignant lesions on darker skin, found of NINE.
NINE = 9
FOUND_OF_NINE = {"baseline": 1, "ResNet18": 8}

# AUC of a network trained on HAM10000 on the DDI pictures (Daneshjou et al. 2022, Science Advances
# 8, eabq6147), by Fitzpatrick pair.
DDI_AUC = {"I-II": 0.72, "V-VI": 0.57}
