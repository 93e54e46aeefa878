"""The flow of a cell's bars over increments of average strain: the two compiled solvers, chosen by size.

Active sets in the plastic strains are best while few bars flow at once; Newton's method in the fluctuation where
the fluctuation has few unknowns, or where there are so many bars that dense active sets grow too large. Both are
exact to round-off and agree.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import ConvergenceError
from microtann.lattice import flow_kernel, newton_kernel
from microtann.lattice.condensation import CondensedCell

Array = NDArray[np.float64]
Solver = Literal["active-set", "newton"]

PROXIMAL_WEIGHT = 1e-5
"""Proximal term of bars without hardening, relative to their elastic stiffness; it does not change the result."""

LEAST_HARDENING = 1e-12
"""Hardening, relative to Young's modulus, below which the flow may be undetermined."""

NEWTON_UNKNOWNS = range(20, 31)
"""Unknowns of the fluctuation for which Newton's method is faster in spite of few bars."""

MANY_BARS = 300
"""Number of distinct bars from which Newton's method is faster."""


def best_solver(condensed: CondensedCell) -> Solver:
    """Return the faster solver for a cell, from measurements (``python -m benchmarks cell``)."""
    if not_hardening(condensed):
        return "active-set"
    unknowns = condensed.fluctuation_of_strain.size // condensed.elongation.shape[1]
    return "newton" if unknowns in NEWTON_UNKNOWNS or condensed.count >= MANY_BARS else "active-set"


def not_hardening(condensed: CondensedCell) -> bool:
    """Return whether some bar has no hardening, so that its flow may be undetermined."""
    return bool((condensed.hardening <= LEAST_HARDENING * condensed.young).any())


def proximal_floor(condensed: CondensedCell) -> Float[Array, "m"]:
    """Return the proximal weights of the flow problem: zero unless some bar has no hardening."""
    weight = PROXIMAL_WEIGHT if not_hardening(condensed) else 0.0
    return weight * condensed.volume_fraction * condensed.young


def follow(
    condensed: CondensedCell,
    strain: Float[Array, "B T v"],
    start: Float[Array, "B m"],
    solver: Solver | None = None,
) -> Float[Array, "B T m"]:
    """Return the plastic strains of the distinct bars along strain paths from given plastic strains.

    Parameters
    ----------
    condensed : CondensedCell
    strain : array, shape (B, T, v)
    start : array, shape (B, m)
    solver : {"active-set", "newton"}, optional
        Both give the same; by default the faster one for the cell.

    Returns
    -------
    array, shape (B, T, m)

    Raises
    ------
    ConvergenceError
        If the flow of some increment was not found.
    """
    strain, start = np.ascontiguousarray(strain), np.ascontiguousarray(start)
    plastic = np.empty((*strain.shape[:2], condensed.count))
    if (solver or best_solver(condensed)) == "newton":
        fluctuation = start @ _flat(condensed.fluctuation_of_plastic_strain).T
        cell, response = _newton_cell(condensed), np.ascontiguousarray(_flat(condensed.fluctuation_of_strain))
        path, step = newton_kernel.follow_paths(cell, response, strain, start, fluctuation, plastic)
    else:
        path, step, _ = flow_kernel.follow_paths(
            condensed.hessian,
            condensed.coupling,
            condensed.resistance,
            proximal_floor(condensed),
            strain,
            start,
            plastic,
        )
    if path >= 0:
        raise ConvergenceError(
            f"no equilibrium of the cell was found in increment {step} of path {path}: the flow of its bars does "
            "not settle; use smaller increments or more hardening",
            increment=step,
            worst=[path],
        )
    return plastic


def update(
    condensed: CondensedCell,
    strain: Float[Array, "n v"],
    start: Float[Array, "n m"],
    tangent: bool = True,
    solver: Solver | None = None,
) -> tuple[Float[Array, "n m"], Float[Array, "n v v"] | None]:
    """Advance many points of one cell by an increment.

    Parameters
    ----------
    condensed : CondensedCell
    strain : array, shape (n, v)
        Average strain at the end of the increment.
    start : array, shape (n, m)
        Plastic strains of the distinct bars at its beginning.
    tangent : bool
    solver : {"active-set", "newton"}, optional

    Returns
    -------
    plastic_strain : array, shape (n, m)
    tangent : array, shape (n, v, v), or None
        Consistent tangent, symmetric positive semi-definite.

    Raises
    ------
    ConvergenceError
        If the flow of some point was not found; it names the point.
    """
    strain = np.ascontiguousarray(strain)
    n, v = strain.shape
    stiffness = np.empty((n if tangent else 0, v, v))
    if (solver or best_solver(condensed)) == "newton":
        plastic = np.empty((n, condensed.count))
        start = np.ascontiguousarray(start)
        guess = np.ascontiguousarray(
            strain @ _flat(condensed.fluctuation_of_strain).T
            + start @ _flat(condensed.fluctuation_of_plastic_strain).T
        )
        point = newton_kernel.update_points(
            _newton_cell(condensed),
            *_newton_elasticity(condensed),
            guess,
            strain,
            start,
            plastic,
            stiffness,
            tangent,
        )
    else:
        plastic = np.array(start, order="C")
        trial = np.ascontiguousarray(strain @ condensed.coupling.T - plastic @ condensed.hessian)
        point, _ = flow_kernel.update_points(
            condensed.hessian,
            condensed.coupling,
            condensed.resistance,
            proximal_floor(condensed),
            condensed.elasticity,
            trial,
            plastic,
            stiffness,
            tangent,
        )
    if point >= 0:
        raise ConvergenceError(
            f"the cell at material point {point} found no equilibrium; use smaller increments",
            worst=[point],
        )
    return plastic, stiffness if tangent else None


def _flat(fluctuation: Float[Array, "n d c"]) -> Float[Array, "nd c"]:
    return fluctuation.reshape(-1, fluctuation.shape[-1])


def _newton_cell(condensed: CondensedCell) -> tuple[NDArray[np.int64] | Array, ...]:
    """Return the cell as the Newton kernel takes it."""
    return (
        np.ascontiguousarray(condensed.ends[:, 0]),
        np.ascontiguousarray(condensed.ends[:, 1]),
        condensed.gradient,
        condensed.elongation,
        condensed.volume_fraction,
        condensed.young,
        condensed.yield_stress,
        condensed.hardening,
        condensed.fluctuation_stiffness,
        np.array([np.abs(condensed.gradient).max()]),
    )


def _newton_elasticity(condensed: CondensedCell) -> tuple[Array, Array, Array]:
    """Return the elastic stiffness without fluctuation, its coupling to the fluctuation, and the condensed one."""
    weighted = (condensed.volume_fraction * condensed.young)[:, None] * condensed.elongation
    return condensed.elongation.T @ weighted, condensed.fluctuation_mapping.T @ weighted, condensed.elasticity
