"""A random slip system to start from, where neither a microstructure nor internal coordinates show the slips."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.forms.variational.slip_reduction import SlipSystem

ELASTIC_SHARE = 0.5
"""Size of P over that of B."""


def random_system(
    seed: int,
    y: int,
    states: int,
    sizes: tuple[int, ...],
    elasticity: Float[NDArray[np.float64], "v y"] | None,
) -> SlipSystem:
    """Return a slip system whose groups of slips begin to flow at strains of the size of the data's.

    Parameters
    ----------
    seed, y, states : int
    sizes : tuple of int
        Slips of every group, all of them 1 where each flows alone.
    elasticity : array, shape (v, y), optional
        Elastic response that it is going to have.
    """
    generator = np.random.default_rng(seed)
    width = 1.0 / np.sqrt(states)
    root = (
        1.0 if elasticity is None else np.sqrt(np.trace(elasticity) / (ELASTIC_SHARE**2 + 1.0) / len(elasticity))
    )
    coupling = root * width * generator.standard_normal((states, y))
    normals = 2.0 / root * generator.standard_normal((states, sum(sizes)))
    return SlipSystem(
        root * ELASTIC_SHARE * np.eye(y), coupling, normals / np.sqrt(np.repeat(sizes, sizes)), sizes
    )
