"""Rigid rotation of nodes as prescribed displacements."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike, NDArray

from microtann.equilibrium.steps import AXIS_NUMBERS, Nodes, Prescribed
from microtann.errors import InputError
from microtann.numbers.checks import as_floats

Array = NDArray[np.float64]


def rigid_rotation(
    nodes: Nodes, degrees: float, axis: str = "z", centre: ArrayLike = 0.0, free_along_axis: bool = False
) -> tuple[Prescribed, ...]:
    """Return the displacements of nodes that turn as a rigid body about an axis.

    They are (R(ω) − I)(x − centre) at the end of the step. Within a step displacements grow linearly, so that a
    large angle is to be reached in several steps where the way matters.

    Parameters
    ----------
    nodes : integer array, mask, callable or str
        As for `Prescribed`; a face, for instance.
    degrees : float
        Angle from the undeformed body, positive by the right-hand rule.
    axis : {"z", "x", "y"}
        Direction of the axis; in the plane it is "z".
    centre : array, shape (d,), or float
        A point of the axis; that of the coordinates if left out.
    free_along_axis : bool
        Whether the nodes may move along the axis, as the warping ends of a twisted bar; else they are held in it.
        True in the plane, where there is no such component.

    Raises
    ------
    InputError
        If the angle is not finite, the axis is not known, or (when a step is solved) it does not fit the points.

    Examples
    --------
    >>> from microtann import fem
    >>> held = [fem.Prescribed(lambda x: x[:, 2] == 0, axis) for axis in "xyz"]
    >>> top = lambda x: x[:, 2] == 20
    >>> steps = [fem.Step([*held, *fem.rigid_rotation(top, angle)]) for angle in (20.0, 40.0, 60.0)]
    >>> [item.component for item in steps[0].prescribed[3:]]
    ['x', 'y', 'z']
    """
    if axis not in AXIS_NUMBERS:
        raise InputError(f"the axis of a rotation is 'x', 'y' or 'z', got {axis!r}")
    if not np.isfinite(degrees):
        raise InputError(f"the angle of a rotation must be finite, got {degrees!r}")
    origin = as_floats("the centre of a rotation", centre)
    names = "xyz"
    first, second = names[(AXIS_NUMBERS[axis] + 1) % 3], names[(AXIS_NUMBERS[axis] + 2) % 3]
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))

    def arm(points: Float[Array, "n d"], name: str) -> Float[Array, "n"]:
        if origin.shape not in ((), points.shape[1:]) or not np.isfinite(origin).all():
            raise InputError(f"the centre of a rotation has {points.shape[1]} finite coordinates, got {centre!r}")
        return points[:, AXIS_NUMBERS[name]] - np.broadcast_to(origin, points.shape[1:])[AXIS_NUMBERS[name]]

    turned = (
        Prescribed(nodes, first, lambda x: (cos - 1.0) * arm(x, first) - sin * arm(x, second)),
        Prescribed(nodes, second, lambda x: sin * arm(x, first) + (cos - 1.0) * arm(x, second)),
    )
    return turned if free_along_axis else (*turned, Prescribed(nodes, axis))
