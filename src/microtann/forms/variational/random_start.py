"""A random slip system to start from, where neither a microstructure nor internal coordinates show the slips."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import jax
import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.forms.variational.slip_reduction import SlipSystem
from microtann.tann.point import MaterialPoint
from microtann.training.objective import Terms
from microtann.training.optimise import Method

ELASTIC_SHARE = 0.5
"""Size of P over that of B."""
LEAST_TRIAL = 100
"""Updates below which a descent says nothing of where it leads: the first ones may well move away from it."""


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


def trial_updates(updates: int, share: float) -> int:
    """Return after how many of the updates several starts are compared."""
    return min(updates, max(int(np.ceil(share * updates)), LEAST_TRIAL))


def best_start(
    points: Sequence[MaterialPoint],
    descend: Callable[[MaterialPoint], Method],
    validate: Callable[[MaterialPoint], Terms],
    updates: int,
) -> MaterialPoint:
    """Return the best of several starts, each as it is or descended, whichever is better; a single one as it is.

    Parameters
    ----------
    points : sequence of MaterialPoint
    descend : callable
        Descent from a start.
    validate : callable
        Weighted terms of the loss on validation walks.
    updates : int
        Of each descent, see `trial_updates`.
    """
    if len(points) == 1:
        return points[0]
    loss = jax.jit(lambda point: sum(validate(point).values()))
    reached = []
    for point in points:
        method = descend(point)
        state = method.start
        while int(state.update) < updates:
            state, _ = method.block(state)
        for candidate in (point, method.point(state.parameters)):
            value = float(loss(candidate))
            reached.append((value if np.isfinite(value) else np.inf, candidate))
    return min(reached, key=lambda pair: pair[0])[1]
