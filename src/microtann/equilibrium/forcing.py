"""How accurate the linear solve of a Newton step has to be.

The tangent of an elastoplastic structure is piecewise constant. While bars or points change between rest and flow
a loose linear solve is enough; once the residual falls as the linear model predicts, the model is exact and the
next solve goes all the way to the tolerance (compare Eisenstat and Walker, SIAM J. Sci. Comput. 17, 1996).
"""

from __future__ import annotations

import numpy as np

from microtann.equilibrium.newton_policy import NewtonPolicy

LINEAR_LIMIT = 1e-12
"""No linear solve is asked for more relative accuracy than this."""
FAR_ITERATIONS = 30
"""Linear iterations of a Newton step while many bars or points still change between rest and flow."""
NEAR = 1e-2
"""Relative residual below which few of them still change."""


def forcing(
    norm: float, previous: float, left: float, goal: float, scale: float, policy: NewtonPolicy
) -> tuple[float, int]:
    """Return the relative accuracy of the next linear solve and the iterations it may take.

    ``left`` is the relative residual that the last linear solve left, ``scale`` the largest force.
    """
    loose = policy.linear_tolerance
    if policy.forcing == "constant":
        return loose, policy.max_linear_iterations
    to_goal = max(0.3 * goal / norm, LINEAR_LIMIT)
    # Far from equilibrium, and above all where bars flow without hardening, more accuracy is wasted or harmful.
    far = norm >= NEAR * scale
    limit = min(FAR_ITERATIONS, policy.max_linear_iterations) if far else policy.max_linear_iterations
    if left < 0.1 and norm <= 2.0 * left * previous:  # what the linear solve left: the linear model is exact
        return min(to_goal, loose), policy.max_linear_iterations
    if norm < 0.1 * previous:
        return float(np.clip((norm / previous) ** 2, to_goal, loose)), limit
    return loose, limit
