"""The internal state variables in a structure over its increments: the network along the strains once more."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.fem.model import Result
from microtann.fem.replay import durations, follow, strain_histories
from microtann.tann.trained_model import TANN

Array = NDArray[np.float64]
CELLS = 512
"""Cells of the mesh that are followed at a time."""


def state_evolution(result: Result, tann: TANN, increments: Sequence[int]) -> Float[Array, "i E z"]:
    """Return the internal state variables at the end of some increments, averages over every cell of the mesh.

    Parameters
    ----------
    result : Result
        Of finite elements with the model. It keeps the states of the end only, but the displacements of every
        increment.
    tann : TANN
    increments : sequence of int
        Counted from 0, in rising order.
    """
    mesh = result.mesh
    times = [time for time, _ in result.accepted()]
    wanted = [times.index(float(result.time[i])) for i in increments]
    found = np.zeros((len(wanted), mesh.cell_count, tann.states))
    dt, volumes = durations(result), mesh.weights.ravel()
    for first in range(0, mesh.cell_count, CELLS):
        cells = np.arange(first, min(first + CELLS, mesh.cell_count))
        points = mesh.gauss_points(cells)
        weights, starts = volumes[points][:, None], mesh.first_points[cells] - points[0]
        for at, (_, state) in enumerate(follow(tann, strain_histories(result, points), dt)):
            if at in wanted:
                total = np.add.reduceat(state["isv"] * weights, starts)
                found[wanted.index(at), cells] = total / np.add.reduceat(weights, starts)
    return found
