"""The incremental flow problem, solved exactly by active sets, compiled for speed.

For one material point, with K symmetric positive semi-definite, k > 0 and the trial force r, find the increment

    x = argmin ½ x · K x − r · x + Σ kᵢ |xᵢ|,

the closed-form return mapping of many coupled slips. Block principal pivoting exchanges all wrong members of the
active set at once; if it does not settle, the feature-sign search, whose objective falls at every step, ends in
finitely many steps. Bars without hardening may share a flow that K leaves open; a set of slips on which K is close
to singular is refused where the problem asks for it.

The functions work in place on the arrays of a `Flow`, so that nothing is allocated in loops. Some are written into
their callers, since handing the arrays over costs as much as the flow of a small cell. They take K, k and
the limit of what counts as singular from a `microtann.microstructure.bars.condensed.problems.PlasticProblem`.

References
----------
- J. Kim and H. Park, Fast active-set-type algorithms for L1-regularized linear regression, AISTATS 2010.
- H. Lee, A. Battle, R. Raina and A. Y. Ng, Efficient sparse coding algorithms, NIPS 2007 (feature-sign search).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from microtann.slips.cholesky_kernel import (
    factorise,
    solve_lower,
    solve_lower_columns,
    solve_upper,
)
from microtann.slips.return_map_kernel import yields
from microtann.slips.yield_tolerance import YIELD_TOLERANCE

PIVOTING_ROUNDS = 20
SEARCH_ROUNDS = 10_000
FEASIBLE = 1e-11
"""Error of a slip's force, relative to the larger of resistance and trial force, that counts as none."""


class Flow(NamedTuple):
    """The flow of one point, in arrays that are used over and over.

    Parameters
    ----------
    increment : array, shape (m,)
        The minimiser x.
    sign : int8 array, shape (m,)
        Sense of the flow of every slip, 0 where it rests.
    active : int64 array, shape (m,)
        The flowing slips, in its first entries.
    upper : array, shape (m, m)
        Cholesky factor U of K on the flowing slips, kept for the tangent.
    residual : array, shape (m,)
        r − K x.
    work : array, shape (m,)
        Scratch.
    """

    increment: Any
    sign: Any
    active: Any
    upper: Any
    residual: Any
    work: Any


@njit(cache=True)
def empty_flow(m):
    """Return the arrays for m slips."""
    sign, active = np.empty(m, dtype=np.int8), np.empty(m, dtype=np.int64)
    return Flow(np.empty(m), sign, active, np.empty((m, m)), np.empty(m), np.empty(m))


@njit(inline="always", error_model="numpy", fastmath={"contract", "reassoc"})
def _factor(problem, flow, count):
    """Write U, UᵀU = K on the active slips; False unless its pivots exceed the least share of K's diagonal."""
    hessian, least, active, upper = problem.hessian, problem.least_pivot, flow.active, flow.upper
    for a in range(count):
        row = active[a]
        for b in range(a, count):
            upper[a, b] = hessian[row, active[b]]
    if not factorise(upper, count):
        return False
    if least > 0.0:
        for a in range(count):
            if upper[a, a] * upper[a, a] <= least * hessian[active[a], active[a]]:
                return False
    return True


@njit(inline="always", error_model="numpy", fastmath={"contract", "reassoc"})
def _residual(problem, trial, flow, count):
    """Write g = r − K x for x that vanishes outside the active set."""
    hessian, increment, active, residual = problem.hessian, flow.increment, flow.active, flow.residual
    m = trial.shape[0]
    for i in range(m):
        residual[i] = trial[i]
    for a in range(count):
        j = active[a]
        value = increment[j]
        for i in range(m):
            residual[i] -= hessian[j, i] * value


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _objective(problem, trial, x, active, count):
    """Return ½ x·K x − r·x + Σ k|x| for x that vanishes outside the active set."""
    hessian, resistance = problem.hessian, problem.resistance
    total = 0.0
    for a in range(count):
        i = active[a]
        force = -trial[i]
        for b in range(count):
            force += 0.5 * hessian[i, active[b]] * x[active[b]]
        total += x[i] * force + resistance[i] * abs(x[i])
    return total


@njit(inline="always", error_model="numpy", fastmath={"contract", "reassoc"})
def _solve_active(problem, trial, flow, count):
    """Factor K on the active slips and write K⁻¹ (r − k sign) into ``work``; False if it was not factored."""
    active, work = flow.active, flow.work
    if not _factor(problem, flow, count):
        return False
    for a in range(count):
        i = active[a]
        work[a] = trial[i] - flow.sign[i] * problem.resistance[i]
    solve_lower(flow.upper, count, work)
    solve_upper(flow.upper, count, work)
    return True


