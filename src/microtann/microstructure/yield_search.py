"""Where a material that tells no more than its increments first yields."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import ConvergenceError
from microtann.materials.protocol import Material

Array = NDArray[np.float64]
FLOWS = 1e-9
"""Dissipation, relative to the energy of the increment, from which something flows."""
STEPS = 60
"""Most doublings or halvings before a bracket counts as not found."""
HALVINGS = 8
"""Of a bracket from f to 2 f: the factors are right to 0.3 %."""


def search_first_yield(material: Material, strain: Float[Array, "n v"]) -> Float[Array, "n"]:
    """Return the factors by which strains yield for the first time; infinite where they never do.

    Loading in one direction from the virgin state yields in a single increment if it yields in small ones, so that
    single increments tell.

    Parameters
    ----------
    material : Material
    strain : array, shape (n, v)
    """
    n = len(strain)

    def yields(factor: Float[Array, "n"]) -> NDArray[np.bool_]:
        state = material.initial_state(n)
        try:
            _, _, after = material.update(factor[:, None] * strain, state, 1.0, False)
        except ConvergenceError:  # what stays elastic has an answer
            return np.ones(n, dtype=bool)
        stored = np.abs(after["energy"] - state["energy"])
        return np.asarray(after["dissipation"] > FLOWS * (stored + np.abs(after["dissipation"])))

    low = np.full(n, 1.0)
    flowing = yields(low)
    step = np.where(flowing, 0.5, 2.0)
    searching = np.ones(n, dtype=bool)
    for _ in range(STEPS):
        trial = np.where(searching, low * step, low)
        changed = searching & (yields(trial) != flowing)
        low = np.where(searching & ~(changed & ~flowing), trial, low)  # the last that does not yield
        searching &= ~changed
        if not searching.any():
            break
    high = 2.0 * low
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        beyond = yields(middle)
        low, high = np.where(beyond, low, middle), np.where(beyond, middle, high)
    return np.where(searching, np.where(flowing, 0.0, np.inf), 0.5 * (low + high))
