"""Newton's method in the fluctuation of a cell, with an exact line search, compiled for speed.

The incremental energy of a cell, each bar's plastic strain eliminated by its return mapping, is a convex, once
differentiable, piecewise quadratic function of the fluctuation w (paper, Appendix A). Newton's method ends when
a full step does not change which bars flow: the equations were then linear and the step is exact. The
fluctuation has far fewer unknowns than there are bars, so this beats active sets in the plastic strains where
many bars flow at once.

Without hardening the tangent is singular where so many bars flow that nodes move freely, and it is close to
singular in cells that are almost regular. The energy still has a minimum, since the dissipation grows along every
such motion. A small proximal part of the tangent then lets the nodes run, a line search over all breakpoints
stops them where bars come to rest, and conjugate gradients take back the proximal part once no bar changes.

The functions are compiled: shapes are given in the docstrings. A cell is passed as the tuple ``(start, end,
gradient, elongation, fraction, young, limit, hardening, elastic, weight, proximal)``: distinct nodes at the ends
of the m distinct bars (m,), bar strain per relative displacement (m, d), bar strain per average strain (m, v),
volume fraction, Young modulus, yield stress and hardening (m,), elastic stiffness of the fluctuation (n d, n d),
its largest bar force (1,), by which residuals are measured, and the proximal part of the tangent relative to the
elastic stiffness (1,), zero if all bars harden. The first node is held.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from microtann.homogenisation.cholesky_kernel import (
    factorise,
    solve_lower,
    solve_lower_many,
    solve_upper,
    solve_upper_many,
)
from microtann.homogenisation.line_search_kernel import find_minimum, shorten_step

YIELD_TOLERANCE = 1e-10
ROUNDS = 60
SINGULAR_ROUNDS = 2000
RESPONSE_ROUNDS = 50
SETTLED = 1e-14
"""Residual, relative to the largest bar force, below which round-off rules."""
NOISE = 1e-13
"""Residual, relative to the largest bar force, that round-off may leave where the tangent is singular."""


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _forces(cell, strain, plastic, sign, residual):
    """Write the sense of flow and the residual; return (whether a sense changed, norm, scale of the forces)."""
    start, end, gradient, _, fraction, young, limit, hardening, _, _, _ = cell
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
def _tangent(cell, sign, matrix):
    """Write the upper triangle of the tangent of the free fluctuation: elastic less what the flowing bars lose."""
    start, end, gradient, _, fraction, young, _, hardening, elastic, _, proximal = cell
    m, d = gradient.shape
    free = elastic.shape[0] - d
    for p in range(free):
        for q in range(p, free):
            matrix[p, q] = (1.0 + proximal[0]) * elastic[p + d, q + d]
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
    start, end, gradient, weight, proximal = cell[0], cell[1], cell[2], cell[9], cell[10]
    m, d = gradient.shape
    free = w.shape[0] - d
    singular = proximal[0] > 0.0
    breaks, previous = np.empty(2 * m if singular else 0), np.empty(w.shape[0] if singular else 0)
    _bar_strains(cell, average, w, strain)
    sign[:] = 2  # no sense of flow: the first evaluation changes all
    changed, norm, scale = _forces(cell, strain, plastic, sign, residual)
    factored, polished, step, slope = 0, False, 0.0, 0.0
    for _ in range(SINGULAR_ROUNDS if singular else ROUNDS):
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
        if singular:
            previous[:] = direction
        for a in range(free):
            direction[a] = -residual[d + a]
        solve_lower(matrix, free, direction)
        solve_upper(matrix, free, direction)
        for a in range(free - 1, -1, -1):
            direction[d + a] = direction[a]
        for a in range(d):
            direction[a] = 0.0
        before = slope
        slope = 0.0
        for a in range(d, d + free):
            slope += residual[a] * direction[a]
        if singular and not changed:  # conjugate gradients: the factor is not quite that of the tangent
            for a in range(d, d + free):
                direction[a] += slope / before * previous[a]
        for i in range(m):
            total = 0.0
            for a in range(d):
                total += gradient[i, a] * (direction[end[i] * d + a] - direction[start[i] * d + a])
            change[i] = total
        step = 1.0
        if singular:
            step = find_minimum(cell, strain, change, slope, plastic, breaks)
        elif not polished:
            step = shorten_step(cell, strain, change, slope, plastic)
        for a in range(w.shape[0]):
            w[a] += step * direction[a]
        for i in range(m):
            strain[i] += step * change[i]
        last = norm
        changed, norm, scale = _forces(cell, strain, plastic, sign, residual)
        if changed:
            factored = 0
        if singular and norm <= NOISE * scale * weight[0] and norm >= 0.5 * last:
            return factored
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
def _respond(cell, upper, force, moved, rest, behind):
    """Write y = M⁺ f where only the tangent M plus its proximal part P could be factored.

    The forces f (free, v) lie in the range of M, so that the steps (M + P) y' = f + P y converge; scratch of the
    same shape: rest, behind.
    """
    elastic, proximal = cell[8], cell[10]
    free, v = force.shape
    d = elastic.shape[0] - free
    moved[:] = 0.0
    rest[:] = force  # f − M y
    for _ in range(RESPONSE_ROUNDS):
        solve_lower_many(upper, free, rest)
        solve_upper_many(upper, free, rest)
        moved += rest
        largest, scale = 0.0, 0.0
        for p in range(free):
            behind[p] = 0.0
            for q in range(free):
                value = proximal[0] * elastic[p + d, q + d]
                for c in range(v):
                    behind[p, c] += value * rest[q, c]
            for c in range(v):
                largest = max(largest, abs(behind[p, c]))
                scale = max(scale, abs(force[p, c]))
        if largest <= NOISE * scale:
            return
        rest[:] = behind


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
    ends_one, ends_two, gradient, elongation, fraction, young, _, hardening, _, _, proximal = cell
    points, v = strain.shape
    m, d = gradient.shape
    unknowns = guess.shape[1]
    free = unknowns - d
    bars, change = np.empty(m), np.empty(m)
    sign = np.empty(m, dtype=np.int8)
    w, residual, direction = np.empty(unknowns), np.empty(unknowns), np.empty(unknowns)
    matrix, coupling = np.empty((unknowns, unknowns)), np.empty((unknowns, v))
    moved, rest, behind = np.empty((free, v)), np.empty((free, v)), np.empty((free, v))
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
        if proximal[0] > 0.0:
            _respond(cell, matrix, block, moved, rest, behind)
        else:
            solve_lower_many(matrix, free, block)
        for c in range(v):
            for e in range(c + 1):
                total = tangent[p, c, e]
                for a in range(free):
                    if proximal[0] > 0.0:
                        total -= 0.5 * (block[a, c] * moved[a, e] + block[a, e] * moved[a, c])
                    else:
                        total -= block[a, c] * block[a, e]
                tangent[p, c, e] = total
                tangent[p, e, c] = total
    return -1
