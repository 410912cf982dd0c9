"""One lesion on ten simulated tones: what a model makes of each."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image

from core import preprocessing
from core.assessment import three_answers
from core.assessment.assess import Assessment
from core.classifier import Classifier
from core.labels import Judgement
from core.look import Look
from core.pictures import lesion_mask
from core.pictures.colour import MONK, colour
from core.pictures.skin_tone import Skin, measure, retone
from core.runtime.between import Between, go_on
from core.saliency.overlay import share_inside

_BATCH = 4  # pictures in one forward pass: ten take 160 MB for a moment, and no less time
_IN_A_ROW = 5


@dataclass(frozen=True)
class OnTone:
    """A model's answer on one simulated tone.

    ``picture`` is the re-toned view the network saw; ``share`` is how much of the saliency map's
    weight lies on the lesion, ``None`` where no lesion stands out.
    """

    tone: str
    picture: Image.Image
    probability: float
    answer: Judgement
    share: float | None


@dataclass(frozen=True)
class ToneStrip:
    """The answers to one picture on each of the ten tones, lightest first.

    With them: the skin as it is, and the lesion's share of the view, which is what a map that looks
    everywhere alike would have on it.
    """

    skin: Skin
    area: float | None
    tones: tuple[OnTone, ...]


def in_two_rows(tones: tuple[OnTone, ...], side: int = 160) -> Image.Image:
    """All pictures, RGB, five in a row for phones, each ``side`` pixels over a swatch of its tone.

    They are read from left to right, lightest first.
    """
    swatch, gap = side // 8, 2
    high = side + gap + swatch
    sheet = Image.new("RGB", (_IN_A_ROW * side, -(-len(tones) // _IN_A_ROW) * high), "white")
    for i, one in enumerate(tones):
        x, y = i % _IN_A_ROW * side, i // _IN_A_ROW * high
        sheet.paste(one.picture.resize((side - gap, side), Image.Resampling.LANCZOS), (x, y))
        sheet.paste(one.tone, (x, y + side + gap, x + side - gap, y + high - gap))
    return sheet


def on_ten_tones(
    model: Classifier,
    image: Image.Image,
    between: Between = go_on,
    assessed: Assessment | None = None,
) -> ToneStrip | None:
    """The picture re-toned to each colour of the Monk scale; ``None`` with too little skin in it.

    ``assessed`` is what the model made of the picture as it is: its kind decides where the answers
    part, and one that was stopped is not judged on any tone.
    Lesion and skin are found once, on the picture as it is.
    """
    import torch

    view = preprocessing.resize(image, model.geometry, model.card.side)
    lesion = lesion_mask.find_lesion(view)
    skin = measure(view, lesion)
    if skin is None:
        return None
    model = model.for_input(model.network_input(image))
    pictures = [retone(view, skin.colour, colour(code)) for code in MONK]
    looks: list[Look] = []
    for start in range(0, len(pictures), _BATCH):
        batch = [model.network_input(picture) for picture in pictures[start : start + _BATCH]]
        looks += model.look(torch.stack(batch))
        between(len(looks) / len(pictures))
    kind = assessed.kind if assessed else None
    stopped = assessed is not None and assessed.answer == "not judged"
    tones = []
    for code, picture, found in zip(MONK, pictures, looks, strict=True):
        share = None if lesion is None else share_inside(found.saliency_map, lesion)
        said = three_answers.judged(found.probability, model.card, kind)
        if stopped:
            said = "not judged"
        tones.append(OnTone(code, picture, found.probability, said, share))
    return ToneStrip(skin, None if lesion is None else float(lesion.mean()), tuple(tones))
