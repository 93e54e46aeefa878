"""Gauss points whose strain histories a model is to learn: where it is wrong or leaves its range, of many kinds.

An audit tells the errors at few points; another point is expected to be as wrong as the audited one whose history
is most like its own. Points are drawn one after the other, in proportion to the square of their error and to the
squared distance of their history from those drawn before: the seeding of k-means++ (D. Arthur and
S. Vassilvitskii, SODA 2007, 1027-1035), which gives one history of every cluster.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from microtann.evaluation.audit import Audit, drawn_points, volumes_of
from microtann.fem.model import Result
from microtann.fem.replay import strain_histories

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]
POOL = 20
"""Points among which one is chosen."""


def chosen_points(result: Result, audit: Audit, count: int, seed: int, region: str | None = None) -> IntArray:
    """Return the numbers of Gauss points whose histories are worth learning.

    Parameters
    ----------
    result : Result
        Of the structure with the model.
    audit : Audit
        Of this result.
    count : int
        Most points.
    seed : int
    region : str, optional
        Where the model is the material.
    """
    volume = volumes_of(result, region)
    drawn, _ = drawn_points(volume, result.dissipated.ravel(), POOL * count, seed)
    outside = points_outside(result)
    outside = outside[volume[outside] > 0.0]
    generator = np.random.default_rng([seed, 2])
    if len(outside) > POOL * count:
        outside = generator.choice(outside, POOL * count, replace=False)
    pool = np.unique(np.concatenate([drawn, audit.points, outside]))
    histories = strain_histories(result, pool).reshape(len(pool), -1)
    audited = histories[np.searchsorted(pool, audit.points)]
    _, nearest = cKDTree(audited).query(histories)
    error = np.hypot(audit.errors["stress"], audit.errors["dissipation"])[nearest]
    error[np.isin(pool, outside)] = error.max(initial=0.0)
    return np.sort(pool[apart_and_weighty(histories, error**2, count, generator)])


def apart_and_weighty(
    rows: Float[Array, "p k"], weight: Float[Array, "p"], count: int, generator: np.random.Generator
) -> Int[IntArray, "c"]:
    """Return rows that are far from each other and weigh much; fewer than ``count`` where no others are left.

    Parameters
    ----------
    rows : array, shape (p, k)
    weight : array, shape (p,)
        Not negative.
    count : int
    generator : Generator
    """
    distance = np.full(len(rows), 1.0)
    chosen: list[int] = []
    for _ in range(min(count, len(rows))):
        likely = weight * distance
        total = float(likely.sum())
        if not total > 0.0:
            break
        chosen.append(int(generator.choice(len(rows), p=likely / total)))
        apart = ((rows - rows[chosen[-1]]) ** 2).sum(axis=1)
        distance = apart if len(chosen) == 1 else np.minimum(distance, apart)
    return np.array(chosen, dtype=np.int64)


def points_outside(result: Result) -> IntArray:
    """Return the Gauss points of cells that have left the range of the training data in some increment."""
    found = np.zeros(result.mesh.cell_count, dtype=bool)
    for fields in result.fields:
        if "training_reach" in fields:
            found |= fields["training_reach"] > 1.0
        if "exact_share" in fields:  # of a hybrid, which begins to hand over just before
            found |= fields["exact_share"] > 0.0
    return np.asarray(result.mesh.gauss_points(np.flatnonzero(found)), dtype=np.int64)
