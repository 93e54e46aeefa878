"""The flow of a cell's bars over increments of average strain: which compiled solver takes which increment.

Active sets in the plastic strains are best while few bars flow at once, and wherever many points of a plane cell
advance together, which are solved eight at a time; Newton's method in the fluctuation where many bars of a single
point flow, and for many points of a cell in space, eight at a time too. All are exact to round-off and agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray

from microtann.errors import ConvergenceError
from microtann.microstructure.bars.condensed import increment_kernel, lane_newton_kernel, lane_slips_kernel
from microtann.microstructure.bars.condensed.condensation import CondensedCell
from microtann.system.threads import one_blas_thread

Array = NDArray[np.float64]
Solver = Literal["fastest", "active-set", "newton"]

LEAST_HARDENING = 1e-12
"""Hardening, relative to Young's modulus, below which the flow may be undetermined."""

FEW_POINTS = 4
"""Number of points from which eight are treated at once."""

LARGEST_SET = 100
"""Number of flowing bars up to which the dense matrices of active sets are small."""

SORTED_FROM = 300
"""Number of bars from which points are sorted by how many bars flow, for eight to need as many iterations."""


class _Way(NamedTuple):
    """Methods by which increments are solved; points that one cannot solve go to another.

    Parameters
    ----------
    many : {"active-set", "newton"} or None
        The method by which eight points are solved at once.
    most : int
        One at a time: up to how many bars beyond yield active sets are used, and Newton's method from there on.
    both : bool
        Whether the other one takes what fails.
    """

    many: Literal["active-set", "newton"] | None
    most: int
    both: bool


def _choose(condensed: CondensedCell, solver: Solver, points: int) -> _Way:
    """Return how points are best solved, from ``python -m benchmarks cell`` and ``slips``.

    Eight at a time need bars that all harden, and Newton's method three dimensions.
    """
    together = points >= FEW_POINTS and not condensed.close_to_singular
    in_space = condensed.gradient.shape[1] == 3
    if solver == "active-set":
        return _Way("active-set" if together else None, condensed.count, False)
    if solver == "newton":
        return _Way("newton" if together and in_space else None, -1, False)
    unknowns = condensed.gradient.shape[1] * len(condensed.fluctuation_of_strain)
    most = min(int(12 + 0.6 * unknowns), LARGEST_SET)
    return _Way(("newton" if in_space else "active-set") if together else None, most, True)


def not_hardening(condensed: CondensedCell) -> bool:
    """Return whether some bar has no hardening, so that its flow may be undetermined."""
    return bool((condensed.hardening <= LEAST_HARDENING * condensed.young).any())


