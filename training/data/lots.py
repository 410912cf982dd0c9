"""Lots: pictures that belong together, as they show one person or lesion, or are copies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def number_lots(labels: Sequence[pd.Series], pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """A number (N,) for each picture, alike for those that a label or a pair joins, however far.

    Each of ``labels`` (N,) joins the pictures that it is alike for; ``pairs`` (P, 2), which may be
    empty, holds rows.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(labels[0])
    edges = [np.asarray(pairs, dtype=np.int64).reshape(-1, 2)]
    for label in labels:
        first = pd.Series(np.arange(n)).groupby(pd.factorize(label)[0]).transform("first")
        edges.append(np.column_stack([np.arange(n), first.to_numpy()]))
    a, b = np.concatenate(edges).T
    graph = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(n, n))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)
