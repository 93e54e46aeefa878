"""The incremental flow problem, solved exactly by active sets, compiled for speed.

For one material point, with K symmetric positive definite, k > 0 and the trial force r, find the increment

    x = argmin ½ x · K x − r · x + Σ kᵢ |xᵢ|,

the closed-form return mapping of many coupled slips. Block principal pivoting exchanges all wrong members of the
active set at once; if it does not settle, the feature-sign search, whose objective falls at every step, ends in
finitely many. The functions work in place on arrays that the caller provides, so that nothing is allocated in
loops. They are compiled: shapes are given in the docstrings.

References
----------
- J. Kim and H. Park, Fast active-set-type algorithms for L1-regularized linear regression, AISTATS 2010.
- H. Lee, A. Battle, R. Raina and A. Y. Ng, Efficient sparse coding algorithms, NIPS 2007 (feature-sign search).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from microtann.lattice.cholesky_kernel import (
    factorise,
    solve_lower,
    solve_lower_many,
    solve_upper,
    solve_upper_many,
)

YIELD_TOLERANCE = 1e-10
PIVOTING_ROUNDS = 20
SEARCH_ROUNDS = 10_000
PROXIMAL_ROUNDS = 200
REFRESH = 32
SETTLED = 1e-13
"""Proximal force, relative to the resistance or the trial force, below which round-off rules."""


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _factor(hessian, active, count, floor, upper):
    """Write U with UᵀU = K[active, active] + diag(floor) into ``upper``; False if it is not positive definite."""
    for a in range(count):
        row = active[a]
        for b in range(a, count):
            upper[a, b] = hessian[row, active[b]]
        upper[a, a] += floor[row]
    return factorise(upper, count)


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _residual(hessian, trial, increment, active, count, floor, residual):
    """Write g = r − (K + floor) x for x that vanishes outside the active set."""
    m = trial.shape[0]
    for i in range(m):
        residual[i] = trial[i]
    for a in range(count):
        j = active[a]
        value = increment[j]
        for i in range(m):
            residual[i] -= hessian[j, i] * value
        residual[j] -= floor[j] * value


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _objective(hessian, trial, resistance, floor, x, active, count):
    """Return ½ x·(K + floor) x − r·x + Σ k|x| for x that vanishes outside the active set."""
    total = 0.0
    for a in range(count):
        i = active[a]
        force = 0.5 * floor[i] * x[i] - trial[i]
        for b in range(count):
            force += 0.5 * hessian[i, active[b]] * x[active[b]]
        total += x[i] * force + resistance[i] * abs(x[i])
    return total


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _pivot(hessian, resistance, trial, floor, increment, sign, active, upper, work, residual):
    """Block principal pivoting; return the size of the active set, or −1 if it did not settle."""
    m = trial.shape[0]
    for i in range(m):
        increment[i] = 0.0
        sign[i] = 0
        if abs(trial[i]) > resistance[i] * (1.0 + YIELD_TOLERANCE):
            sign[i] = 1 if trial[i] > 0.0 else -1
    for _ in range(PIVOTING_ROUNDS):
        count = 0
        for i in range(m):
            increment[i] = 0.0
            if sign[i] != 0:
                active[count] = i
                count += 1
        if count == 0:
            return 0
        if not _factor(hessian, active, count, floor, upper):
            return -1
        for a in range(count):
            i = active[a]
            work[a] = trial[i] - sign[i] * resistance[i]
        solve_lower(upper, count, work)
        solve_upper(upper, count, work)
        for a in range(count):
            increment[active[a]] = work[a]
        _residual(hessian, trial, increment, active, count, floor, residual)
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
def _search(hessian, resistance, trial, floor, increment, sign, active, upper, work, residual):
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
        _residual(hessian, trial, increment, active, count, floor, residual)
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
                return count if _factor(hessian, active, count, floor, upper) else -1
            sign[entering] = 1 if residual[entering] > 0.0 else -1
            active[count] = entering
            count += 1
        if not _factor(hessian, active, count, floor, upper):
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
            value = _objective(hessian, trial, resistance, floor, point, active, count)
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
def flow(hessian, resistance, trial, floor, increment, sign, active, upper, work, residual):
    """Solve the flow problem of one point.

    Parameters
    ----------
    hessian : (m, m)
        K, symmetric.
    resistance : (m,)
        k > 0.
    trial : (m,)
        Trial force r.
    floor : (m,)
        Added to the diagonal of K (zero, or a proximal term where K is only semi-definite).
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
        r − (K + floor) x.

    Returns
    -------
    int
        Number of flowing slips, or −1 if the iteration failed.
    """
    count = _pivot(hessian, resistance, trial, floor, increment, sign, active, upper, work, residual)
    if count < 0:
        count = _search(hessian, resistance, trial, floor, increment, sign, active, upper, work, residual)
    return count


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def advance(hessian, resistance, trial, floor, increment, sign, active, upper, work, residual, shifted):
    """Solve the flow problem of one point where K may be only semi-definite; as `flow`, plus scratch (m,) shifted.

    With a floor, proximal-point steps repeat min ... + ½ (x − xₗ) · floor (x − xₗ) until the proximal force is
    lost in round-off. A minimiser exists at any strain, since the trial force has no part in the null space of K
    while the resistance is positive; where it is not unique (bars in series), the steps choose the one near zero,
    which keeps the symmetries of the cell. Return −2 if the steps do not settle.
    """
    m = trial.shape[0]
    if not floor.any():
        return flow(hessian, resistance, trial, floor, increment, sign, active, upper, work, residual)
    previous = np.zeros(m)
    for _ in range(PROXIMAL_ROUNDS):
        for i in range(m):
            shifted[i] = trial[i] + floor[i] * previous[i]
        count = flow(hessian, resistance, shifted, floor, increment, sign, active, upper, work, residual)
        if count < 0:
            return count
        settled = True
        for i in range(m):
            force = floor[i] * abs(increment[i] - previous[i])
            if force > SETTLED * max(resistance[i], abs(trial[i])):
                settled = False
            previous[i] = increment[i]
        if settled:
            return count
    return -2


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def follow_paths(hessian, coupling, resistance, floor, strain, start, plastic_strain):
    """Follow strain paths from given plastic strains.

    Parameters
    ----------
    hessian, coupling, resistance, floor : (m, m), (m, v), (m,), (m,)
    strain : (B, T, v)
    start : (B, m)
        Plastic strains before the first increment.
    plastic_strain : (B, T, m) out

    Returns
    -------
    (int, int, int)
        Path and step that failed and the failure (−1 or −2), or (−1, −1, 0).
    """
    paths, steps, v = strain.shape
    m = resistance.shape[0]
    state, trial, force = np.empty(m), np.empty(m), np.empty(m)
    increment, work, residual, shifted = np.empty(m), np.empty(m), np.empty(m), np.empty(m)
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
            count = advance(
                hessian, resistance, trial, floor, increment, sign, active, upper, work, residual, shifted
            )
            if count < 0:
                return p, t, count
            for a in range(count):
                j = active[a]
                state[j] += increment[j]
                for i in range(m):
                    force[i] += hessian[j, i] * increment[j]
            plastic_strain[p, t] = state
    return -1, -1, 0


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _flow_of_strain(hessian, active, count, upper, coupling, floor, half, rest, response):
    """Write y = K_AA⁺ (QG)_A, the flow due to a unit strain, where only K_AA + floor could be factored.

    (QG)_A lies in the range of K_AA, so that refining (K_AA + floor)⁻¹ (QG)_A converges to it.
    """
    v = coupling.shape[1]
    response[:count] = 0.0
    for _ in range(PROXIMAL_ROUNDS):
        largest, scale = 0.0, 0.0
        for a in range(count):
            i = active[a]
            for c in range(v):
                total = coupling[i, c]
                scale = max(scale, abs(total))
                for b in range(count):
                    total -= hessian[i, active[b]] * response[b, c]
                rest[a, c] = total
                largest = max(largest, abs(total))
        if largest <= SETTLED * scale:
            return
        half[:count] = rest[:count]
        solve_lower_many(upper, count, half)
        solve_upper_many(upper, count, half)
        response[:count] += half[:count]


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def update_points(hessian, coupling, resistance, floor, elasticity, trial, plastic_strain, tangent, with_tangent):
    """Advance many material points by one increment and give their consistent tangents.

    Parameters
    ----------
    hessian, coupling, resistance, floor, elasticity : (m, m), (m, v), (m,), (m,), (v, v)
    trial : (n, m)
        Trial forces QG · strain − K · plastic strain at the end of the increment.
    plastic_strain : (n, m) in and out
    tangent : (n, v, v) out
        C − (QG)_Aᵀ K_AA⁺ (QG)_A with the flowing slips A.
    with_tangent : bool

    Returns
    -------
    (int, int)
        Point that failed and the failure, or (−1, 0).
    """
    n, m = trial.shape
    v = coupling.shape[1]
    increment, work, residual, shifted = np.empty(m), np.empty(m), np.empty(m), np.empty(m)
    sign = np.empty(m, dtype=np.int8)
    active = np.empty(m, dtype=np.int64)
    upper = np.empty((m, m))
    half, rest, response = np.empty((m, v)), np.empty((m, v)), np.empty((m, v))
    semi = floor.any()
    for p in range(n):
        count = advance(
            hessian, resistance, trial[p], floor, increment, sign, active, upper, work, residual, shifted
        )
        if count < 0:
            return p, count
        for a in range(count):
            plastic_strain[p, active[a]] += increment[active[a]]
        if not with_tangent:
            continue
        tangent[p] = elasticity
        if semi:
            _flow_of_strain(hessian, active, count, upper, coupling, floor, half, rest, response)
        else:
            for a in range(count):
                half[a] = coupling[active[a]]
            solve_lower_many(upper, count, half)
        for c in range(v):
            for e in range(c + 1):
                total = elasticity[c, e]
                for a in range(count):
                    if semi:
                        i = active[a]
                        total -= 0.5 * (coupling[i, c] * response[a, e] + coupling[i, e] * response[a, c])
                    else:
                        total -= half[a, c] * half[a, e]
                tangent[p, c, e] = total
                tangent[p, e, c] = total
    return -1, 0
