"""Elastic increments, told by their dissipation or, where that is not known, by the stress alone.

Whatever yields answers less stiffly than what does not, while all elastic increments follow one linear law. It is
found from the first increments of walks, of which the smallest are the most likely elastic, by a fit that outliers
do not move (iteratively reweighted least squares), and then kept to those that follow it.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray

from microtann.data.increments import Increments

Array = NDArray[np.float64]
ELASTIC_DISSIPATION = 1e-10
"""An increment is elastic if it dissipates less than this fraction of the mean, where the data hold no noise."""
NOISE_MARGIN = 5.0
"""What is smaller than so many times the noise of the data is taken for noise."""
FOLLOWS = 1e-5
"""Relative deviation from the elastic law below which an increment follows it; others write seven digits."""
MOST_ELASTIC = 0.05
"""Share of the moving increments that stand in for elastic ones, where there are none."""
CANDIDATES_PER_UNKNOWN = 4
REWEIGHTINGS, REFITS = 60, 4


def elastic_increments(data: Increments) -> Bool[NDArray[np.bool_], "n"]:
    """Return which increments are elastic: those whose dissipation cannot be told from none.

    The second law forbids a negative dissipation, so what is negative is noise, and tells its size. Data without
    the dissipation are judged by their stress.
    """
    if "dissipation" in data.unknown:
        return elastic_by_stress(data)
    negative = data.dissipation[data.dissipation < 0.0]
    noise = NOISE_MARGIN * float(np.sqrt(np.mean(negative**2))) if negative.size else 0.0
    return data.dissipation <= max(ELASTIC_DISSIPATION * np.abs(data.dissipation).mean(), noise)


def most_elastic_increments(data: Increments) -> Bool[NDArray[np.bool_], "n"]:
    """Return the moving increments that dissipate least of the energy that they move, where none is elastic.

    In materials without an elastic domain these are the fastest ones, and those of little stress.
    """
    moved = np.concatenate([data.strain_increment, data.extra_increment], axis=1)
    moving = np.flatnonzero(np.linalg.norm(moved, axis=1) > 0.0)
    chosen = np.zeros(len(data), dtype=np.bool_)
    if "dissipation" in data.unknown:
        chosen[moving] = True
        return chosen
    change = np.linalg.norm(data.strain_increment, axis=1) * np.linalg.norm(data.stress_next - data.stress, axis=1)
    lost = data.dissipation[moving] / np.maximum(change[moving], np.finfo(np.float64).tiny)
    least = max(int(MOST_ELASTIC * len(moving)), CANDIDATES_PER_UNKNOWN * moved.shape[1])
    chosen[moving[np.argsort(lost, kind="stable")[:least]]] = True
    return chosen


def elastic_by_stress(data: Increments) -> Bool[NDArray[np.bool_], "n"]:
    """Return which increments follow the one linear law of the virgin state; none if there is no such law."""
    moved = np.concatenate([data.strain_increment, data.extra_increment], axis=1)
    change = data.stress_next - data.stress
    size = np.linalg.norm(moved, axis=1)
    moving = np.flatnonzero(size > 0.0)
    virgin = moving[(data.strain[moving] == 0.0).all(axis=1) & (data.stress[moving] == 0.0).all(axis=1)]
    least = CANDIDATES_PER_UNKNOWN * moved.shape[1]
    candidates = virgin[np.argsort(size[virgin], kind="stable")][: max(len(virgin) // 2, least)]
    if len(candidates) < least:
        candidates = moving
    elastic = np.zeros(len(data), dtype=np.bool_)
    if len(candidates) < moved.shape[1]:
        return elastic
    unit = moved / np.where(size > 0.0, size, 1.0)[:, None]
    answer = change / np.where(size > 0.0, size, 1.0)[:, None]
    law = _robust_fit(unit[candidates], answer[candidates])
    for _ in range(REFITS):
        error = np.linalg.norm(answer - unit @ law, axis=1)
        elastic = (size > 0.0) & (error <= FOLLOWS * np.linalg.norm(law))
        if np.linalg.matrix_rank(unit[elastic], tol=1e-8) < moved.shape[1]:
            return np.zeros(len(data), dtype=np.bool_)
        law, *_ = np.linalg.lstsq(unit[elastic], answer[elastic], rcond=None)
    still = (size == 0.0) & (np.linalg.norm(change, axis=1) == 0.0)
    return elastic | still


def _robust_fit(inputs: Float[Array, "k y"], outputs: Float[Array, "k v"]) -> Float[Array, "y v"]:
    """Return the linear map with the least sum of the norms of its errors."""
    law, *_ = np.linalg.lstsq(inputs, outputs, rcond=None)
    for _ in range(REWEIGHTINGS):
        error = np.linalg.norm(outputs - inputs @ law, axis=1)
        root = 1.0 / np.sqrt(np.maximum(error, 1e-9 * np.linalg.norm(law) + np.finfo(np.float64).tiny))
        law, *_ = np.linalg.lstsq(root[:, None] * inputs, root[:, None] * outputs, rcond=None)
    return np.asarray(law)
