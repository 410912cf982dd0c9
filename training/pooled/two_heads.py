"""Give a network a last layer for dermoscopic pictures: photos keep the one they had."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np
import pandas as pd
import torch

from core.arrays import Floats
from core.labels import DERMOSCOPIC, PHOTO, Kind
from core.networks import registry
from core.networks.lesion_network import LesionNetwork, build
from core.networks.two_heads import TwoHeads
from core.results.collections import COLLECTIONS
from training.data.labelled_set import DataRejected
from training.pooled.broad_pool import LEARNED, TAUGHT

TWO_HEADS = "_two_heads"  # how the table calls a network's variant with two last layers
_FROM_EACH = 200  # pictures of a collection: the kinds are told apart by any of them

# uint8 pictures (N, 3, side, side) of rows of a pool.
Shown = Callable[[pd.DataFrame], torch.Tensor]


def architecture(name: str) -> str:
    """The variant with a last layer for each kind; ``DataRejected`` for a network without one."""
    found = f"{name}{TWO_HEADS}"
    if found not in registry.ARCHITECTURES:
        several = [key for key in registry.ARCHITECTURES if key.endswith(TWO_HEADS)]
        known = ", ".join(key.removesuffix(TWO_HEADS) for key in several)
        raise DataRejected(f"{name} has no variant with a last layer for each kind; {known} has.")
    return found


def join(
    before: LesionNetwork, dermoscopic: Floats, table: pd.DataFrame, shown: Shown, seed: int
) -> LesionNetwork:
    """Both in one network, frozen, in eval mode; ``dermoscopic`` (C,) are leads of features.

    Which pictures these answer is learned from those of ``table`` that are not held out.
    """
    name = next(k for k, a in registry.ARCHITECTURES.items() if a is before.architecture)
    two = build(architecture(name))
    backbone = cast(TwoHeads, two.backbone)
    backbone.take(before.backbone, torch.from_numpy(dermoscopic).float())
    free = table[table["use"].isin((LEARNED, TAUGHT))]
    rows = pd.concat([
        part.sample(min(len(part), _FROM_EACH), random_state=seed)
        for _, part in free.groupby("collection")
    ])  # fmt: skip
    maps = [_means_and_spreads(before, rows.iloc[i : i + 32], shown)
            for i in range(0, len(rows), 32)]  # fmt: skip
    true = np.array([kind_of(owner) == DERMOSCOPIC for owner in rows["collection"]])
    weight, bias = told_apart(np.concatenate(maps), true)
    with torch.no_grad():
        backbone.kind.weight[:] = torch.from_numpy(weight)
        backbone.kind.bias[:] = bias
    return two.requires_grad_(False).eval()


def kind_of(collection: str) -> Kind:
    """Whether its pictures are photos."""
    return PHOTO if COLLECTIONS[collection].is_photo else DERMOSCOPIC


def told_apart(features: Floats, dermoscopic: np.ndarray) -> tuple[Floats, float]:
    """Weights (F,) and bias of a logistic regression of features (N, F) on true values (N,)."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(features)
    # a channel that hardly ever differs would get a weight that 16 bits don't hold
    scale = np.maximum(scaler.scale_, 0.01 * np.median(scaler.scale_))
    fitted = LogisticRegression(C=0.1, max_iter=2000).fit(
        (features - scaler.mean_) / scale, dermoscopic
    )
    weight = fitted.coef_[0] / scale
    return weight, float(fitted.intercept_[0] - weight @ scaler.mean_)


def _means_and_spreads(network: LesionNetwork, rows: pd.DataFrame, shown: Shown) -> Floats:
    with torch.inference_mode():
        x = shown(rows).float() / 255
        early = network.architecture.early(network.backbone, network.normalise(x))
        variance, mean = torch.var_mean(early.flatten(2), dim=2, correction=0)
        found: Floats = torch.cat([mean, variance.sqrt()], dim=1).double().numpy()
    return found
