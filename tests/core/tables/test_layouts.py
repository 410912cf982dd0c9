"""Which columns tell what, in the tables of collections that people download."""

from __future__ import annotations

import pytest

from core.tables.delimited import TableRejected
from core.tables.layouts import find, needed
from core.tables.missing import is_missing, is_of_skin


@pytest.mark.parametrize(
    ("header", "columns", "malignant", "benign"),
    [
        ("file,label,type", ("file", "label", ""), "Malignant", " BENIGN "),
        ("File,LABEL,type,Person", ("File", "LABEL", "Person"), "malignant", "benign"),
        ("isic_id,attribution,diagnosis_1,patient_id", ("isic_id", "diagnosis_1", "patient_id"),
         "Malignant", "Benign"),
        ("isic_id,target,patient_id,age_approx", ("isic_id", "target", "patient_id"), "1", "0"),
        ("image_name,patient_id,sex,diagnosis,benign_malignant,target",
         ("image_name", "benign_malignant", "patient_id"), "malignant", "benign"),
        ("patient_id,lesion_id,img_id,diagnostic,fitspatrick",
         ("img_id", "diagnostic", "patient_id"), "BCC", "ACK"),
        (",DDI_ID,DDI_file,skin_tone,malignant,disease", ("DDI_file", "malignant", ""),
         "True", "False"),
        ("lesion_id,image_id,dx,dx_type,age", ("image_id", "dx", "lesion_id"), "akiec", "nv"),
        ("md5hash,fitzpatrick,three_partition_label", ("md5hash", "three_partition_label", ""),
         "malignant", "benign"),
        ("file,malignant,type", ("file", "malignant", ""), "1.0", "0"),
        ("file,label (0 = benign; 1 = malignant),type",
         ("file", "label (0 = benign; 1 = malignant)", ""), "1", "0"),
        ("file,label,dx", ("file", "label", ""), "malignant", "benign"),  # the word goes first
    ],
)  # fmt: skip
def test_columns_are_known_by_their_names(
    header: str, columns: tuple[str, str, str], malignant: str, benign: str
) -> None:
    found = find(header.split(","))
    assert (found.file, found.label, found.person) == columns
    assert (found.meaning(malignant), found.meaning(benign)) == (1, 0)
    assert found.meaning("something else") is None
    assert needed(header.split(",")) == [name for name in columns if name]


def test_a_bare_0_or_1_says_nothing_and_an_unknown_diagnosis_is_left_out() -> None:
    plain, isic = find(["file", "label"]), find(["isic_id", "diagnosis_1"])
    assert plain.meaning("1") is None
    assert not plain.leaves_out("unknown")  # of one's own labels each has to be right
    assert isic.leaves_out("Indeterminate")
    assert isic.leaves_out("")
    assert not isic.leaves_out("naevus")


@pytest.mark.parametrize(("header", "missing"), [("name,label", "file"), ("file,type", "label")])
def test_a_table_without_one_of_both_is_refused(header: str, missing: str) -> None:
    with pytest.raises(TableRejected, match=f"has no column '{missing}'"):
        find(header.split(","))
    assert needed(header.split(",")) == []


@pytest.mark.parametrize(
    "column",
    ["fitzpatrick", "fitspatrick", "Fitzpatrick_scale", "skin type", "skin_tone", "skinType",
     "phototype", "monk_skin_tone", "FST"],
)  # fmt: skip
def test_columns_of_skin_are_known_by_their_names(column: str) -> None:
    assert is_of_skin(column)
    assert is_missing(column, "-1")
    assert is_missing(column, "-99.0")
    assert not is_missing(column, "1")


def test_minus_one_means_nothing_in_no_other_column() -> None:
    assert not is_missing("change in mm", "-1")
    assert not is_missing("site", "nail")
    assert is_missing("site", "n/a")
