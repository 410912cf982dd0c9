"""A picture and its saliency map, packed for as long as a visit lasts.

A server keeps them for every visitor, and for some minutes after, because a slider or a button may
still ask for them. As arrays, a picture of 900 x 675 and its map are 4.3 MB; packed, 0.3 MB.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field

from PIL import Image

from core.preprocessing import Geometry
from core.saliency.overlay import Map, overlay

DISPLAY = 900  # longest side in pixels that is sent to a browser
_QUALITY = 92  # of the JPEG, with colours in full resolution: no difference to be seen


@dataclass(frozen=True)
class DisplayCopy:
    """``view`` is the map over the network's own square view, float32 (side, side) in [0, 1]."""

    jpeg: bytes
    view: Map
    geometry: Geometry
    _drawn: dict[float, bytes] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def picture(self) -> Image.Image:
        """The picture in RGB."""
        with Image.open(io.BytesIO(self.jpeg), formats=("JPEG",)) as packed:
            return packed.convert("RGB")

    @property
    def saliency_map(self) -> Map:
        """The map over the picture, float32 (H, W) in [0, 1]."""
        from core.saliency import grad_cam

        with Image.open(io.BytesIO(self.jpeg), formats=("JPEG",)) as packed:
            width, height = packed.size  # its head is read, no pixel
        return grad_cam.on_picture(self.view, width, height, self.geometry)

    def overlay(self, opacity: float) -> Image.Image:
        """The map over the picture; see ``core.saliency.overlay.overlay``."""
        return overlay(self.picture, self.saliency_map, opacity)

    def overlay_file(self, opacity: float) -> bytes:
        """``overlay`` as a JPEG file; the last one is kept, as a page is drawn again and again."""
        drawn = self._drawn.get(opacity)
        if drawn is None:
            drawn = _packed(self.overlay(opacity))
            self._drawn.clear()
            self._drawn[opacity] = drawn
        return drawn


def keep(image: Image.Image, view: Map, geometry: Geometry) -> DisplayCopy:
    """Of an RGB picture what a screen can show: a full photo of a phone is ten times as much."""
    return DisplayCopy(_packed(display_copy(image)), view, geometry)


def _packed(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=_QUALITY, subsampling="4:4:4")
    return file.getvalue()


def display_copy(image: Image.Image) -> Image.Image:
    """The picture with at most ``DISPLAY`` pixels on its longer side."""
    shrink = min(1.0, DISPLAY / max(image.size))
    size = max(1, round(image.width * shrink)), max(1, round(image.height * shrink))
    # the mean of what each pixel covers: half the work of an interpolation
    return image if shrink == 1 else image.resize(size, Image.Resampling.BOX)
