"""The strain paths that increments of whole walks were made along, to be followed again in closed loop."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.data.increments import Increments
from microtann.errors import InputError


def strain_paths(data: Increments) -> Float[NDArray[np.float64], "B T v"]:
    """Return the total strains at the end of every increment of whole walks.

    Parameters
    ----------
    data : Increments
        Of walks of equal length from the virgin state that never start again, in any order.

    Raises
    ------
    InputError
        If there are no such walks.
    """
    order = np.lexsort((data.step, data.path))
    strain = data.strain[order]
    end = strain + data.strain_increment[order]
    _, count = np.unique(data.path, return_counts=True)
    if not len(count) or (count != count[0]).any():
        raise InputError("the increments do not make walks of equal length, which could be followed side by side")
    start, end = (values.reshape(len(count), count[0], -1) for values in (strain, end))
    gap = max(np.abs(start[:, 1:] - end[:, :-1]).max(initial=0.0), np.abs(start[:, 0]).max(initial=0.0))
    if gap > 1e-12 * np.abs(end).max(initial=0.0):
        raise InputError("a walk of the increments does not start in the virgin state, or starts again on its way")
    return end
