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

YIELD_TOLERANCE = 1e-10
PIVOTING_ROUNDS = 20
SEARCH_ROUNDS = 10_000


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def factor(hessian, active, count, floor, lower):
    """Write the Cholesky factor of K[active, active] + diag(floor) into ``lower``; False if not positive."""
    for a in range(count):
        row = active[a]
        for b in range(a + 1):
            lower[a, b] = hessian[row, active[b]]
        lower[a, a] += floor[row]
    for a in range(count):
        for b in range(a):
            value = lower[a, b]
            total = 0.0
            for c in range(b):
                total += lower[a, c] * lower[b, c]
            lower[a, b] = (value - total) / lower[b, b]
        total = 0.0
        for c in range(a):
            total += lower[a, c] * lower[a, c]
        pivot = lower[a, a] - total
        if not pivot > 0.0:
            return False
        lower[a, a] = np.sqrt(pivot)
    return True


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def substitute(lower, count, vector):
    """Solve L Lᵀ x = vector in place."""
    for a in range(count):
        total = vector[a]
        for c in range(a):
            total -= lower[a, c] * vector[c]
        vector[a] = total / lower[a, a]
    for a in range(count - 1, -1, -1):
        value = vector[a] / lower[a, a]
        vector[a] = value
        for c in range(a):
            vector[c] -= lower[a, c] * value


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
def _pivot(hessian, resistance, trial, floor, increment, sign, active, lower, work, residual):
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
        if not factor(hessian, active, count, floor, lower):
            return -1
        for a in range(count):
            i = active[a]
            work[a] = trial[i] - sign[i] * resistance[i]
        substitute(lower, count, work)
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
def _search(hessian, resistance, trial, floor, increment, sign, active, lower, work, residual):
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
            if entering < 0:
                return count
            sign[entering] = 1 if residual[entering] > 0.0 else -1
            active[count] = entering
            count += 1
        if not factor(hessian, active, count, floor, lower):
            return -1
        for a in range(count):
            i = active[a]
            work[a] = trial[i] - sign[i] * resistance[i]
        substitute(lower, count, work)
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
def flow(hessian, resistance, trial, floor, increment, sign, active, lower, work, residual):
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
    lower : (m, m) out
        Cholesky factor of K on the flowing slips, kept for the tangent.
    work, residual : (m,)
        Scratch.

    Returns
    -------
    int
        Number of flowing slips, or −1 if the iteration failed.
    """
    count = _pivot(hessian, resistance, trial, floor, increment, sign, active, lower, work, residual)
    if count < 0:
        count = _search(hessian, resistance, trial, floor, increment, sign, active, lower, work, residual)
    return count


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def advance(hessian, resistance, trial, floor, increment, sign, active, lower, work, residual, shifted):
    """Solve the flow problem of one point where K may be only semi-definite; as `flow`, plus the scratch (m,) shifted.

    With a floor, proximal-point steps repeat min ... + ½ (x − xₗ) · floor (x − xₗ) until x stays; for this
    piecewise quadratic problem they end after finitely many. Return −2 if they did not (unbounded flow).
    """
    m = trial.shape[0]
    if not floor.any():
        return flow(hessian, resistance, trial, floor, increment, sign, active, lower, work, residual)
    previous = np.zeros(m)
    for _ in range(200):
        for i in range(m):
            shifted[i] = trial[i] + floor[i] * previous[i]
        count = flow(hessian, resistance, shifted, floor, increment, sign, active, lower, work, residual)
        if count < 0:
            return count
        largest, change = 0.0, 0.0
        for i in range(m):
            largest = max(largest, abs(increment[i]))
            change = max(change, abs(increment[i] - previous[i]))
            previous[i] = increment[i]
        if change <= 1e-14 * largest:
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
    state = np.empty(m)
    trial = np.empty(m)
    increment = np.empty(m)
    sign = np.empty(m, dtype=np.int8)
    active = np.empty(m, dtype=np.int64)
    lower = np.empty((m, m))
    work = np.empty(m)
    residual = np.empty(m)
    shifted = np.empty(m)
    for p in range(paths):
        for i in range(m):
            state[i] = start[p, i]
        for t in range(steps):
            for i in range(m):
                total = 0.0
                for c in range(v):
                    total += coupling[i, c] * strain[p, t, c]
                for j in range(m):
                    total -= hessian[i, j] * state[j]
                trial[i] = total
            count = advance(
                hessian, resistance, trial, floor, increment, sign, active, lower, work, residual, shifted
            )
            if count < 0:
                return p, t, count
            for i in range(m):
                state[i] += increment[i]
                plastic_strain[p, t, i] = state[i]
    return -1, -1, 0


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def update_points(
    hessian, coupling, resistance, floor, elasticity, strain, start, plastic_strain, tangent, with_tangent
):
    """Advance many material points by one increment and give their consistent tangents.

    Parameters
    ----------
    hessian, coupling, resistance, floor, elasticity : (m, m), (m, v), (m,), (m,), (v, v)
    strain, start : (n, v), (n, m)
        Strain at the end of the increment and plastic strain at its beginning.
    plastic_strain, tangent : (n, m), (n, v, v) out
        The tangent is C − (QG)_Aᵀ K_AA⁻¹ (QG)_A with the flowing slips A.
    with_tangent : bool

    Returns
    -------
    (int, int)
        Point that failed and the failure, or (−1, 0).
    """
    n, v = strain.shape
    m = resistance.shape[0]
    trial = np.empty(m)
    increment = np.empty(m)
    sign = np.empty(m, dtype=np.int8)
    active = np.empty(m, dtype=np.int64)
    lower = np.empty((m, m))
    work = np.empty(m)
    residual = np.empty(m)
    shifted = np.empty(m)
    half = np.empty((m, v))
    for p in range(n):
        for i in range(m):
            total = 0.0
            for c in range(v):
                total += coupling[i, c] * strain[p, c]
            for j in range(m):
                total -= hessian[i, j] * start[p, j]
            trial[i] = total
        count = advance(hessian, resistance, trial, floor, increment, sign, active, lower, work, residual, shifted)
        if count < 0:
            return p, count
        for i in range(m):
            plastic_strain[p, i] = start[p, i] + increment[i]
        if with_tangent:
            for a in range(count):  # half = L⁻¹ (QG)_A
                for c in range(v):
                    half[a, c] = coupling[active[a], c]
                for b in range(a):
                    for c in range(v):
                        half[a, c] -= lower[a, b] * half[b, c]
                for c in range(v):
                    half[a, c] /= lower[a, a]
            for c in range(v):
                for e in range(c + 1):
                    total = elasticity[c, e]
                    for a in range(count):
                        total -= half[a, c] * half[a, e]
                    tangent[p, c, e] = total
                    tangent[p, e, c] = total
    return -1, 0
