"""How the last layer learns collections that the layers before it have not.

A network that learned to tell the collection still has what tells the disease in its features; only
its last layer weighs them wrongly. That layer alone, fitted anew to few pictures, most of all to
such as the network did not learn from, mends much of it (Kirichenko, Izmailov and Wilson 2023,
arXiv:2204.02937).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import nn

from core.arrays import Floats
from core.networks.lesion_network import LesionNetwork


@dataclass(frozen=True)
class LastLayer:
    """How it is fitted.

    Its lead (malignant less benign logit) is the old one, scaled, and a weighted sum of features
    besides, whose squared weights cost ``penalty`` each, of features of spread one. Half of the
    fit is a known collection, so that it is not forgotten; a quarter are pictures of older
    collections that are strange to the network, each collection alike; a quarter are all older
    pictures, those that it has learned too. Of each both classes count alike. ``folds`` parts of
    the older collections are scored by layers that were fitted to the others.
    """

    penalty: float = 0.3
    folds: int = 5


@dataclass(frozen=True)
class Lead:
    """Malignant less benign logit: ``weight`` (C,) times the pooled features, and ``bias``."""

    weight: Floats
    bias: float

    def of(self, features: Floats) -> Floats:
        """The lead (N,) of pooled features (N, C)."""
        return np.asarray(features @ self.weight + self.bias)


def lead_of(network: LesionNetwork) -> Lead:
    """What a network that ends in pooling and a linear layer makes of its pooled features."""
    linear = cast(nn.Linear, network.pooled_linear)
    with torch.no_grad():
        weight = (linear.weight[1] - linear.weight[0]).double().numpy()
        bias = linear.bias[1] - linear.bias[0]
    return Lead(weight, float(bias))


# The old lead is one more column, so large that the penalty does not bear on it.
_FREE = 1000.0
_LEAST_SPREAD = 0.01  # of the channels' median


def fit(
    features: Floats, old: Lead, labels: NDArray[np.int64], weight: Floats, penalty: float
) -> Lead:  # fmt: skip
    """The lead that suits features (N, C) and labels (N,), each counted by its ``weight`` (N,)."""
    from sklearn.linear_model import LogisticRegression

    before = old.of(features)
    mean, spread = features.mean(axis=0), features.std(axis=0)
    # a channel that hardly ever differs would get a weight that 16 bits don't hold
    spread = np.maximum(spread, _LEAST_SPREAD * np.median(spread))
    scale = _FREE / before.std()
    columns = np.column_stack([scale * before, (features - mean) / spread])
    # scikit-learn takes the sum of the losses and half of the squares; Newton's method minds no
    # column that is far larger than the others
    model = LogisticRegression(C=0.5 / penalty, solver="newton-cholesky", tol=1e-6)
    model.fit(columns, labels, sample_weight=weight / weight.sum())
    share, own = scale * model.coef_[0, 0], model.coef_[0, 1:] / spread
    bias = float(model.intercept_[0] + share * old.bias - mean @ own)
    return Lead(share * old.weight + own, bias)


def weights(table: pd.DataFrame) -> Floats:
    """How much each picture counts, (N,), summing to 1; ``LastLayer`` tells it.

    ``table`` has collection, label, older, and whether a picture is strange.
    """
    known, strange = ~table["older"], table["strange"]
    parts = [(0.5, known), (0.25, table["older"])]
    names = table["collection"][strange].unique()
    parts += [(0.25 / len(names), strange & (table["collection"] == name)) for name in names]
    found = pd.Series(0.0, index=table.index)
    for share, mine in parts:
        size = table["label"][mine].groupby(table["label"][mine]).transform("size")
        found[mine] += share / (size * table["label"][mine].nunique())
    return np.asarray(found / found.sum(), dtype=np.float64)
