"""Newton's method in the fluctuation of a cell, with an exact line search, compiled for speed.

The incremental energy of a cell, each bar's plastic strain eliminated by its return mapping, is a convex, once
differentiable, piecewise quadratic function of the fluctuation w (paper, Appendix A). Newton's method ends when
a full step does not change which bars flow: the equations were then linear and the step is exact. The
fluctuation has far fewer unknowns than there are bars, so this beats active sets in the plastic strains where
many bars flow at once. It needs hardening, or the tangent could be singular.

The functions are compiled: shapes are given in the docstrings. A cell is passed as the tuple ``(start, end,
gradient, elongation, fraction, young, limit, hardening, elastic, weight)``: distinct nodes at the ends of the m
distinct bars (m,), bar strain per relative displacement (m, d), bar strain per average strain (m, v), volume
fraction, Young modulus, yield stress and hardening (m,), elastic stiffness of the fluctuation (n d, n d) and its
largest bar force (1,), by which residuals are measured. The first node is held.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from microtann.lattice.cholesky_kernel import factorise, solve_lower, solve_lower_many, solve_upper

YIELD_TOLERANCE = 1e-10
ROUNDS = 60
SEARCH_ROUNDS = 40
SETTLED = 1e-14
"""Residual, relative to the largest bar force, below which round-off rules."""


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _forces(cell, strain, plastic, sign, residual):
    """Write the sense of flow and the residual; return (whether a sense changed, norm, scale of the forces)."""
    start, end, gradient, _, fraction, young, limit, hardening, _, _ = cell
    m, d = gradient.shape
    residual[:] = 0.0
    changed, scale = False, 0.0
    for i in range(m):
        elastic = young[i] * (strain[i] - plastic[i])
        trial = elastic - hardening[i] * plastic[i]
        sense = 0
        if abs(trial) > limit[i] * (1.0 + YIELD_TOLERANCE):
            sense = 1 if trial > 0.0 else -1
            elastic -= young[i] * (trial - sense * limit[i]) / (young[i] + hardening[i])
        if sense != sign[i]:
            sign[i] = sense
            changed = True
        if start[i] != end[i]:
            force = fraction[i] * elastic
            scale = max(scale, fraction[i] * young[i] * abs(strain[i]))
            for a in range(d):
                residual[end[i] * d + a] += force * gradient[i, a]
                residual[start[i] * d + a] -= force * gradient[i, a]
    norm = 0.0
    for a in range(d):
        residual[a] = 0.0
    for a in range(d, residual.shape[0]):
        norm = max(norm, abs(residual[a]))
    return changed, norm, scale


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _slope(cell, strain, change, step, plastic):
    """Return the derivative of the incremental energy along a direction at a step."""
    fraction, young, limit, hardening = cell[4], cell[5], cell[6], cell[7]
    total = 0.0
    for i in range(strain.shape[0]):
        elastic = young[i] * (strain[i] + step * change[i] - plastic[i])
        trial = elastic - hardening[i] * plastic[i]
        over = max(abs(trial) - limit[i], 0.0)
        if trial < 0.0:
            over = -over
        elastic -= young[i] * over / (young[i] + hardening[i])
        total += fraction[i] * elastic * change[i]
    return total


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _search(cell, strain, change, slope, plastic):
    """Return the step along a direction: 1 unless the energy rises there, else close to the minimum before it."""
    at_one = _slope(cell, strain, change, 1.0, plastic)
    if at_one <= 0.5 * abs(slope):
        return 1.0
    low, high, at_low, at_high = 0.0, 1.0, slope, at_one
    step, side = 1.0, 0
    for _ in range(SEARCH_ROUNDS):  # Illinois: a secant that keeps the bracket and halves a stale end
        step = (low * at_high - high * at_low) / (at_high - at_low)
        value = _slope(cell, strain, change, step, plastic)
        if abs(value) <= 0.05 * abs(slope):
            break
        if value > 0.0:
            high, at_high = step, value
            if side == 1:
                at_low *= 0.5
            side = 1
        else:
            low, at_low = step, value
            if side == -1:
                at_high *= 0.5
            side = -1
    return step


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _tangent(cell, sign, matrix):
    """Write the upper triangle of the tangent of the free fluctuation: elastic less what the flowing bars lose."""
    start, end, gradient, _, fraction, young, _, hardening, elastic, _ = cell
    m, d = gradient.shape
    free = elastic.shape[0] - d
    for p in range(free):
        for q in range(p, free):
            matrix[p, q] = elastic[p + d, q + d]
    for i in range(m):
        if sign[i] == 0 or start[i] == end[i]:
            continue
        loss = fraction[i] * young[i] * young[i] / (young[i] + hardening[i])
        one, two = min(start[i], end[i]), max(start[i], end[i])
        p, q = (one - 1) * d, (two - 1) * d
        for a in range(d):
            for b in range(d):
                value = loss * gradient[i, a] * gradient[i, b]
                if b >= a:
                    matrix[q + a, q + b] -= value
                    if one > 0:
                        matrix[p + a, p + b] -= value
                if one > 0:
                    matrix[p + a, q + b] += value


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _bar_strains(cell, average, w, strain):
    """Write the strain of every bar under an average strain (v,) and a fluctuation (n d,)."""
    start, end, gradient, elongation = cell[0], cell[1], cell[2], cell[3]
    m, d = gradient.shape
    for i in range(m):
        total = 0.0
        for c in range(average.shape[0]):
            total += elongation[i, c] * average[c]
        for a in range(d):
            total += gradient[i, a] * (w[end[i] * d + a] - w[start[i] * d + a])
        strain[i] = total


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def equilibrate(cell, average, plastic, w, strain, change, sign, residual, direction, matrix):
    """Find the fluctuation of one point.

    Parameters
    ----------
    cell : tuple, see the module
    average : (v,)
    plastic : (m,)
        Plastic strains at the beginning of the increment.
    w : (n d,) in and out
        A guess of the fluctuation, and the solution.
    strain, sign : (m,) and (m,) int8 out
        Bar strains and senses of flow in equilibrium.
    change, residual, direction, matrix : (m,), (n d,), (n d,), (n d, n d)
        Scratch; ``matrix`` ends with the Cholesky factor of the tangent if one was needed.

    Returns
    -------
    int
        1 if ``matrix`` holds the factor for the final senses of flow, 0 if not, −1 if the iteration failed.
    """
    start, end, gradient, weight = cell[0], cell[1], cell[2], cell[9]
    m, d = gradient.shape
    free = w.shape[0] - d
    _bar_strains(cell, average, w, strain)
    sign[:] = 2  # no sense of flow: the first evaluation changes all
    changed, norm, scale = _forces(cell, strain, plastic, sign, residual)
    factored, polished, step = 0, False, 0.0
    for _ in range(ROUNDS):
        if norm <= SETTLED * scale * weight[0]:
            return factored
        if step == 1.0 and not changed:
            if polished:
                return factored
            polished = True  # the step was exact: once more with the same factor, against round-off
        if changed:
            _tangent(cell, sign, matrix)
            if not factorise(matrix, free):
                return -1
            factored = 1
        for a in range(free):
            direction[a] = -residual[d + a]
        solve_lower(matrix, free, direction)
        solve_upper(matrix, free, direction)
        for a in range(free - 1, -1, -1):
            direction[d + a] = direction[a]
        for a in range(d):
            direction[a] = 0.0
        slope = 0.0
        for a in range(d, d + free):
            slope += residual[a] * direction[a]
        for i in range(m):
            total = 0.0
            for a in range(d):
                total += gradient[i, a] * (direction[end[i] * d + a] - direction[start[i] * d + a])
            change[i] = total
        step = 1.0
        if not polished:
            step = _search(cell, strain, change, slope, plastic)
        for a in range(w.shape[0]):
            w[a] += step * direction[a]
        for i in range(m):
            strain[i] += step * change[i]
        changed, norm, scale = _forces(cell, strain, plastic, sign, residual)
        if changed:
            factored = 0
    return -1


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def advance_bars(cell, strain, sign, plastic):
    """Advance the plastic strains (m,) in place by the return mapping."""
    young, limit, hardening = cell[5], cell[6], cell[7]
    for i in range(strain.shape[0]):
        if sign[i] != 0:
            trial = young[i] * (strain[i] - plastic[i]) - hardening[i] * plastic[i]
            plastic[i] += (trial - sign[i] * limit[i]) / (young[i] + hardening[i])


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def follow_paths(cell, response, strain, start, fluctuation, plastic_strain):
    """Follow strain paths from given plastic strains.

    Parameters
    ----------
    cell : tuple, see the module
    response : (n d, v)
        Elastic fluctuation per average strain; it predicts the next one.
    strain : (B, T, v)
    start, fluctuation : (B, m), (B, n d)
        Plastic strains, and the fluctuation under them at zero average strain.
    plastic_strain : (B, T, m) out

    Returns
    -------
    (int, int)
        Path and step that failed, or (−1, −1).
    """
    paths, steps, v = strain.shape
    m, unknowns = cell[0].shape[0], response.shape[0]
    d = cell[2].shape[1]
    plastic, bars, change = np.empty(m), np.empty(m), np.empty(m)
    sign = np.empty(m, dtype=np.int8)
    w, residual, direction = np.empty(unknowns), np.empty(unknowns), np.empty(unknowns)
    matrix = np.empty((unknowns, unknowns))
    for p in range(paths):
        plastic[:] = start[p]
        w[:] = fluctuation[p]
        for t in range(steps):
            for a in range(unknowns):
                for c in range(v):
                    before = 0.0 if t == 0 else strain[p, t - 1, c]
                    w[a] += response[a, c] * (strain[p, t, c] - before)
            for a in range(unknowns - 1, -1, -1):  # the first node is held
                w[a] -= w[a % d]
            if equilibrate(cell, strain[p, t], plastic, w, bars, change, sign, residual, direction, matrix) < 0:
                return p, t
            advance_bars(cell, bars, sign, plastic)
            plastic_strain[p, t] = plastic
    return -1, -1


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def update_points(cell, affine, mixed, elasticity, guess, strain, start, plastic_strain, tangent, with_tangent):
    """Advance many material points by one increment and give their consistent tangents.

    Parameters
    ----------
    cell : tuple, see the module
    affine, mixed, elasticity : (v, v), (unknowns, v), (v, v)
        Elastic stiffness without fluctuation, elastic forces on the fluctuation due to average strain, and the
        elastic stiffness with the fluctuation in equilibrium.
    guess : (n, unknowns)
        Fluctuation of every point if no bar flowed.
    strain, start : (n, v), (n, m)
    plastic_strain, tangent : (n, m), (n, v, v) out
    with_tangent : bool

    Returns
    -------
    int
        Point that failed, or −1.
    """
    ends_one, ends_two, gradient, elongation, fraction, young, _, hardening, _, _ = cell
    points, v = strain.shape
    m, d = gradient.shape
    unknowns = guess.shape[1]
    free = unknowns - d
    bars, change = np.empty(m), np.empty(m)
    sign = np.empty(m, dtype=np.int8)
    w, residual, direction = np.empty(unknowns), np.empty(unknowns), np.empty(unknowns)
    matrix, coupling = np.empty((unknowns, unknowns)), np.empty((unknowns, v))
    for p in range(points):
        for a in range(unknowns):
            w[a] = guess[p, a] - guess[p, a % d]
        plastic_strain[p] = start[p]
        found = equilibrate(cell, strain[p], plastic_strain[p], w, bars, change, sign, residual, direction, matrix)
        if found < 0:
            return p
        advance_bars(cell, bars, sign, plastic_strain[p])
        if not with_tangent:
            continue
        if not sign.any():
            tangent[p] = elasticity
            continue
        if found == 0:
            _tangent(cell, sign, matrix)
            if not factorise(matrix, free):
                return p
        coupling[:] = mixed
        tangent[p] = affine
        for i in range(m):
            if sign[i] == 0:
                continue
            loss = fraction[i] * young[i] * young[i] / (young[i] + hardening[i])
            for c in range(v):
                scaled = loss * elongation[i, c]
                for e in range(v):
                    tangent[p, c, e] -= scaled * elongation[i, e]
                for a in range(d):
                    coupling[ends_two[i] * d + a, c] -= scaled * gradient[i, a]
                    coupling[ends_one[i] * d + a, c] += scaled * gradient[i, a]
        block = coupling[d:]
        solve_lower_many(matrix, free, block)
        for c in range(v):
            for e in range(c + 1):
                total = tangent[p, c, e]
                for a in range(free):
                    total -= block[a, c] * block[a, e]
                tangent[p, c, e] = total
                tangent[p, e, c] = total
    return -1
