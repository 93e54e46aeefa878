"""Line search along a Newton step: on the energy where an increment is a convex minimisation, else on the work."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from microtann.equilibrium.nodal_vectors import NodalVectors
from microtann.equilibrium.system import Response
from microtann.numbers.illinois_kernel import Bracket, estimate, narrow

Array = NDArray[np.float64]
LARGEST_OVERSHOOT = 0.8
"""A full step is taken if the residual's work along it has not grown beyond this fraction with opposite sign."""
WORK_LEFT = 0.3
"""A shortened step is good enough when that work fell to this fraction."""
BRACKET_MARGIN = 0.05
"""Trials keep this fraction of the bracket away from its ends."""
TRIALS = 12


def line_search(
    evaluate: Callable[[Array, bool], Response],
    response: Response,
    moved: Array,
    direction: Array,
    residual: Array,
    external: Array,
    free: NDArray[np.bool_],
    convex: bool,
    vectors: NodalVectors | None = None,
) -> tuple[Array, Response, bool] | None:
    """Return the new displacement increment, the response there with its tangent, and whether the step was full.

    The full step is evaluated with its tangent, since it is nearly always taken; shorter trials without.
    For a convex problem the work g(s) of the residual along the step rises with s, and its zero is the minimum.

    Parameters
    ----------
    evaluate : callable
        Response to a displacement increment, with or without tangent.
    response : Response
        Response at ``moved``.
    moved, direction, residual, external : array, shape (n,)
        Displacement increment, Newton step, external minus internal forces on the free components, nodal forces.
    free : array of bool, shape (n,)
    convex : bool
    vectors : NodalVectors, optional
        Those of one process if left out.

    Returns
    -------
    (array, Response, bool) or None
        None if no trial was better.
    """
    vectors = vectors or NodalVectors()

    def slope(trial: Response) -> float:
        return vectors.dot(direction, trial.force - external)

    def potential(trial: Response, at: Array) -> float:
        return trial.energy + trial.dissipation - vectors.dot(external, at)

    def left(trial: Response) -> float:
        return vectors.norm((external - trial.force)[free])

    start_slope = -vectors.dot(direction, residual)
    full = evaluate(moved + direction, True)
    end_slope = slope(full)
    end_norm = left(full)
    norm = vectors.norm(residual)
    if np.isfinite(end_norm) and start_slope < 0.0:
        accepted = end_slope <= -LARGEST_OVERSHOOT * start_slope
        if convex:
            # ∫ g = change of the potential; below round-off of its terms the slope alone decides.
            change = potential(full, moved + direction) - potential(response, moved)
            visible = abs(start_slope) > 1e-9 * (abs(full.energy) + abs(full.dissipation))
            accepted = change <= 1e-4 * start_slope if visible else accepted
        elif end_norm < norm:
            accepted = True
        if accepted:
            return moved + direction, full, True
    elif np.isfinite(end_norm) and end_norm < norm:
        return moved + direction, full, True
    if not np.isfinite(end_slope) or start_slope >= 0.0 or end_slope <= 0.0:
        return _shorten(evaluate, left, moved, direction, norm)
    bracket = Bracket(0.0, 1.0, start_slope, end_slope, 0)
    for _ in range(TRIALS):
        fraction = estimate(bracket, BRACKET_MARGIN)
        value = slope(evaluate(moved + fraction * direction, False))
        if abs(value) <= -WORK_LEFT * start_slope:
            break
        bracket = narrow(bracket, fraction, value)
    moved = moved + fraction * direction
    return moved, evaluate(moved, True), False


def _shorten(
    evaluate: Callable[[Array, bool], Response],
    left: Callable[[Response], float],
    moved: Array,
    direction: Array,
    norm: float,
) -> tuple[Array, Response, bool] | None:
    """Halve a step that does not descend until the residual falls."""
    fraction = 0.5
    for _ in range(TRIALS):
        if left(evaluate(moved + fraction * direction, False)) < norm:
            moved = moved + fraction * direction
            return moved, evaluate(moved, True), False
        fraction *= 0.5
    return None
