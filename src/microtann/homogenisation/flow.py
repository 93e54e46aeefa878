"""The flow of a cell's bars over increments of average strain: two compiled solvers, chosen for every increment.

Active sets in the plastic strains are best while few bars flow at once, Newton's method in the fluctuation where
many do. Both are exact to round-off and agree.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import ConvergenceError
from microtann.homogenisation import flow_kernel, newton_kernel
from microtann.homogenisation.condensation import CondensedCell
from microtann.homogenisation.paths_kernel import follow_paths
from microtann.homogenisation.problems import fluctuation_problem, plastic_problem

Array = NDArray[np.float64]
Solver = Literal["active-set", "newton", "mixed"]

LEAST_HARDENING = 1e-12
"""Hardening, relative to Young's modulus, below which the flow may be undetermined."""


def most_slips(condensed: CondensedCell) -> int:
    """Return the number of trial slips up to which active sets are faster, from ``python -m benchmarks cell``."""
    unknowns = condensed.fluctuation_of_strain.size // condensed.elongation.shape[1]
    return int(12 + 0.6 * unknowns)


def not_hardening(condensed: CondensedCell) -> bool:
    """Return whether some bar has no hardening, so that its flow may be undetermined."""
    return bool((condensed.hardening <= LEAST_HARDENING * condensed.young).any())


def follow(
    condensed: CondensedCell,
    strain: Float[Array, "B T v"],
    start: Float[Array, "B m"],
    solver: Solver = "mixed",
) -> Float[Array, "B T m"]:
    """Return the plastic strains of the distinct bars along strain paths from given plastic strains.

    Parameters
    ----------
    condensed : CondensedCell
    strain : array, shape (B, T, v)
    start : array, shape (B, m)
    solver : {"mixed", "newton", "active-set"}
        All give the same. By default "mixed", the faster one for every increment. Active sets alone do not find
        flow that is not unique, which bars without hardening may have.

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
    most = {"active-set": condensed.count, "mixed": most_slips(condensed), "newton": -1}[solver]
    path, step = follow_paths(
        plastic_problem(condensed),
        fluctuation_problem(condensed),
        most,
        solver != "active-set",
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
    solver: Solver = "mixed",
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
    solver : {"mixed", "newton", "active-set"}

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
    plastic = np.array(start, order="C")
    n, v = strain.shape
    stiffness = np.empty((n if tangent else 0, v, v))
    by_sets = np.full(n, solver == "active-set")
    if solver != "newton":
        trial = strain @ condensed.coupling.T - plastic @ condensed.hessian
        if solver == "mixed":
            by_sets = (np.abs(trial) > condensed.resistance).sum(axis=1) <= most_slips(condensed)
        chosen = np.flatnonzero(by_sets)
        if len(chosen):
            failed = _by_active_sets(condensed, chosen, trial, plastic, stiffness)
            if solver == "active-set" and len(failed):
                raise _failure(int(failed[0]))
            by_sets[failed] = False
    chosen = np.flatnonzero(~by_sets)
    if len(chosen):
        _by_newton(condensed, chosen, strain, plastic, stiffness)
    return plastic, stiffness if tangent else None


def _by_active_sets(
    condensed: CondensedCell,
    chosen: NDArray[np.intp],
    trial: Float[Array, "n m"],
    plastic: Float[Array, "n m"],
    stiffness: Float[Array, "k v v"],
) -> NDArray[np.intp]:
    """Advance some points in place by active sets; return those whose flow was not found."""
    part, tangents = _part(chosen, plastic, stiffness)
    failed = np.empty(len(chosen), dtype=bool)
    flow_kernel.update_points(
        plastic_problem(condensed),
        condensed.elasticity,
        trial if len(chosen) == len(trial) else trial[chosen],
        part,
        tangents,
        failed,
    )
    _put(chosen, part, tangents, plastic, stiffness)
    return chosen[failed]


def _by_newton(
    condensed: CondensedCell,
    chosen: NDArray[np.intp],
    strain: Float[Array, "n v"],
    plastic: Float[Array, "n m"],
    stiffness: Float[Array, "k v v"],
) -> None:
    """Advance some points in place by Newton's method."""
    part, tangents = _part(chosen, plastic, stiffness)
    strain = strain if len(chosen) == len(strain) else strain[chosen]
    point = newton_kernel.update_points(
        fluctuation_problem(condensed), *_elastic_parts(condensed), strain, part, tangents
    )
    if point >= 0:
        raise _failure(int(chosen[point]))
    _put(chosen, part, tangents, plastic, stiffness)


def _part(
    chosen: NDArray[np.intp], plastic: Float[Array, "n m"], stiffness: Float[Array, "k v v"]
) -> tuple[Array, Array]:
    """Return the arrays of the chosen points: the whole arrays themselves where all are chosen."""
    if len(chosen) == len(plastic):
        return plastic, stiffness
    return plastic[chosen], np.empty((len(chosen) if len(stiffness) else 0, *stiffness.shape[1:]))


def _put(chosen: NDArray[np.intp], part: Array, tangents: Array, plastic: Array, stiffness: Array) -> None:
    """Write the chosen points back."""
    if part is not plastic:
        plastic[chosen] = part
        if len(tangents):
            stiffness[chosen] = tangents


def _failure(point: int) -> ConvergenceError:
    return ConvergenceError(
        f"the cell at material point {point} found no equilibrium; use smaller increments", worst=[point]
    )


def _elastic_parts(condensed: CondensedCell) -> tuple[Array, Array, Array]:
    """Return the elastic stiffness without fluctuation, its coupling to the fluctuation, and the condensed one."""
    weighted = (condensed.volume_fraction * condensed.young)[:, None] * condensed.elongation
    return condensed.elongation.T @ weighted, condensed.fluctuation_mapping.T @ weighted, condensed.elasticity
