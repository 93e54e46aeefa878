"""Resultants of the forces of supports on some nodes, and the axis that is meant by a face."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike, NDArray

from microtann.equilibrium.steps import AXIS_NUMBERS
from microtann.errors import InputError
from microtann.numbers.checks import as_floats

Array = NDArray[np.float64]
FLAT = 1e-6
"""Nodes that differ along an axis by less than this fraction of the body lie in a plane normal to it."""


def axis_number(axis: int | str, dimension: int, what: str = "axis") -> int:
    """Return the number of an axis, given by name or, counted from the last one too, by number.

    Parameters
    ----------
    axis : int or str
        0, 1, 2, or "x", "y", "z".
    dimension : int
        Of the body; what turns about "z" in the plane has three.
    what : str
        What messages call it.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    number = AXIS_NUMBERS.get(axis, dimension) if isinstance(axis, str) else axis
    whole = isinstance(number, int | np.integer) and not isinstance(number, bool)
    if not whole or not -dimension <= number < dimension:
        names = ", ".join(map(repr, "xyz"[:dimension]))
        raise InputError(f"there is no {what} {axis!r}: name one of {names}")
    return int(number) % dimension


def face_axis(points: Float[Array, "N d"], nodes: Int[NDArray[np.int64], "k"], asked: str) -> int:
    """Return the axis that is normal to the plane (in the plane: the line) of some nodes.

    Parameters
    ----------
    points : array, shape (N, d)
        Of the body.
    nodes : integer array, shape (k,)
    asked : str
        What needs the axis, for messages.

    Raises
    ------
    InputError
        If they lie in no plane normal to one of the axes, or in several, as a single node does.
    """
    extent, size = np.ptp(points[nodes], axis=0), np.ptp(points, axis=0)
    flat = np.flatnonzero((extent <= FLAT * size.max()) & (size > FLAT * size.max()))
    if len(flat) != 1:
        several = "several planes" if len(flat) else "no plane"
        raise InputError(
            f"the nodes lie in {several} normal to an axis, so that the axis of {asked} is not known: say "
            + " or ".join(f"axis={name!r}" for name in "xyz"[: points.shape[1]])
        )
    return int(flat[0])


def moment(
    points: Float[Array, "k d"], forces: Float[Array, "I k d"], centre: ArrayLike
) -> Float[Array, "I 3"] | Float[Array, "I"]:
    """Return the moment of forces about a point; in the plane a number, positive from x to y.

    Parameters
    ----------
    points : array, shape (k, d)
        Where the forces act.
    forces : array, shape (I, k, d)
    centre : float or array, shape (d,)

    Raises
    ------
    InputError
        If the centre is no point.
    """
    d = points.shape[1]
    given = as_floats("the centre of a moment", centre)
    if given.shape not in ((), (d,)) or not np.isfinite(given).all():
        raise InputError(f"the centre of a moment has {d} finite coordinates, got {centre!r}")
    arm = points - given
    pairs = [(0, 1)] if d == 2 else [(1, 2), (2, 0), (0, 1)]
    about = [(arm[:, i] * forces[..., j] - arm[:, j] * forces[..., i]).sum(axis=1) for i, j in pairs]
    return about[0] if d == 2 else np.stack(about, axis=1)
