"""Slips with a viscous power law, by coordinate sweeps and Newton's method, compiled for speed.

From a trial force t the slips γ minimise the strictly convex

    ½ |t − N γ|² + Σ |γᵢ| + c |γᵢ|^(1 + m) / (1 + m),     c = η Δt^(−m),

so that with τ = t − N γ a slip rests where |nᵢ · τ| ≤ 1 and else moves with nᵢ · τ = sign(γᵢ) (1 + c |γᵢ|^m).
Sweeps minimise along one slip at a time, which finds those that flow; steps of Newton's method, in which slips may
stop and the function never rises, settle them. Both start from the slips without viscosity.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from microtann.slips.dense_cholesky_kernel import factorise_dense, solve_dense_lower, solve_dense_upper
from microtann.slips.reference_kernel import solve_slips
from microtann.slips.slip_search_kernel import empty_search

ROUNDS = 200
SHORT, SWEEPS = 30, 50
"""Rounds of one sweep; where Newton's method is still stuck then, there are more sweeps in a round."""
SETTLED = 1e-13
"""Error of the forces on the slips, relative to the largest trial force, that counts as none."""
LEAST = -690.0
"""Logarithm of the smallest slip: what would move less rests."""
KEPT = 0.05
"""Share of a slip that a step of Newton's method leaves at least."""
SINGULAR = 1e-14
"""Share that is added to the diagonal of the matrix of Newton's method, and more if that does not do."""
ROUND_OFF = 1e-15
"""Of the function, relative: a step that raises it no further does not raise it."""


@njit(cache=True, error_model="numpy")
def power_root(stiffness, viscosity, exponent, excess):
    """Return the root x of g x + c x^m = e > 0; zero where it is below the smallest slip.

    Parameters
    ----------
    stiffness, viscosity, exponent, excess : float
        g > 0, c ≥ 0, m > 0 and e > 0.
    """
    log = np.log(excess / stiffness)
    if viscosity > 0.0:
        log = min(log, np.log(excess / viscosity) / exponent)
    if log < LEAST:
        return 0.0
    for _ in range(60):  # in the logarithm the function is convex, and what is too much comes down to the root
        linear, power = stiffness * np.exp(log), viscosity * np.exp(exponent * log)
        step = (linear + power - excess) / (linear + exponent * power)
        log -= step
        if abs(step) <= 1e-16 * max(1.0, abs(log)):
            break
    return np.exp(log) if log > LEAST else 0.0


@njit(cache=True, error_model="numpy")
def _sweep(gram, viscosity, exponent, force, slips):
    """Minimise along one slip after the other."""
    s = len(slips)
    for i in range(s):
        if gram[i, i] <= 0.0:
            continue
        alone = force[i] + gram[i, i] * slips[i]
        new = 0.0
        if abs(alone) > 1.0:
            new = np.sign(alone) * power_root(gram[i, i], viscosity, exponent, abs(alone) - 1.0)
        change = new - slips[i]
        if change != 0.0:
            slips[i] = new
            for j in range(s):
                force[j] -= change * gram[i, j]


@njit(cache=True, error_model="numpy")
def _defect(viscosity, exponent, force, slip):
    """Return by how much the force on a slip is too large for its motion."""
    if slip != 0.0:
        return force * np.sign(slip) - 1.0 - viscosity * abs(slip) ** exponent
    beyond = abs(force) - 1.0
    if beyond <= 0.0 or (viscosity > 0.0 and np.log(beyond / viscosity) / exponent < LEAST):
        return 0.0
    return beyond


@njit(cache=True, error_model="numpy")
def _value(viscosity, exponent, trial, force, slips):
    """Return the function that is minimised, but for ½ |t|²."""
    total = 0.0
    for i in range(len(slips)):
        size = abs(slips[i])
        if size > 0.0:
            total += size + viscosity * size ** (1.0 + exponent) / (1.0 + exponent)
            total -= 0.5 * slips[i] * (trial[i] + force[i])
    return total


@njit(cache=True, error_model="numpy")
def _stop(gram, viscosity, exponent, trial, force, slips, flowing, count, step, before):
    """Take a step in which slips that would change their sense stop; return whether the function falls."""
    stopped = False
    for a in range(count):
        stopped = stopped or (step[a] * slips[flowing[a]] < 0.0 and abs(step[a]) >= abs(slips[flowing[a]]))
    if not stopped:
        return False
    now = _value(viscosity, exponent, trial, force, slips)
    share = 1.0
    for i in range(len(slips)):
        before[i] = slips[i]
    for _ in range(8):
        for a in range(count):
            i = flowing[a]
            new = before[i] + share * step[a]
            slips[i] = new if new * before[i] > 0.0 else 0.0
        _forces(gram, trial, force, slips, flowing, count)
        if _value(viscosity, exponent, trial, force, slips) <= now + ROUND_OFF * abs(now):
            return True
        share *= 0.5
    for i in range(len(slips)):
        slips[i] = before[i]
    _forces(gram, trial, force, slips, flowing, count)
    return False


