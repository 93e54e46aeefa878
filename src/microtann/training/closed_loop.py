"""The error of a trained model along the walks of a data set, its own state being fed back."""

from __future__ import annotations

import numpy as np

from microtann.data.increments import Increments
from microtann.data.whole_walks import whole_walks
from microtann.errors import InputError
from microtann.tann.model import TANN
from microtann.tann.recall import follow_paths


def closed_loop_error(tann: TANN, data: Increments) -> float:
    """Return the relative root mean square error of the stress in closed loop; infinite if it is not finite.

    Models are chosen by this error on validation walks, never on the protocol.

    Parameters
    ----------
    tann : TANN
    data : Increments
        Whole walks.

    Raises
    ------
    InputError
        If the data have other strain components or extra state variables, or hold no whole walk.
    """
    y = len(tann.scaling.driving)
    if (data.strain.shape[1], data.strain.shape[1] + data.extra.shape[1]) != (tann.components, y):
        raise InputError(
            f"the model has {tann.components} strain components and {y - tann.components} extra state variables, "
            f"the data have {data.strain.shape[1]} and {data.extra.shape[1]}"
        )
    walks = whole_walks(data)
    driving = np.concatenate([walks.strain, walks.extra], axis=2)
    stress = follow_paths(tann.point, driving, walks.dt)[0]
    with np.errstate(over="ignore", invalid="ignore"):  # a model may run away
        error = float(np.sum((stress - walks.stress)[walks.there] ** 2))
    size = float(np.sum(walks.stress[walks.there] ** 2))
    return float(np.sqrt(error / size)) if np.isfinite(error) and size > 0.0 else np.inf