@njit(inline="always", error_model="numpy", fastmath={"contract", "reassoc"})
def pivot(problem, trial, flow):
    """Block principal pivoting; return the size of the active set, or −1 if it did not settle."""
    resistance, increment, sign, active = problem.resistance, flow.increment, flow.sign, flow.active
    m = trial.shape[0]
    for i in range(m):
        sign[i] = yields(trial[i], resistance[i])
    for turn in range(PIVOTING_ROUNDS):
        count = 0
        for i in range(m):
            increment[i] = 0.0
            if sign[i] != 0:
                active[count] = i
                count += 1
        if count == 0:  # at first nothing yields; later it is an exchange that let all slips go and would cycle
            return 0 if turn == 0 else -1
        if not _solve_active(problem, trial, flow, count):
            return -1
        for a in range(count):
            increment[active[a]] = flow.work[a]
        _residual(problem, trial, flow, count)
        wrong = 0
        for i in range(m):
            if sign[i] != 0:
                if increment[i] * sign[i] <= 0.0:
                    sign[i] = 0
                    wrong += 1
            else:
                sign[i] = yields(flow.residual[i], resistance[i])
                wrong += abs(sign[i])
        if wrong == 0:
            return count
    return -1


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def search(problem, trial, flow):
    """Feature-sign search from zero; return the size of the active set, or −1 if it failed."""
    resistance, increment, sign = problem.resistance, flow.increment, flow.sign
    active, residual = flow.active, flow.residual
    m = trial.shape[0]
    point = np.zeros(m)
    target = np.zeros(m)
    for i in range(m):
        increment[i] = 0.0
        sign[i] = 0
    for _ in range(SEARCH_ROUNDS):
        count = 0
        for i in range(m):
            if sign[i] != 0:
                active[count] = i
                count += 1
        _residual(problem, trial, flow, count)
        settled = True
        for a in range(count):
            i = active[a]
            scale = max(resistance[i], abs(trial[i]))
            if abs(residual[i] - sign[i] * resistance[i]) > FEASIBLE * scale:
                settled = False
        if settled:
            worst, entering = 0.0, -1
            for i in range(m):
                excess = abs(residual[i]) / resistance[i] - (1.0 + YIELD_TOLERANCE)
                if sign[i] == 0 and excess > worst:
                    worst, entering = excess, i
            if entering < 0:  # the factor may be that of a larger set, from which a slip has left
                return count if _factor(problem, flow, count) else -1
            sign[entering] = 1 if residual[entering] > 0.0 else -1
            active[count] = entering
            count += 1
        if not _solve_active(problem, trial, flow, count):
            return -1
        for a in range(count):
            target[active[a]] = flow.work[a]
        # The best point among the target and the places where a slip changes sign on the way to it.
        best, best_step = np.inf, -1.0
        for candidate in range(count + 1):
            step = 1.0
            if candidate < count:
                i = active[candidate]
                if increment[i] == 0.0 or increment[i] * target[i] >= 0.0:
                    continue
                step = increment[i] / (increment[i] - target[i])
            for a in range(count):
                i = active[a]
                point[i] = increment[i] + step * (target[i] - increment[i])
            if candidate < count:
                point[active[candidate]] = 0.0
            value = _objective(problem, trial, point, active, count)
            if value < best:
                best, best_step, leaving = value, step, candidate
        for a in range(count):
            i = active[a]
            increment[i] += best_step * (target[i] - increment[i])
        if leaving < count:
            increment[active[leaving]] = 0.0
        for a in range(count):
            i = active[a]
            if increment[i] == 0.0:
                sign[i] = 0
            else:
                sign[i] = 1 if increment[i] > 0.0 else -1
    return -1


@njit(inline="always", error_model="numpy", fastmath={"contract", "reassoc"})
def solve_flow(problem, trial, flow):
    """Solve the flow problem of one point.

    Parameters
    ----------
    problem : PlasticProblem
    trial : (m,)
        Trial force r.
    flow : Flow, out

    Returns
    -------
    int
        Number of flowing slips, or −1 if the iteration failed or the flow was refused.
    """
    count = pivot(problem, trial, flow)
    if count < 0 and problem.least_pivot == 0.0:
        count = search(problem, trial, flow)
    return count


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def condensed_tangent(problem, elasticity, flow, count, half, tangent):
    """Write the consistent tangent (v, v), Cᵉ − C_Aᵀ K_AA⁻¹ C_A with the flowing slips A; scratch (m, v) half."""
    v = elasticity.shape[0]
    for a in range(count):
        half[a] = problem.coupling[flow.active[a]]
    solve_lower_columns(flow.upper, count, half)
    for c in range(v):
        for e in range(c + 1):
            total = elasticity[c, e]
            for a in range(count):
                total -= half[a, c] * half[a, e]
            tangent[c, e] = total
            tangent[e, c] = total
