"""The incremental flow problem, solved exactly by active sets, compiled for speed.

For one material point, with K symmetric positive semi-definite, k > 0 and the trial force r, find the increment

    x = argmin ½ x · K x − r · x + Σ kᵢ |xᵢ|,

the closed-form return mapping of many coupled slips. Block principal pivoting exchanges all wrong members of the
active set at once; if it does not settle, the feature-sign search, whose objective falls at every step, ends in
finitely many. Bars without hardening may share a flow that K leaves open; a set of slips on which K is close to
singular is refused where the caller asks for it (``least``).

The functions work in place on arrays that the caller provides, so that nothing is allocated in loops. They are
compiled: shapes are given in the docstrings.

References
----------
- J. Kim and H. Park, Fast active-set-type algorithms for L1-regularized linear regression, AISTATS 2010.
- H. Lee, A. Battle, R. Raina and A. Y. Ng, Efficient sparse coding algorithms, NIPS 2007 (feature-sign search).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from microtann.homogenisation.cholesky_kernel import (
    factorise,
    solve_lower,
    solve_lower_many,
    solve_upper,
)

YIELD_TOLERANCE = 1e-10
PIVOTING_ROUNDS = 20
SEARCH_ROUNDS = 10_000
REFRESH = 32


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _factor(hessian, active, count, least, upper):
    """Write U, UᵀU = K[active, active], into ``upper``; False unless its pivots exceed least · diagonal of K."""
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


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _residual(hessian, trial, increment, active, count, residual):
    """Write g = r − K x for x that vanishes outside the active set."""
    m = trial.shape[0]
    for i in range(m):
        residual[i] = trial[i]
    for a in range(count):
        j = active[a]
        value = increment[j]
        for i in range(m):
            residual[i] -= hessian[j, i] * value


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _objective(hessian, trial, resistance, x, active, count):
    """Return ½ x·K x − r·x + Σ k|x| for x that vanishes outside the active set."""
    total = 0.0
    for a in range(count):
        i = active[a]
        force = -trial[i]
        for b in range(count):
            force += 0.5 * hessian[i, active[b]] * x[active[b]]
        total += x[i] * force + resistance[i] * abs(x[i])
    return total


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _pivot(hessian, resistance, trial, least, increment, sign, active, upper, work, residual):
    """Block principal pivoting; return the size of the active set, or −1 if it did not settle."""
    m = trial.shape[0]
    for i in range(m):
        increment[i] = 0.0
        sign[i] = 0
        if abs(trial[i]) > resistance[i] * (1.0 + YIELD_TOLERANCE):
            sign[i] = 1 if trial[i] > 0.0 else -1
    for turn in range(PIVOTING_ROUNDS):
        count = 0
        for i in range(m):
            increment[i] = 0.0
            if sign[i] != 0:
                active[count] = i
                count += 1
        if count == 0:  # at first nothing yields; later it is an exchange that let all slips go and would cycle
            return 0 if turn == 0 else -1
        if not _factor(hessian, active, count, least, upper):
            return -1
        for a in range(count):
            i = active[a]
            work[a] = trial[i] - sign[i] * resistance[i]
        solve_lower(upper, count, work)
        solve_upper(upper, count, work)
        for a in range(count):
            increment[active[a]] = work[a]
        _residual(hessian, trial, increment, active, count, residual)
        wrong = 0
        for i in range(m):
            if sign[i] != 0:
                if increment[i] * sign[i] <= 0.0:
                    sign[i] = 0
                    wrong += 1
            elif abs(residual[i]) > resistance[i] * (1.0 + YIELD_TOLERANCE):
                sign[i] = 1 if residual[i] > 0.0 else -1
                wrong += 1
        if wrong == 0:
            return count
    return -1


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _search(hessian, resistance, trial, least, increment, sign, active, upper, work, residual):
    """Feature-sign search from zero; return the size of the active set, or −1 if it failed."""
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
        _residual(hessian, trial, increment, active, count, residual)
        settled = True
        for a in range(count):
            i = active[a]
            scale = max(resistance[i], abs(trial[i]))
            if abs(residual[i] - sign[i] * resistance[i]) > 1e-11 * scale:
                settled = False
        if settled:
            worst, entering = 0.0, -1
            for i in range(m):
                excess = abs(residual[i]) / resistance[i] - (1.0 + YIELD_TOLERANCE)
                if sign[i] == 0 and excess > worst:
                    worst, entering = excess, i
            if entering < 0:  # the factor may be that of a larger set, from which a slip has left
                return count if _factor(hessian, active, count, least, upper) else -1
            sign[entering] = 1 if residual[entering] > 0.0 else -1
            active[count] = entering
            count += 1
        if not _factor(hessian, active, count, least, upper):
            return -1
        for a in range(count):
            i = active[a]
            work[a] = trial[i] - sign[i] * resistance[i]
        solve_lower(upper, count, work)
        solve_upper(upper, count, work)
        for a in range(count):
            target[active[a]] = work[a]
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
            value = _objective(hessian, trial, resistance, point, active, count)
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


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def flow(hessian, resistance, trial, least, increment, sign, active, upper, work, residual):
    """Solve the flow problem of one point.

    Parameters
    ----------
    hessian : (m, m)
        K, symmetric.
    resistance : (m,)
        k > 0.
    trial : (m,)
        Trial force r.
    least : float
        Zero if K is positive definite. Else the least pivot of K on the flowing slips, relative to its diagonal,
        that the caller trusts: closer to singular, the flow is refused.
    increment : (m,) out
        The minimiser x.
    sign : (m,) int8 out
        Sense of the flow of every slip, 0 where it rests.
    active : (m,) int64 out
        The flowing slips, in its first entries.
    upper : (m, m) out
        Cholesky factor U of K on the flowing slips, kept for the tangent.
    work : (m,)
        Scratch.
    residual : (m,) out
        r − K x.

    Returns
    -------
    int
        Number of flowing slips, or −1 if the iteration failed or the flow was refused.
    """
    count = _pivot(hessian, resistance, trial, least, increment, sign, active, upper, work, residual)
    if count < 0 and least == 0.0:
        count = _search(hessian, resistance, trial, least, increment, sign, active, upper, work, residual)
    return count


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def follow_paths(hessian, coupling, resistance, least, strain, start, plastic_strain):
    """Follow strain paths from given plastic strains.

    Parameters
    ----------
    hessian, coupling, resistance, least : (m, m), (m, v), (m,), float
    strain : (B, T, v)
    start : (B, m)
        Plastic strains before the first increment.
    plastic_strain : (B, T, m) out

    Returns
    -------
    (int, int)
        Path and step that failed, or (−1, −1).
    """
    paths, steps, v = strain.shape
    m = resistance.shape[0]
    state, trial, force = np.empty(m), np.empty(m), np.empty(m)
    increment, work, residual = np.empty(m), np.empty(m), np.empty(m)
    sign = np.empty(m, dtype=np.int8)
    active = np.empty(m, dtype=np.int64)
    upper = np.empty((m, m))
    for p in range(paths):
        state[:] = start[p]
        for t in range(steps):
            if t % REFRESH == 0:  # force = K · state, summed afresh now and then against round-off
                for i in range(m):
                    total = 0.0
                    for j in range(m):
                        total += hessian[i, j] * state[j]
                    force[i] = total
            for i in range(m):
                total = -force[i]
                for c in range(v):
                    total += coupling[i, c] * strain[p, t, c]
                trial[i] = total
            count = flow(hessian, resistance, trial, least, increment, sign, active, upper, work, residual)
            if count < 0:
                return p, t
            for a in range(count):
                j = active[a]
                state[j] += increment[j]
                for i in range(m):
                    force[i] += hessian[j, i] * increment[j]
            plastic_strain[p, t] = state
    return -1, -1


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def update_points(
    hessian, coupling, resistance, least, elasticity, trial, plastic_strain, tangent, with_tangent, failed
):
    """Advance many material points by one increment and give their consistent tangents.

    Parameters
    ----------
    hessian, coupling, resistance, least, elasticity : (m, m), (m, v), (m,), float, (v, v)
    trial : (n, m)
        Trial forces QG · strain − K · plastic strain at the end of the increment.
    plastic_strain : (n, m) in and out
    tangent : (n, v, v) out
        C − (QG)_Aᵀ K_AA⁻¹ (QG)_A with the flowing slips A.
    with_tangent : bool
    failed : (n,) bool out
        Points whose flow was not found; they stay as they are.
    """
    n, m = trial.shape
    v = coupling.shape[1]
    increment, work, residual = np.empty(m), np.empty(m), np.empty(m)
    sign = np.empty(m, dtype=np.int8)
    active = np.empty(m, dtype=np.int64)
    upper = np.empty((m, m))
    half = np.empty((m, v))
    for p in range(n):
        count = flow(hessian, resistance, trial[p], least, increment, sign, active, upper, work, residual)
        failed[p] = count < 0
        if count < 0:
            continue
        for a in range(count):
            plastic_strain[p, active[a]] += increment[active[a]]
        if not with_tangent:
            continue
        for a in range(count):
            half[a] = coupling[active[a]]
        solve_lower_many(upper, count, half)
        for c in range(v):
            for e in range(c + 1):
                total = elasticity[c, e]
                for a in range(count):
                    total -= half[a, c] * half[a, e]
                tangent[p, c, e] = total
                tangent[p, e, c] = total
