"""Tables as spreadsheets, R and pandas write them."""

from __future__ import annotations

import io

import pytest

from core.tables.delimited import TableRejected, clean, read

PLAIN = [["1.jpg", "benign", "II"], ["2.jpg", "malignant", "V"]]
HEAD = ["file", "label", "skin type"]


def table(data: str | bytes) -> tuple[list[str], list[list[str]]]:
    found = read(io.BytesIO(data.encode() if isinstance(data, str) else data))
    return found.header, [row for _, row in found.rows]


COMMAS = "file,label,skin type\n1.jpg,benign,II\n2.jpg,malignant,V\n"


@pytest.mark.parametrize(
    "written",
    [
        COMMAS,
        COMMAS.replace(",", ";"),
        COMMAS.replace(",", "\t").replace("\n", "\r\n"),
        COMMAS.replace("\n", "\r"),
        "sep=;\r\n" + COMMAS.replace(",", ";"),
        "\ufeffsep=\t\n" + COMMAS.replace(",", "\t"),
        "sep=|\n" + COMMAS.replace(",", "|"),
        COMMAS.replace(",", ";").replace("II\n", "II;\n").replace("V\n", "V;;\n"),
        COMMAS.replace("type\n", "type,,\n"),
        "\n" + COMMAS.replace("II\n", "II\n,,\n\n"),
        COMMAS.replace("benign", " benign ").replace("1.jpg", "\u200b1.jpg\u00a0"),
        COMMAS.replace("file", "\ufefffile").replace("malignant", "malig\u00adnant\u200f"),
        COMMAS.encode("utf-16"),
        b"\xfe\xff" + COMMAS.replace(",", "\t").encode("utf-16-be"),
        COMMAS.encode("utf-8-sig"),
        '"file";"label";"skin type"\n"1.jpg";"benign";"II"\n2.jpg;malignant;V\n',
    ],
)  # fmt: skip
def test_one_table_written_in_many_ways_is_read_alike(written: str | bytes) -> None:
    assert table(written) == (HEAD, PLAIN)


@pytest.mark.parametrize(
    ("written", "header", "first"),
    [
        ('file;label;"age, sex, site"\n1;a;x\n', ["file", "label", "age, sex, site"],
         ["1", "a", "x"]),
        ("file;label;age, sex, site\n1;a;x\n2;b;y\n", ["file", "label", "age, sex, site"],
         ["1", "a", "x"]),
        ("file;label;mm\n1;a;1,5\n2;b;2,5\n", ["file", "label", "mm"], ["1", "a", "1,5"]),
        ('file,label,by\n1,a,"B; C; D; E"\n2,b,F; G; H\n', ["file", "label", "by"],
         ["1", "a", "B; C; D; E"]),
        ('"","file","label"\n"1","1.jpg","a"\n', ["", "file", "label"], ["1", "1.jpg", "a"]),
        ('file,label\n1,"two\nlines ""of"""\n', ["file", "label"], ["1", 'two\nlines "of"']),
        ("file\tlabel\n1\t\n", ["file", "label"], ["1", ""]),
        ("file,label,type\n1,a\n", ["file", "label", "type"], ["1", "a", ""]),
    ],
)  # fmt: skip
def test_the_separator_is_what_parts_the_cells(
    written: str, header: list[str], first: list[str]
) -> None:
    found, rows = table(written)
    assert found == header
    assert rows[0] == first


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("file,label\nL\u00e4sion,benign\n".encode("latin-1"), "not UTF-8 text"),
        (COMMAS.encode("utf-16-le"), "not a table of text"),
        ('file,label\n"1.jpg,benign\n2.jpg,benign\n', "a quotation mark is never closed"),
        ('file,label\n1.jpg,"' + "x" * 200_000 + '"\n', "not a table of text"),
        ("file,label\n1.jpg,benign\n2.jpg,benign,,x\n", "more cells in line 3 than in its header"),
        (b"\xff\xfea\0\x00\xd8b\0", "not UTF-8 text"),
    ],
)  # fmt: skip
def test_what_is_no_table_of_text_is_told(written: str | bytes, sentence: str) -> None:
    with pytest.raises(TableRejected, match=sentence):
        table(written)


def test_nothing_at_all_has_no_header() -> None:
    assert table("") == ([], [])
    assert table("\n,,\n,\n") == ([], [])


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    found = read(io.BytesIO(b'sep=,\nfile,label\n\n"a\nb",x\nc,y\n'))
    assert [(number, cells[0]) for number, cells in found.rows] == [(5, "a\nb"), (6, "c")]


def test_letters_that_join_stay_within_words() -> None:
    assert (
        clean("\u0645\u06cc\u200c\u0631\u0648\u062f\u200c ")
        == "\u0645\u06cc\u200c\u0631\u0648\u062f"
    )
    word = "\u0645\u06cc\u200c\u0631\u0648"
    assert clean(f"{word}\u200c ") == word
    assert clean("\u3000I\u2013II\u202f") == "I\u2013II"
