"""The collections of pictures that models are trained and scored on: one table, an entry each.

A collection is a folder of pictures with its metadata, as ``training.data.folders`` reads it; its
name here is the folder's. To add one, add an entry. A folder that has none is read with
``MetadataColumns()`` and keeps its own name as its title.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from core.labels import DERMOSCOPIC, PHOTO, Kind

Taken = Literal["dermatoscope", "phone", "atlas", "clinic", ""]
"""How its pictures were taken; empty where in several ways."""


@dataclass(frozen=True)
class MetadataColumns:
    """What the columns of ``metadata.csv`` are called; of several names the first there counts.

    ``person`` names whoever is drawn, and kept on one side of a split, together.
    """

    person: tuple[str, ...] = ("lesion_id", "lesion_group", "patient_id")
    diagnosis: tuple[str, ...] = ("dx",)
    skin_type: tuple[str, ...] = ("fitzpatrick",)
    age: tuple[str, ...] = ("age", "age_approx")
    sex: tuple[str, ...] = ("sex",)
    site: tuple[str, ...] = (
        "region", "localization", "site", "anatom_site_general", "anatom_site_general_challenge",
    )  # fmt: skip


@dataclass(frozen=True)
class Collection:
    """What is said of a collection wherever it occurs.

    ``family`` is alike for collections of one archive, whose pictures may show the same lesions.
    ``lesions`` is off where the pictures show none. ``test_sha256`` is of the names, labels and
    contents of its official test: what the set is known by wherever somebody has unpacked it.
    """

    title: str
    taken: Taken
    family: str
    licence: str
    citation: str
    has_masks: bool = False
    lesions: bool = True
    columns: MetadataColumns = MetadataColumns()
    test_sha256: str = ""

    @property
    def is_photo(self) -> bool:
        """Whether its pictures are ordinary photos, taken without a dermatoscope."""
        return self.taken in ("phone", "atlas", "clinic")


MASKS = "masks"  # the folder of a collection's masks of lesions, beside its images
REPORT = "malignant_vs_benign"
HAM_OTHER = "ham10000_other_lesions"
ISIC_2018 = "isic2018_test_half"
PAD_UFES = "pad_ufes_20_half"
FITZPATRICK = "fitzpatrick17k_half"
ISIC_2017, UDA_1 = "isic2017", "isic_uda1"
# They give benign *and* malignant pictures here, where they gave the report's set malignant ones
# alone. Each is scored by itself: in a pooled figure, how the two differ would count too.
OLDER = (ISIC_2017, UDA_1)
# Malignant of 1 where P is meant: ISIC 2018's test set has 19 of 100, PAD-UFES-20's patients 43.
PREVALENCE: dict[Kind, float] = {DERMOSCOPIC: 0.20, PHOTO: 0.43}
PRACTICE = 0.01  # share of malignant lesions in a general practice, about
_HAM = "Tschandl, Rosendahl, Kittler, Scientific Data 5, 180161, 2018"
_GROH = "Groh et al., CVPR Workshops 2021, arXiv:2104.09957"
# A folder's name in a sentence: small letters and digits, parted by underscores.
_KEY = re.compile(r"(?<![\w`/])(?:[a-z0-9]+(?:_[a-z0-9]+)+|isic2017)(?![\w`/])")
_PACHECO = "Pacheco et al., Data in Brief 32, 106221, 2020"

COLLECTIONS: dict[str, Collection] = {
    REPORT: Collection(
        title="The report's set (dermoscopic)",
        taken="dermatoscope", family="isic",
        licence="the ISIC Archive's terms; its HAM10000 part CC BY-NC 4.0",
        citation=f"C. Fanconi, Kaggle 2019, from the ISIC Archive and HAM10000 ({_HAM})",
        test_sha256="c529c88a725c890ddb4f18ab6d1e9559ac53841f026f5922ec6801d91bf8ba9a",
    ),
    HAM_OTHER: Collection(
        title="HAM10000, other lesions (dermoscopic)",
        taken="dermatoscope", family="isic", licence="CC BY-NC 4.0", citation=_HAM,
    ),
    ISIC_2018: Collection(
        title="ISIC 2018 test, a half (dermoscopic)",
        taken="dermatoscope", family="isic", licence="CC BY-NC 4.0",
        citation=f"Codella et al. 2019, arXiv:1902.03368; {_HAM}",
    ),
    PAD_UFES: Collection(
        title="PAD-UFES-20, a half (phone photos)",
        taken="phone", family="pad_ufes_20", licence="CC BY 4.0", citation=_PACHECO,
        has_masks=True,
    ),
    FITZPATRICK: Collection(
        title="Fitzpatrick17k tumours, a half (atlas photos)",
        taken="atlas", family="fitzpatrick17k", licence="CC BY-NC-SA 3.0", citation=_GROH,
    ),
    ISIC_2017: Collection(
        title="ISIC 2017, older collections (dermoscopic)",
        taken="dermatoscope", family="isic", licence="CC0 as best known",
        citation="Codella et al., ISBI 2018, arXiv:1710.05006",
    ),
    UDA_1: Collection(
        title="ISIC UDA-1, an older collection (dermoscopic)",
        taken="dermatoscope", family="isic", licence="CC0",
        citation="ISIC Archive, collection UDA-1",
    ),
    "nci_moles_to_melanoma": Collection(
        title="NCI, moles to melanoma (clinical photos)",
        taken="clinic", family="nci", licence="mostly public domain",
        citation="US National Cancer Institute, Moles to Melanoma",
    ),
    "fitzpatrick17k_rest": Collection(
        title="Fitzpatrick17k, other conditions (atlas photos)",
        taken="atlas", family="fitzpatrick17k", licence="CC BY-NC-SA 3.0", citation=_GROH,
    ),
    "not_lesion": Collection(
        title="Bare skin, hands, things and scenery",
        taken="", family="pad_ufes_20", licence="CC BY 4.0, Apache-2.0 and others, by picture",
        citation=_PACHECO, lesions=False,
    ),
}  # fmt: skip


def title(name: str) -> str:
    """What tables and pages call a set: a collection's title, or the folder's own name."""
    entry = COLLECTIONS.get(name)
    return entry.title if entry else name


def short(name: str) -> str:
    """A set's title as a sentence has it: up to what is said of its pictures."""
    return title(name).split(" (")[0].split(",")[0]


def in_words(text: str) -> str:
    """A recorded sentence with folders' names as people say them: titles, or without underscores.

    >>> in_words("isic_uda1, 179; normal_skin, 136")
    'ISIC UDA-1, an older collection, 179; normal skin, 136'
    """

    def said(found: re.Match[str]) -> str:
        entry = COLLECTIONS.get(found[0])
        if entry is None:
            return found[0].replace("_", " ")
        told = entry.title.split(" (")[0]
        return told if not found.start() else re.sub("^The ", "the ", told)

    return _KEY.sub(said, text)


def columns(name: str) -> MetadataColumns:
    """What a set's columns are called."""
    entry = COLLECTIONS.get(name)
    return entry.columns if entry else MetadataColumns()


def taken(*ways: Taken) -> tuple[str, ...]:
    """Names of the collections whose pictures were taken in one of these ways."""
    return tuple(name for name, entry in COLLECTIONS.items() if entry.taken in ways)


# What pages ask a card for.
PHONE_SETS = taken("phone")
PHOTO_SETS = taken("phone", "atlas", "clinic")
