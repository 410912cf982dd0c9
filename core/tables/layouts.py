"""Which column of a table names the picture, which its label, and what the label's words mean.

``file`` and ``label`` with benign and malignant come first; then what collections call them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.labels import BENIGN, MALIGNANT
from core.tables.delimited import TableRejected

FILE, LABEL, PERSON = "file", "label", "person"
FILES = (
    FILE, "isic_id", "image_name", "image_id", "img_id", "ddi_file", "image", "filename",
    "file_name", "image_path", "path", "md5hash",
)  # fmt: skip
_PEOPLE = (PERSON, "patient_id", "patient", "lesion_id")
_BENIGN_MALIGNANT = (("benign",), ("malignant",))
_TRUTH = (("0", "false", "no"), ("1", "true", "yes"))
# HAM10000's and the ISIC challenges' codes, then PAD-UFES-20's: actinic keratosis with Bowen's
# disease (akiec) counts as malignant, without it (ack) as benign.
_HAM = (("nv", "bkl", "df", "vasc"), ("mel", "bcc", "akiec", "scc", "ak"))
_PAD = (("nev", "ack", "sek"), ("mel", "bcc", "scc", "bod"))
_WORDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    LABEL: _BENIGN_MALIGNANT,
    "benign_malignant": _BENIGN_MALIGNANT,  # ISIC 2020
    "diagnosis_1": _BENIGN_MALIGNANT,  # the ISIC Archive
    "malignant": _TRUTH,  # DDI
    "is_malignant": _TRUTH,
    "target": _TRUTH,  # ISIC 2020 and 2024
    "diagnostic": _PAD,
    "dx": _HAM,
    "three_partition_label": _BENIGN_MALIGNANT,  # Fitzpatrick17k
}
# Neither: such a picture is left out, and that is told.
_NEITHER = frozenset(("indeterminate", "unknown", "unk", "non-neoplastic"))
_ONE_IS_MALIGNANT = re.compile(r"label\b.*\b1\W*(?:is|means)?\W*malignant")
WOULD_DO = (
    "isic_id and diagnosis_1 (ISIC Archive), isic_id or image_name and target (ISIC challenges), "
    "img_id and diagnostic (PAD-UFES-20), image_id and dx (HAM10000), DDI_file and malignant (DDI)"
)


@dataclass(frozen=True)
class Layout:
    """The columns that say what a row is about; ``person`` is empty where none does."""

    file: str
    label: str
    person: str
    benign: tuple[str, ...]
    malignant: tuple[str, ...]

    @property
    def is_plain(self) -> bool:
        """Whether nothing had to be understood: file, label and the two words."""
        return (self.file, self.label) == (FILE, LABEL) and self.malignant == ("malignant",)

    def meaning(self, word: str) -> int | None:
        """0 or 1; ``None`` for a word that is neither."""
        word = _word(word)
        if word in self.malignant:
            return MALIGNANT
        return BENIGN if word in self.benign else None

    def leaves_out(self, word: str) -> bool:
        """Whether a word of another column than ``label`` says that nobody knows."""
        return self.label != LABEL and _word(word) in {*_NEITHER, "", "na", "nan"}

    def in_words(self) -> str:
        """What was read as what, in one sentence."""
        said = f"'{self.file}' names the picture, '{self.label}' the label"
        if self.malignant != ("malignant",):
            said += f" (malignant: {', '.join(self.malignant)}; benign: {', '.join(self.benign)})"
        return said + (f", '{self.person}' the person." if self.person else ".")


def find(header: Sequence[str]) -> Layout:
    """The layout of a table with these columns; raises ``TableRejected``."""
    known = {name.casefold(): name for name in reversed(header) if name}
    file = next((known[name] for name in FILES if name in known), "")
    person = next((known[name] for name in _PEOPLE if name in known), "")
    says_what_1_is = next((n for n in known if _ONE_IS_MALIGNANT.search(n)), "")
    label = says_what_1_is or next((name for name in _WORDS if name in known), "")
    for needed, there in ((FILE, file), (LABEL, label)):
        if not there:
            raise TableRejected(f"has no column '{needed}'")
    benign, malignant = _TRUTH if says_what_1_is else _WORDS[label]
    return Layout(file, known[label], person, benign, malignant)


def needed(header: Sequence[str]) -> list[str]:
    """The columns that the layout of these columns reads; none if there is no layout."""
    try:
        found = find(header)
    except TableRejected:
        return []
    return [name for name in (found.file, found.label, found.person) if name]


def _word(text: str) -> str:
    word = " ".join(text.split()).casefold()
    return word.removesuffix(".0") if word in ("0.0", "1.0") else word
