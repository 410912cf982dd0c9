"""How ``general`` is made, from ImageNet's weights to what is shipped: every setting, in one table.

The two recipes were chosen of seven by the AUC of their worst group on pictures that they held out,
and the mean of both is better than either. docs/training.md has the figures of all: group DRO,
re-toned pictures and features kept from telling the collection lost.
"""

from __future__ import annotations

from dataclasses import dataclass

from training.fitting.presets import Preset
from training.pooled.distillation import Distillation
from training.pooled.last_layer import LastLayer


@dataclass(frozen=True)
class Recipe:
    """One way to train a network on the known collections.

    ``diagnoses`` is how much the loss of naming the diagnosis counts beside that of the class: what
    tells a basal cell carcinoma from a naevus is more than 'malignant' says.
    """

    name: str
    epochs: int
    diagnoses: float = 0.0


@dataclass(frozen=True)
class Stages:
    """All stages, in their order.

    Pictures are scored and served ``side`` pixels large, but learned at ``train_side``: what crops
    enlarge then looks as large as in a whole picture, at half the cost (Touvron et al. 2019,
    arXiv:1906.06423). Pictures are parted into ``folds``; of these the first ``scored`` are held
    out, one after the other, by a network of each recipe. ``statistics`` is how many batches the
    mean's batch norms are fitted to.
    """

    network: str
    side: int
    train_side: int
    preset: Preset
    recipes: tuple[Recipe, ...]
    folds: int
    scored: int
    statistics: int
    last_layer: LastLayer
    student: str
    student_side: int  # of pictures as served
    distillation: Distillation


STAGES = Stages(
    network="densenet169",
    side=192,
    train_side=160,
    preset=Preset(
        "General: one cycle of AdamW, batches balanced by collection, class and skin type.",
        epochs=9, batch_size=64, optimiser="adamw", learning_rate=3e-4, fresh_rate=1e-3,
        weight_decay=0.05, label_smoothing=0.05, schedule="one-cycle",
    ),
    recipes=(
        Recipe("diagnosed", epochs=9, diagnoses=0.5),
        Recipe("group-balanced", epochs=7),
    ),
    folds=3,
    scored=2,
    statistics=40,
    last_layer=LastLayer(),
    student="efficientnet_lite0",
    student_side=224,
    distillation=Distillation(),
)  # fmt: skip
