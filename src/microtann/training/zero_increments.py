"""Artificial zero increments, from which a network learns to rest (paper, Section IV.A)."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np

from microtann.data.increments import Increments


def with_zero_increments(data: Increments, fraction: float, seed: int) -> Increments:
    """Return the data with so many zero increments added that they are a fraction of the others.

    Zero increments that are there already count.

    Parameters
    ----------
    data : Increments
    fraction : float
        Zero increments over increments that move: 0.2 in the paper.
    seed : int
        Decides at which states they are added.
    """
    moving = (data.strain_increment != 0.0).any(axis=1) | (data.extra_increment != 0.0).any(axis=1)
    missing = round(fraction * np.count_nonzero(moving)) - np.count_nonzero(~moving)
    if missing <= 0:
        return data
    places = np.random.default_rng(seed).choice(np.flatnonzero(moving), missing)
    at = data.take(places)
    resting = replace(
        at,
        strain_increment=np.zeros_like(at.strain_increment),
        extra_increment=np.zeros_like(at.extra_increment),
        stress_next=at.stress,
        energy_next=at.energy,
        dissipation=np.zeros_like(at.dissipation),
        coordinates_next=at.coordinates,
    )
    both = {f.name: np.concatenate([getattr(data, f.name), getattr(resting, f.name)]) for f in fields(data)}
    return Increments(**both)
