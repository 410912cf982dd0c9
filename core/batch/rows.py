"""Many pictures, each to a row of a table: what a model makes of it, or why it was not read."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image

from core import images
from core.labels import LOOKS
from core.pictures.archive import PhotoFile

if TYPE_CHECKING:
    from core.classifier import Classifier

THUMBNAIL = 96  # longest side in pixels: a row of a table on a screen with two pixels a point
NOT_READ = "not read"


@dataclass(frozen=True)
class Row:
    """One file. ``probability`` is P(malignant), ``None`` where no picture could be read.

    ``thumbnail`` is a small JPEG without metadata, as a data URL; empty where there is none.
    """

    name: str
    answer: str
    probability: float | None
    warnings: tuple[str, ...]
    thumbnail: str = ""

    @property
    def says(self) -> str:
        """The answer as pages and files call it."""
        return LOOKS.get(self.answer, self.answer)


def judge(model: Classifier, file: PhotoFile) -> Row:
    """A row for one file, whatever is in it: a bad picture's warning says what is wrong with it."""
    try:
        if file.refusal:
            raise images.ImageRejected(file.refusal)
        picture = images.open_image(file.data)
    except images.ImageRejected as refusal:
        return Row(file.name, NOT_READ, None, (str(refusal),))
    found = model.assess(picture)
    return Row(file.name, found.answer, found.probability, found.warnings, thumbnail(picture))


def thumbnail(picture: Image.Image) -> str:
    """A copy of at most 96 x 96 pixels as a data URL."""
    small = picture.copy()
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    data = io.BytesIO()
    small.save(data, "JPEG", quality=80)
    return "data:image/jpeg;base64," + base64.b64encode(data.getvalue()).decode("ascii")
