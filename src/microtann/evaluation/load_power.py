"""How wrong the loads on a structure are, as the stresses at sampled Gauss points tell.

By virtual work the loads and reactions that move do the work ∫ S·ΔE dV in an increment. Where the exact
stresses S along the strains of the network are known at sampled points, so is the error of this work. In one
increment from rest it is to first order that of the forces which move the structure: by how much its strains
differ from those of the exact material does not enter, since both displacements obey the same supports and the
work is stationary there. Along a history it is an approximation, since the strains of before differ as well.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray

Array = NDArray[np.float64]
RESAMPLED = 200
"""How often the sample is drawn from itself, for the interval of the error."""


def represented_volumes(
    work: Float[Array, "n"], by_work: Bool[NDArray[np.bool_], "n"], volume: float, whole: float
) -> Float[Array, "n"]:
    """Return the volume that every sampled point stands for, in a sum over both ways in which points were drawn.

    Parameters
    ----------
    work : array, shape (n,)
        What the points have dissipated, per volume.
    by_work : array of bool, shape (n,)
        Whether a point was drawn in proportion to its work; else in proportion to its volume.
    volume, whole : float
        Of the structure: its volume, and what it has dissipated.
    """
    worked = int(np.count_nonzero(by_work))
    density = np.full(len(work), (len(work) - worked) / volume)
    if worked:
        density += worked * np.maximum(work, 0.0) / whole
    with np.errstate(divide="ignore"):
        return np.asarray(1.0 / density)  # one that was drawn has a density


def load_power_error(
    model: Float[Array, "n T"], exact: Float[Array, "n T"], represented: Float[Array, "n"]
) -> tuple[float, float] | None:
    """Return the error of the work of the loads, relative RMS over the increments, and half its 95 % interval.

    Parameters
    ----------
    model, exact : array, shape (n, T)
        S·ΔE of every increment at sampled points.
    represented : array, shape (n,)
        Volume that they stand for (`represented_volumes`).

    Returns
    -------
    (float, float) or None
        The interval is that of the sample drawn from itself (bootstrap). None if nothing is done.
    """
    error, done = (model - exact) * represented[:, None], model * represented[:, None]
    if not np.abs(done).max(initial=0.0) > 0.0:
        return None
    generator = np.random.default_rng(0)
    counts = generator.multinomial(len(done), np.full(len(done), 1.0 / len(done)), size=RESAMPLED).astype(
        np.float64
    )
    found = [float(_ratio(weight @ error, weight @ done)) for weight in counts]
    return float(_ratio(error.sum(axis=0), done.sum(axis=0))), 1.96 * float(np.std(found))


def _ratio(error: Float[Array, "T"], done: Float[Array, "T"]) -> float:
    return float(np.linalg.norm(error) / np.linalg.norm(done))
