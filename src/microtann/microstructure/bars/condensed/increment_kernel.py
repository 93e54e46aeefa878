"""Increments of a cell one at a time, by active sets or by Newton's method, compiled for speed.

Bars whose trial force exceeds their resistance tell beforehand how many will flow: up to a number of them active
sets in the plastic strains are best (`microtann.slips.reference_kernel`), beyond it Newton's method in the
fluctuation. Each may leave an increment to the other: active sets one whose flow is not unique, for want of
hardening, Newton's method one in which bars sit on the verge of yield and their senses of flow go in circles.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from microtann.microstructure.bars.condensed.newton_kernel import (
    empty_fluctuation,
    equilibrate_cell,
    fluctuation_tangent,
    guess_elastic,
)
from microtann.slips.dense_cholesky_kernel import solve_dense_lower_columns
from microtann.slips.reference_kernel import pivot, solve_slips
from microtann.slips.return_map_kernel import yields
from microtann.slips.slip_search_kernel import SPANNED, empty_search

REFRESH = 32
"""The forces of the plastic strains are summed afresh after so many increments, against round-off."""

BY_ACTIVE_SETS = 2


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _gather(resistance, found, search):
    """Write the slips and the flowing bars that Newton's method found; return their number."""
    count = 0
    for i in range(found.sign.shape[0]):
        if found.sign[i] != 0:
            search.slip[count] = resistance[i] * found.increment[i]
            search.active[count] = i
            count += 1
    return count


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _advance(problem, cell, most, both, average, plastic, trial, search, found):
    """Find the flow of one increment.

    Parameters
    ----------
    problem, cell : BarSlipProblem, FluctuationProblem
        The two forms of the problem of one cell.
    most : int
        Number of bars beyond yield at the trial up to which active sets are used.
    both : bool
        Whether the other method takes an increment that one leaves.
    average, plastic, trial : (v,), (m,), (m,)
        Average strain, plastic strains before the increment, trial forces over resistances.
    search, found : SlipSearch, Fluctuation, out

    Returns
    -------
    (int, int)
        Number of flowing bars, or −1; and 2 if they are an active set, else what `equilibrate_cell` returned.
    """
    beyond = 0
    for i in range(trial.shape[0]):
        beyond += abs(yields(trial[i], 1.0))
    if beyond == 0:
        return 0, BY_ACTIVE_SETS
    by_sets = beyond <= most
    for _ in range(2 if both else 1):
        if by_sets:
            if problem.least_pivot > 0.0:
                count = pivot(problem.products, trial, problem.least_pivot, search)
            else:
                count = solve_slips(problem.products, trial, search)
            if count >= 0:
                return count, BY_ACTIVE_SETS
        else:
            guess_elastic(cell, average, plastic, found.w)
            state = equilibrate_cell(cell, average, plastic, found)
            if state >= 0:
                return _gather(problem.resistance, found, search), state
        by_sets = not by_sets
    return -1, -1


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _drive(problem, average, afresh, plastic, force, trial):
    """Write the trial forces, and those of the plastic strains where they are to be summed afresh."""
    products, driving, resistance = problem.products, problem.driving, problem.resistance
    m, v = driving.shape
    if afresh:
        for i in range(m):
            total = 0.0
            for j in range(m):
                total += products[i, j] * resistance[j] * plastic[j]
            force[i] = total
    for i in range(m):
        total = -force[i]
        for c in range(v):
            total += driving[i, c] * average[c]
        trial[i] = total


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _flow(problem, search, count, plastic, force, result):
    """Let the plastic strains and their forces follow the slips that were found, and write the strains."""
    products, resistance = problem.products, problem.resistance
    for a in range(count):
        j = search.active[a]
        slip = search.slip[a]
        plastic[j] += slip / resistance[j]
        for i in range(len(force)):
            force[i] += products[j, i] * slip
    for i in range(len(plastic)):
        result[i] = plastic[i]


