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
from microtann.homogenisation import flow_kernel, mixed_kernel, newton_kernel
from microtann.homogenisation.condensation import CondensedCell

Array = NDArray[np.float64]
Solver = Literal["active-set", "newton", "mixed"]

LEAST_HARDENING = 1e-12
"""Hardening, relative to Young's modulus, below which the flow may be undetermined."""

LITTLE_HARDENING = 1e-4
"""Hardening, relative to Young's modulus, below which the solvers take care of stiffness close to singular."""

PROXIMAL_PART = 1e-10
"""Proximal part of Newton's tangent, relative to the elastic stiffness, where bars harden little or not."""

LEAST_PIVOT = 1e-6
"""Least pivot of active sets, relative to the diagonal, where bars harden little or not."""


def most_slips(condensed: CondensedCell) -> int:
    """Return the number of trial slips up to which active sets are faster, from ``python -m benchmarks cell``."""
    unknowns = condensed.fluctuation_of_strain.size // condensed.elongation.shape[1]
    return int(12 + 0.6 * unknowns)


def not_hardening(condensed: CondensedCell) -> bool:
    """Return whether some bar has no hardening, so that its flow may be undetermined."""
    return bool((condensed.hardening <= LEAST_HARDENING * condensed.young).any())


def least_pivot(condensed: CondensedCell) -> float:
    """Return the least pivot of active sets: zero if all bars harden well."""
    return LEAST_PIVOT if _close_to_singular(condensed) else 0.0


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
    flow = condensed.hessian, condensed.coupling, condensed.resistance
    least = least_pivot(condensed)
    if solver == "active-set":
        path, step = flow_kernel.follow_paths(*flow, least, strain, start, plastic)
    else:
        cell = _newton_cell(condensed)
        response = np.ascontiguousarray(_flat(condensed.fluctuation_of_strain))
        inner = np.ascontiguousarray(_flat(condensed.fluctuation_of_plastic_strain))
        if solver == "newton":
            path, step = newton_kernel.follow_paths(cell, response, strain, start, start @ inner.T, plastic)
        else:
            most = most_slips(condensed)
            path, step = mixed_kernel.follow_paths(
                *flow, least, cell, response, inner, most, strain, start, plastic
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
    few = np.full(n, solver == "active-set")
    if solver != "newton":
        trial = strain @ condensed.coupling.T - plastic @ condensed.hessian
        if solver == "mixed":
            few = (np.abs(trial) > condensed.resistance).sum(axis=1) <= most_slips(condensed)
        chosen = np.flatnonzero(few)
        if len(chosen):
            failed = _update_few(condensed, chosen, trial, plastic, stiffness, tangent)
            if solver == "active-set" and len(failed):
                raise _failure(int(failed[0]))
            few[failed] = False
    chosen = np.flatnonzero(~few)
    if len(chosen):
        _update_many(condensed, chosen, strain, plastic, stiffness, tangent)
    return plastic, stiffness if tangent else None


def _update_few(
    condensed: CondensedCell,
    chosen: NDArray[np.intp],
    trial: Float[Array, "n m"],
    plastic: Float[Array, "n m"],
    stiffness: Float[Array, "k v v"],
    tangent: bool,
) -> NDArray[np.intp]:
    """Advance some points in place by active sets; return those whose flow was not found."""
    part, tangents = _part(chosen, plastic, stiffness, tangent)
    failed = np.empty(len(chosen), dtype=bool)
    flow_kernel.update_points(
        condensed.hessian,
        condensed.coupling,
        condensed.resistance,
        least_pivot(condensed),
        condensed.elasticity,
        trial if len(chosen) == len(trial) else trial[chosen],
        part,
        tangents,
        tangent,
        failed,
    )
    _put(chosen, part, tangents, plastic, stiffness)
    return chosen[failed]


def _update_many(
    condensed: CondensedCell,
    chosen: NDArray[np.intp],
    strain: Float[Array, "n v"],
    plastic: Float[Array, "n m"],
    stiffness: Float[Array, "k v v"],
    tangent: bool,
) -> None:
    """Advance some points in place by Newton's method."""
    part, tangents = _part(chosen, plastic, stiffness, tangent)
    strain = strain if len(chosen) == len(strain) else strain[chosen]
    start = part.copy()
    guess = np.ascontiguousarray(
        strain @ _flat(condensed.fluctuation_of_strain).T
        + start @ _flat(condensed.fluctuation_of_plastic_strain).T
    )
    point = newton_kernel.update_points(
        _newton_cell(condensed), *_newton_elasticity(condensed), guess, strain, start, part, tangents, tangent
    )
    if point >= 0:
        raise _failure(int(chosen[point]))
    _put(chosen, part, tangents, plastic, stiffness)


def _part(
    chosen: NDArray[np.intp], plastic: Float[Array, "n m"], stiffness: Float[Array, "k v v"], tangent: bool
) -> tuple[Array, Array]:
    """Return the arrays of the chosen points: the whole arrays themselves where all are chosen."""
    if len(chosen) == len(plastic):
        return plastic, stiffness
    return plastic[chosen], np.empty((len(chosen) if tangent else 0, *stiffness.shape[1:]))


def _put(chosen: NDArray[np.intp], part: Array, tangents: Array, plastic: Array, stiffness: Array) -> None:
    """Write the chosen points back."""
    if part is not plastic:
        plastic[chosen] = part
        if len(tangents):
            stiffness[chosen] = tangents


def _close_to_singular(condensed: CondensedCell) -> bool:
    return bool((condensed.hardening <= LITTLE_HARDENING * condensed.young).any())


def _failure(point: int) -> ConvergenceError:
    return ConvergenceError(
        f"the cell at material point {point} found no equilibrium; use smaller increments", worst=[point]
    )


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
        np.array([PROXIMAL_PART if _close_to_singular(condensed) else 0.0]),
    )


def _newton_elasticity(condensed: CondensedCell) -> tuple[Array, Array, Array]:
    """Return the elastic stiffness without fluctuation, its coupling to the fluctuation, and the condensed one."""
    weighted = (condensed.volume_fraction * condensed.young)[:, None] * condensed.elongation
    return condensed.elongation.T @ weighted, condensed.fluctuation_mapping.T @ weighted, condensed.elasticity
