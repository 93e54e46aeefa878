"""The flow of a cell's bars over increments of average strain: compiled solvers, chosen for every increment.

Of a single point or path, active sets in the plastic strains are best while few bars flow at once, Newton's method
in the fluctuation where many do. Where many points advance together, Newton's method treats eight of them at once.
All are exact to round-off and agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import ConvergenceError
from microtann.microstructure.bars.condensed import increment_kernel, lane_newton_kernel
from microtann.microstructure.bars.condensed.condensation import CondensedCell
from microtann.microstructure.bars.condensed.problems import (
    close_to_singular,
    elastic_stiffness,
    fluctuation_problem,
    plastic_problem,
)

Array = NDArray[np.float64]
Solver = Literal["active-set", "newton", "mixed"]
PointSolver = Literal["active-set", "newton", "mixed", "lanes", "fastest"]

LEAST_HARDENING = 1e-12
"""Hardening, relative to Young's modulus, below which the flow may be undetermined."""

FEW_POINTS = 4
"""Number of points from which eight are treated at once."""

SORTED_FROM = 300
"""Number of bars from which points are sorted by how many bars flow, for eight to need as many iterations."""


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
        All give the same. By default "mixed", the faster one for every increment, or the other where that fails.
        Active sets alone do not find flow that is not unique, which bars without hardening may have, and Newton's
        method alone may fail in cells without hardening that are almost regular.

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
    path, step = increment_kernel.follow_paths(
        plastic_problem(condensed),
        fluctuation_problem(condensed),
        *_methods(condensed, solver),
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


def advance(
    condensed: CondensedCell,
    strain: Float[Array, "n v"],
    start: Float[Array, "n m"],
    tangent: bool = True,
    solver: PointSolver = "fastest",
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
    solver : {"fastest", "lanes", "mixed", "newton", "active-set"}
        All give the same. "lanes" treats eight points at once, and needs three dimensions and bars that harden; it
        is the fastest where there are more than a few points, and "mixed" otherwise.

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
    if solver == "lanes" or (solver == "fastest" and n >= FEW_POINTS and _fits_lanes(condensed)):
        cell = fluctuation_problem(condensed)
        guess = strain @ cell.of_strain.T + plastic @ cell.of_plastic_strain.T
        sequence = np.arange(n)
        if condensed.count >= SORTED_FROM:
            flowing = lane_newton_kernel.count_flowing(cell, condensed.elimination, guess, strain, plastic)
            sequence = np.argsort(flowing, kind="stable")
        left = np.flatnonzero(
            lane_newton_kernel.update_points(
                cell,
                elastic_stiffness(condensed),
                condensed.elimination,
                sequence,
                guess,
                strain,
                plastic,
                stiffness,
                energy,
                dissipation,
            )
        )
    else:
        left = np.arange(n)
    if len(left):
        part, tangents = plastic[left], np.empty((len(left) if tangent else 0, v, v))
        failed = increment_kernel.update_points(
            plastic_problem(condensed),
            fluctuation_problem(condensed),
            *_methods(condensed, "mixed" if solver in ("fastest", "lanes") else solver),
            elastic_stiffness(condensed),
            strain[left] @ condensed.coupling.T - part @ condensed.hessian,
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


def _methods(condensed: CondensedCell, solver: str) -> tuple[int, bool]:
    """Return up to how many trial slips active sets are used, and whether either method may help the other."""
    if solver == "mixed":
        return most_slips(condensed), True
    return condensed.count if solver == "active-set" else -1, False


def _fits_lanes(condensed: CondensedCell) -> bool:
    return condensed.gradient.shape[1] == 3 and not close_to_singular(condensed)