@njit(cache=True, nogil=True, error_model="numpy")
def follow_by_pivoting(problem, strain, start, plastic_strain):
    """Follow strain paths by block pivoting alone, which compiles in a fraction of the time of all methods.

    Parameters
    ----------
    problem : BarSlipProblem
    strain, start : (B, T, v), (B, m)
        The plastic strains are those before the first increment.
    plastic_strain : (B, T, m) out

    Returns
    -------
    array of bool, shape (B,)
        Paths with an increment that it cannot solve.
    """
    (paths, steps, _), m = strain.shape, start.shape[1]
    state, trial, force, search = np.empty(m), np.empty(m), np.empty(m), empty_search(m, m)
    failed = np.zeros(paths, dtype=np.bool_)
    for p in range(paths):
        for i in range(m):
            state[i] = start[p, i]
        for t in range(steps):
            _drive(problem, strain[p, t], t % REFRESH == 0, state, force, trial)
            count = pivot(problem.products, trial, SPANNED, search)
            if count < 0:
                failed[p] = True
                break
            _flow(problem, search, count, state, force, plastic_strain[p, t])
    return failed


@njit(cache=True, nogil=True, error_model="numpy")
def follow_increments(problem, cell, most, both, strain, start, plastic_strain):
    """Follow strain paths from given plastic strains.

    Parameters
    ----------
    problem, cell, most, both
        As for `_advance`.
    strain, start : (B, T, v), (B, m)
        The plastic strains are those before the first increment.
    plastic_strain : (B, T, m) out

    Returns
    -------
    (int, int)
        Path and step that failed, or (−1, −1).
    """
    (paths, steps, _), m = strain.shape, start.shape[1]
    state, trial, force = np.empty(m), np.empty(m), np.empty(m)
    search, found = empty_search(m, m), empty_fluctuation(m, cell.elastic.shape[0])
    for p in range(paths):
        for i in range(m):
            state[i] = start[p, i]
        for t in range(steps):
            _drive(problem, strain[p, t], t % REFRESH == 0, state, force, trial)
            count, _ = _advance(problem, cell, most, both, strain[p, t], state, trial, search, found)
            if count < 0:
                return p, t
            _flow(problem, search, count, state, force, plastic_strain[p, t])
    return -1, -1


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "reassoc"})
def advance_one_by_one(problem, cell, most, both, elastic, trial, strain, plastic_strain, tangent):
    """Advance many material points by one increment and give their consistent tangents.

    Parameters
    ----------
    problem, cell, most, both
        As for `_advance`.
    elastic : ElasticStiffness
    trial : (n, m)
        Driving forces over resistances at the end of the increment, if no bar flowed.
    strain : (n, v)
        Average strain at the end of the increment.
    plastic_strain : (n, m) in and out
    tangent : (n, v, v), or (0, v, v) where it is not wanted, out

    Returns
    -------
    array of bool, shape (n,)
        Points whose flow was not found; they stay as they are.
    """
    (n, v), m = strain.shape, trial.shape[1]
    search, found = empty_search(m, m), empty_fluctuation(m, cell.elastic.shape[0])
    half, failed = np.empty((m, v)), np.zeros(n, dtype=np.bool_)
    for p in range(n):
        count, state = _advance(problem, cell, most, both, strain[p], plastic_strain[p], trial[p], search, found)
        failed[p] = count < 0
        if failed[p]:
            continue
        if tangent.shape[0] > 0:
            if state == BY_ACTIVE_SETS:
                _soften_tangent(problem, elastic.condensed, search, count, half, tangent[p])
            else:
                failed[p] = not fluctuation_tangent(cell, elastic, state == 1, found, tangent[p])
        for a in range(count):
            i = search.active[a]
            plastic_strain[p, i] += search.slip[a] / problem.resistance[i]
    return failed


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _soften_tangent(problem, elasticity, search, count, half, tangent):
    """Write the tangent (v, v), Cᵉ − Q_Sᵀ (G_SS)⁻¹ Q_S with the flowing slips S; scratch (m, v) half."""
    v = elasticity.shape[0]
    for a in range(count):
        for c in range(v):
            half[a, c] = problem.driving[search.active[a], c]
    solve_dense_lower_columns(search.upper, count, half)
    for c in range(v):
        for e in range(c + 1):
            total = elasticity[c, e]
            for a in range(count):
                total -= half[a, c] * half[a, e]
            tangent[c, e] = total
            tangent[e, c] = total