def follow_strains(
    condensed: CondensedCell,
    strain: Float[Array, "B T v"],
    start: Float[Array, "B m"],
    solver: Solver = "fastest",
) -> Float[Array, "B T m"]:
    """Return the plastic strains of the distinct bars along strain paths from given plastic strains.

    Parameters
    ----------
    condensed : CondensedCell
    strain : array, shape (B, T, v)
    start : array, shape (B, m)
    solver : {"fastest", "active-set", "newton"}
        All give the same. By default the faster one for every increment, or the other where that fails.
        Active sets alone do not find flow that is not unique, which bars without hardening may have, and Newton's
        method alone may fail in cells without hardening that are almost regular. Increments are solved one at a
        time: what a path gets does not depend, even in its last bit, on the paths beside it.

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
    way = _choose(condensed, solver, 1)
    left = np.arange(len(strain))
    if way.most >= condensed.count and not condensed.close_to_singular:  # the first method of every increment
        left = np.flatnonzero(increment_kernel.follow_by_pivoting(condensed.slip_problem, strain, start, plastic))
    if len(left):
        part = np.empty((len(left), *plastic.shape[1:]))
        path, step = increment_kernel.follow_increments(
            condensed.slip_problem,
            condensed.fluctuation_problem,
            way.most,
            way.both,
            strain[left],
            start[left],
            part,
        )
        if path >= 0:
            raise ConvergenceError(
                f"no equilibrium of the cell was found in increment {step} of path {left[path]}: the flow of its "
                "bars does not settle; use smaller increments or more hardening",
                increment=step,
                worst=[int(left[path])],
            )
        plastic[left] = part
    return plastic


@dataclass(frozen=True)
class Advance:
    """What an increment does to n points of one cell.

    Parameters
    ----------
    plastic_strain : array, shape (n, m)
        Plastic strains of the distinct bars at its end.
    energy, dissipation : array, shape (n,)
        Free energy at its end, and what it dissipates, per unit volume of the cell.
    tangent : array, shape (n, v, v), or None
        Consistent tangent, symmetric positive semi-definite.
    """

    plastic_strain: Float[Array, "n m"]
    energy: Float[Array, "n"]
    dissipation: Float[Array, "n"]
    tangent: Float[Array, "n v v"] | None


@one_blas_thread()
def advance(
    condensed: CondensedCell,
    strain: Float[Array, "n v"],
    start: Float[Array, "n m"],
    tangent: bool = True,
    solver: Solver = "fastest",
) -> Advance:
    """Advance many points of one cell by an increment.

    Parameters
    ----------
    condensed : CondensedCell
    strain : array, shape (n, v)
        Average strain at the end of the increment.
    start : array, shape (n, m)
        Plastic strains of the distinct bars at its beginning.
    tangent : bool
    solver : {"fastest", "active-set", "newton"}
        As for `follow_strains`. Where there are more than a few points and all bars harden, eight points are
        treated at once, by Newton's method in three dimensions only.

    Raises
    ------
    ConvergenceError
        If the flow of some point was not found; it names the point.
    """
    strain = np.ascontiguousarray(strain)
    plastic = np.array(start, order="C")
    n, v = strain.shape
    stiffness = np.empty((n if tangent else 0, v, v))
    energy, dissipation = np.empty(n), np.empty(n)
    way = _choose(condensed, solver, n)
    if way.many == "newton":
        failed = _advance_by_newton(condensed, strain, plastic, stiffness, energy, dissipation)
    elif way.many == "active-set":
        failed = lane_slips_kernel.advance_slips(
            condensed.lane_slips, strain, plastic, stiffness, energy, dissipation
        )
    else:
        failed = np.ones(n, dtype=np.bool_)
    left = np.flatnonzero(failed)
    if len(left):
        part, tangents = plastic[left], np.empty((len(left) if tangent else 0, v, v))
        problem = condensed.slip_problem
        failed = increment_kernel.advance_one_by_one(
            problem,
            condensed.fluctuation_problem,
            way.most,
            way.both,
            condensed.elastic_stiffness,
            strain[left] @ problem.driving.T - (part * problem.resistance) @ problem.products,
            strain[left],
            part,
            tangents,
        )
        if failed.any():
            point = int(left[np.flatnonzero(failed)[0]])
            raise ConvergenceError(
                f"the cell at material point {point} found no equilibrium; use smaller increments", worst=[point]
            )
        dissipation[left] = np.abs(part - plastic[left]) @ condensed.resistance
        energy[left] = condensed.energy(strain[left], part)
        plastic[left] = part
        if tangent:
            stiffness[left] = tangents
    return Advance(plastic, energy, dissipation, stiffness if tangent else None)


def _advance_by_newton(
    condensed: CondensedCell,
    strain: Float[Array, "n v"],
    plastic: Float[Array, "n m"],
    stiffness: Float[Array, "k v v"],
    energy: Float[Array, "n"],
    dissipation: Float[Array, "n"],
) -> Bool[NDArray[np.bool_], "n"]:
    """Advance points in place, eight at a time, by Newton's method; return which failed and stay as they are."""
    cell, order = condensed.fluctuation_problem, condensed.elimination
    guess = strain @ cell.of_strain.T + plastic @ cell.of_plastic_strain.T
    sequence = np.arange(len(strain))
    if condensed.count >= SORTED_FROM:
        flowing = lane_newton_kernel.count_flowing(cell, order, guess, strain, plastic)
        sequence = np.argsort(flowing, kind="stable")
    return lane_newton_kernel.advance_by_newton(
        cell,
        condensed.elastic_stiffness,
        order,
        sequence,
        guess,
        strain,
        plastic,
        stiffness,
        energy,
        dissipation,
    )
