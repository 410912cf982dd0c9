"""Diagnoses in words that a visitor can look up, for the codes that picture collections use."""

from __future__ import annotations

# HAM10000's codes (Tschandl et al. 2018) and those of PAD-UFES-20 (Pacheco et al. 2020).
DIAGNOSES = {
    "ack": "actinic keratosis, a sun-damaged patch",
    "akiec": "actinic keratosis or Bowen's disease",
    "bcc": "basal cell carcinoma",
    "bkl": "benign keratosis, a harmless growth",
    "df": "dermatofibroma, a harmless lump",
    "mel": "melanoma",
    "nev": "naevus, a mole",
    "nv": "naevus, a mole",
    "scc": "squamous cell carcinoma",
    "sek": "seborrheic keratosis, a harmless growth",
    "vasc": "vascular lesion, of blood vessels",
}


def in_words(code: str) -> str:
    """The diagnosis that a collection's code stands for; a code that is not known, as it is."""
    return DIAGNOSES.get(code.lower(), code)
