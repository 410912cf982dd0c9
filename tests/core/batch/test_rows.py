from __future__ import annotations

import base64
import csv
import io
from pathlib import Path

import pytest
from PIL import Image

from core import checkpoints, classifier
from core.batch import rows
from core.batch.rows import NOT_READ, Row, judge
from core.images import open_image
from core.pictures.archive import PhotoFile
from core.pictures.drawn_lesion import draw_lesion
from core.reports.photos_csv import as_csv


@pytest.fixture(scope="module")
def model(tiny_checkpoints: Path) -> classifier.Classifier:
    card = checkpoints.card("resnet18", tiny_checkpoints)
    return classifier.Classifier(card, checkpoints.load_network("resnet18", tiny_checkpoints))


def jpeg(**options: object) -> bytes:
    data = io.BytesIO()
    draw_lesion(320, 240).save(data, "JPEG", **options)
    return data.getvalue()


def test_a_picture_gets_the_answer_that_it_gets_alone(model: classifier.Classifier) -> None:
    row = judge(model, PhotoFile("1.jpg", jpeg()))
    alone = model.probabilities([open_image(jpeg())])[0]
    assert row.probability == pytest.approx(alone)
    assert row.name == "1.jpg"
    assert row.answer in ("benign", "malignant", "uncertain", "not judged")


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (PhotoFile("1.jpg", b"words"), "not a picture"),
        (PhotoFile("1.jpg", b""), "is empty"),
        (PhotoFile("1.jpg", jpeg()[:900]), "damaged or incomplete"),
        (PhotoFile("1.jpg", b"", "It is too large."), "too large"),
    ],
)
def test_a_bad_file_is_a_row_with_a_sentence(
    model: classifier.Classifier, file: PhotoFile, sentence: str
) -> None:
    row = judge(model, file)
    assert (row.answer, row.probability, row.thumbnail) == (NOT_READ, None, "")
    assert sentence in row.warnings[0]


def test_a_thumbnail_is_small_and_says_nothing_of_the_camera() -> None:
    exif = Image.Exif()
    exif[0x010F] = "SECRETCAMERA"
    url = rows.thumbnail(open_image(jpeg(exif=exif, comment=b"SECRET")))
    kind, _, text = url.partition(",")
    data = base64.b64decode(text)
    assert kind == "data:image/jpeg;base64"
    assert Image.open(io.BytesIO(data)).size == (96, 72)
    assert len(data) < 6000
    assert b"SECRET" not in data


def test_the_csv_reads_back_and_holds_no_formula() -> None:
    rows = [
        Row("a, \"b\".jpg", "benign", 0.125, ("Blurred.", "Small.")),
        Row("=HYPERLINK(1).jpg", NOT_READ, None, ("It is empty.",)),
        Row("-1+1.jpg", "malignant", 0.99999, ()),
    ]  # fmt: skip
    read = list(csv.reader(io.StringIO(as_csv(rows, "resnet18").decode("utf-8-sig"))))
    assert read == [
        ["file", "answer", "probability_malignant", "warnings", "model"],
        ['a, "b".jpg', "looks benign", "0.1250", "Blurred. Small.", "resnet18"],
        ["'=HYPERLINK(1).jpg", "not read", "", "It is empty.", "resnet18"],
        ["'-1+1.jpg", "looks suspicious", "1.0000", "", "resnet18"],
    ]