@njit(cache=True, error_model="numpy")
def _forces(gram, trial, force, slips, flowing, count):
    """Write the forces on the slips."""
    for i in range(len(slips)):
        force[i] = trial[i]
    for a in range(count):
        j = flowing[a]
        for i in range(len(slips)):
            force[i] -= gram[j, i] * slips[j]


@njit(cache=True, error_model="numpy")
def _newton(gram, viscosity, exponent, trial, force, slips, flowing, matrix, step, before):
    """Take a step of Newton's method in the slips that flow, shortened until the function falls."""
    count, s = np.int64(0), len(slips)
    for i in range(s):
        if slips[i] != 0.0:
            flowing[count] = i
            count += 1
    for a in range(count):
        i = flowing[a]
        step[a] = np.sign(slips[i]) * _defect(viscosity, exponent, force[i], slips[i])
    share, factored = SINGULAR, False
    while not factored:  # more slips than dimensions and hardly any viscosity leave the matrix singular
        for a in range(count):
            i = flowing[a]
            for b in range(a + 1, count):
                matrix[a, b] = gram[i, flowing[b]]
            whole = gram[i, i] + exponent * viscosity * abs(slips[i]) ** (exponent - 1.0)
            matrix[a, a] = whole * (1.0 + share)
        factored = factorise_dense(matrix, count)
        if share > 1.0:  # not a number
            return
        share *= 100.0
    solve_dense_lower(matrix, count, step)
    solve_dense_upper(matrix, count, step)
    if _stop(gram, viscosity, exponent, trial, force, slips, flowing, count, step, before):
        return
    share = 1.0
    for a in range(count):
        i = flowing[a]
        if step[a] * slips[i] < 0.0:
            share = min(share, (1.0 - KEPT) * abs(slips[i]) / abs(step[a]))
    for _ in range(40):
        for a in range(count):
            slips[flowing[a]] += share * step[a]
        _forces(gram, trial, force, slips, flowing, count)
        ahead = 0.0
        for a in range(count):
            i = flowing[a]
            ahead += step[a] * np.sign(slips[i]) * _defect(viscosity, exponent, force[i], slips[i])
        if ahead >= 0.0 or share == 0.0:  # the function still falls at the end of the step
            return
        for a in range(count):
            slips[flowing[a]] -= share * step[a]
        share *= 0.5
    _forces(gram, trial, force, slips, flowing, count)


@njit(cache=True, error_model="numpy")
def slip_viscously(normals, gram, viscosity, exponent, trials, forces, slips):
    """Find the slips of n points; what is not found is not a number.

    Parameters
    ----------
    normals, gram : (z, s), (s, s)
        N and Nᵀ N.
    viscosity : (n,)
        c = η Δt^(−m) ≥ 0.
    exponent : float
        m > 0.
    trials : (n, z)
        t.
    forces, slips : (n, z), (n, s) out
        τ and γ.
    """
    (z, s), n = normals.shape, len(trials)
    search, trial, force = empty_search(min(z, s), s), np.empty(s), np.empty(s)
    flowing, matrix, step = np.empty(s, dtype=np.int64), np.empty((s, s)), np.empty(s)
    before = np.empty(s)
    for p in range(n):
        for i in range(s):
            trial[i] = 0.0
        for m in range(z):
            for i in range(s):
                trial[i] += normals[m, i] * trials[p, m]
        slips[p, :] = 0.0
        largest = 1.0
        for i in range(s):
            largest = max(largest, abs(trial[i]))
        count = max(solve_slips(gram, trial, search), 0)
        for a in range(count):
            slips[p, search.active[a]] = search.slip[a]
        _forces(gram, trial, force, slips[p], search.active, count)
        found = False
        for number in range(ROUNDS):
            for _ in range(1 if number < SHORT else SWEEPS):
                _sweep(gram, viscosity[p], exponent, force, slips[p])
            _newton(gram, viscosity[p], exponent, trial, force, slips[p], flowing, matrix, step, before)
            worst, size = 0.0, largest
            for i in range(s):
                worst = max(worst, abs(_defect(viscosity[p], exponent, force[i], slips[p, i])))
                cancelled = 0.0
                for j in range(s):
                    cancelled += abs(gram[i, j] * slips[p, j])
                size = max(size, cancelled)
            if worst <= SETTLED * size:
                found = True
                break
        for m in range(z):
            forces[p, m] = trials[p, m] if found else np.nan
            for i in range(s):
                forces[p, m] -= normals[m, i] * slips[p, i]
