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

The cell is a `FluctuationProblem` (`problems` beside it). The functions work in place on the arrays of a
`Fluctuation`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from microtann.microstructure.bars.condensed.line_search_kernel import find_minimum, shorten_step
from microtann.slips.dense_cholesky_kernel import (
    factorise_large,
    solve_dense_lower,
    solve_dense_lower_columns,
    solve_dense_upper,
    solve_dense_upper_columns,
)
from microtann.slips.return_map_kernel import plastic_increment

ROUNDS = 60
SINGULAR_ROUNDS = 2000
RESPONSE_ROUNDS = 50
SETTLED = 1e-14
"""Residual, relative to the largest bar force, below which round-off rules."""
NOISE = 1e-13
"""Residual, relative to the largest bar force, that round-off may leave where the tangent is singular."""
FORCE_ROUND_OFF = 1e-10
"""Residual, relative to the largest bar force, that is taken for round-off at most; yield is not tested finer."""


RUNAWAY = 1e6
"""Bar strain, over what average and plastic strains account for, that is no equilibrium but a runaway."""


class Fluctuation(NamedTuple):
    """The fluctuation of one point with the flow of its bars, in arrays that are used over and over.

    Parameters
    ----------
    w : array, shape (n d,)
        The fluctuation: a guess, and the solution.
    strain, increment : array, shape (m,)
        Bar strains in equilibrium, and the increments of the plastic strains.
    sign : int8 array, shape (m,)
        Sense of the flow of every bar, 0 where it rests.
    matrix : array, shape (n d, n d)
        Cholesky factor of the tangent, if one was needed.
    change, residual, direction : array, shape (m,), (n d,), (n d,)
        Scratch.
    """

    w: Any
    strain: Any
    increment: Any
    sign: Any
    matrix: Any
    change: Any
    residual: Any
    direction: Any


@njit(cache=True)
def empty_fluctuation(m, unknowns):
    """Return the arrays for m bars and n d unknowns."""
    sign, matrix = np.empty(m, dtype=np.int8), np.empty((unknowns, unknowns))
    w, residual, direction = np.empty(unknowns), np.empty(unknowns), np.empty(unknowns)
    return Fluctuation(w, np.empty(m), np.empty(m), sign, matrix, np.empty(m), residual, direction)


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _forces(cell, plastic, found):
    """Write flow, its sense and the residual; return (whether a sense changed, norm, scale of the forces)."""
    start, end, gradient, fraction, young = cell.start, cell.end, cell.gradient, cell.fraction, cell.young
    strain, increment, sign, residual = found.strain, found.increment, found.sign, found.residual
    m, d = gradient.shape
    residual[:] = 0.0
    changed, scale = False, 0.0
    for i in range(m):
        increment[i] = plastic_increment(strain[i], plastic[i], young[i], cell.limit[i], cell.hardening[i])
        sense = (increment[i] > 0.0) - (increment[i] < 0.0)
        if sense != sign[i]:
            sign[i] = sense
            changed = True
        if start[i] != end[i]:
            force = fraction[i] * young[i] * (strain[i] - plastic[i] - increment[i])
            scale = max(scale, fraction[i] * young[i] * max(abs(strain[i]), abs(plastic[i])))
            for a in range(d):
                residual[end[i] * d + a] += force * gradient[i, a]
                residual[start[i] * d + a] -= force * gradient[i, a]
    norm = 0.0
    for a in range(d):
        residual[a] = 0.0
    for a in range(d, residual.shape[0]):
        norm = max(norm, abs(residual[a]))
    return changed, norm, scale


@njit(cache=True, error_model="numpy")
def loss_of_stiffness(cell, i):
    """Return the stiffness, per volume of the cell, that a bar loses in flow."""
    return cell.fraction[i] * cell.young[i] * cell.young[i] / (cell.young[i] + cell.hardening[i])


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _tangent(cell, sign, matrix):
    """Write the upper triangle of the tangent of the free fluctuation: elastic less what the flowing bars lose."""
    start, end, gradient, elastic = cell.start, cell.end, cell.gradient, cell.elastic
    m, d = gradient.shape
    free = elastic.shape[0] - d
    for p in range(free):
        for q in range(p, free):
            matrix[p, q] = (1.0 + cell.proximal) * elastic[p + d, q + d]
    for i in range(m):
        if sign[i] == 0 or start[i] == end[i]:
            continue
        loss = loss_of_stiffness(cell, i)
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
    start, end, gradient, elongation = cell.start, cell.end, cell.gradient, cell.elongation
    m, d = gradient.shape
    for i in range(m):
        total = 0.0
        for c in range(average.shape[0]):
            total += elongation[i, c] * average[c]
        for a in range(d):
            total += gradient[i, a] * (w[end[i] * d + a] - w[start[i] * d + a])
        strain[i] = total


@njit(cache=True, error_model="numpy")
def _unless_runaway(cell, average, plastic, strain, factored):
    """Return ``factored``, or −1 if nodes ran away: round-off then grows with them and hides any residual."""
    largest, reach = 0.0, 0.0
    for i in range(strain.shape[0]):
        imposed = abs(plastic[i]) + cell.limit[i] / cell.young[i]
        for c in range(average.shape[0]):
            imposed += abs(cell.elongation[i, c] * average[c])
        largest, reach = max(largest, abs(strain[i])), max(reach, imposed)
    return factored if largest <= RUNAWAY * reach else -1


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def equilibrate_cell(cell, average, plastic, found):
    """Find the fluctuation of one point.

    Parameters
    ----------
    cell : FluctuationProblem
    average : (v,)
    plastic : (m,)
        Plastic strains at the beginning of the increment.
    found : Fluctuation, in and out
        It begins with a guess of the fluctuation.

    Returns
    -------
    int
        1 if ``matrix`` holds the factor for the final senses of flow, 0 if not, −1 if the iteration failed.
    """
    start, end, gradient = cell.start, cell.end, cell.gradient
    w, strain, change, sign, matrix = found.w, found.strain, found.change, found.sign, found.matrix
    residual, direction = found.residual, found.direction
    m, d = gradient.shape
    free = w.shape[0] - d
    singular = cell.proximal > 0.0
    breaks, previous = np.empty(2 * m if singular else 0), np.empty(w.shape[0] if singular else 0)
    _bar_strains(cell, average, w, strain)
    sign[:] = 2  # no sense of flow: the first evaluation changes all
    changed, norm, scale = _forces(cell, plastic, found)
    factored, polished, step, slope = 0, False, 0.0, 0.0
    for _ in range(SINGULAR_ROUNDS if singular else ROUNDS):
        if norm <= SETTLED * scale * cell.steepest:
            return _unless_runaway(cell, average, plastic, strain, factored)
        if step == 1.0 and not changed:
            if polished:
                return _unless_runaway(cell, average, plastic, strain, factored)
            polished = True  # the step was exact: once more with the same factor, against round-off
        if changed:
            _tangent(cell, sign, matrix)
            if not factorise_large(matrix, free):
                return -1
            factored = 1
        if singular:
            for a in range(w.shape[0]):
                previous[a] = direction[a]
        for a in range(free):
            direction[a] = -residual[d + a]
        solve_dense_lower(matrix, free, direction)
        solve_dense_upper(matrix, free, direction)
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
        changed, norm, scale = _forces(cell, plastic, found)
        if changed:
            factored = 0
        if singular and norm <= NOISE * scale * cell.steepest and norm >= 0.5 * last:
            return _unless_runaway(cell, average, plastic, strain, factored)
    if singular and norm <= FORCE_ROUND_OFF * scale * cell.steepest:  # closer to singular than the steps can tell
        return _unless_runaway(cell, average, plastic, strain, factored)
    return -1


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _respond(cell, upper, force, moved, rest, behind):
    """Write y = M⁺ f where only the tangent M plus its proximal part P could be factored.

    The forces f (free, v) lie in the range of M, so that the steps (M + P) y' = f + P y converge; scratch of the
    same shape: rest, behind.
    """
    elastic, proximal = cell.elastic, cell.proximal
    free, v = force.shape
    d = elastic.shape[0] - free
    moved[:] = 0.0
    for p in range(free):
        for c in range(v):
            rest[p, c] = force[p, c]  # f − M y
    for _ in range(RESPONSE_ROUNDS):
        solve_dense_lower_columns(upper, free, rest)
        solve_dense_upper_columns(upper, free, rest)
        for p in range(free):
            for c in range(v):
                moved[p, c] += rest[p, c]
        largest, scale = 0.0, 0.0
        for p in range(free):
            behind[p] = 0.0
            for q in range(free):
                value = proximal * elastic[p + d, q + d]
                for c in range(v):
                    behind[p, c] += value * rest[q, c]
            for c in range(v):
                largest = max(largest, abs(behind[p, c]))
                scale = max(scale, abs(force[p, c]))
        if largest <= NOISE * scale:
            return
        for p in range(free):
            for c in range(v):
                rest[p, c] = behind[p, c]


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def guess_elastic(cell, average, plastic, w):
    """Write the fluctuation if no bar flows, the first node held.

    Parameters
    ----------
    cell : FluctuationProblem
    average, plastic : (v,), (m,)
        Average strain and plastic strains.
    w : (n d,) out
    """
    d = cell.gradient.shape[1]
    for a in range(w.shape[0]):
        total = 0.0
        for c in range(average.shape[0]):
            total += cell.of_strain[a, c] * average[c]
        for j in range(plastic.shape[0]):
            total += cell.of_plastic_strain[a, j] * plastic[j]
        w[a] = total
    for a in range(w.shape[0] - 1, -1, -1):
        w[a] -= w[a % d]


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def fluctuation_tangent(cell, elastic, factored, found, tangent):
    """Write the consistent tangent (v, v) for the flow that was found; False if its matrix was not factored.

    Parameters
    ----------
    cell, elastic : FluctuationProblem, ElasticStiffness
    factored : bool
        Whether ``found.matrix`` is the factor of the tangent of the fluctuation already.
    found : Fluctuation
    tangent : (v, v) out
    """
    elongation, gradient = cell.elongation, cell.gradient
    m, d = gradient.shape
    v = elongation.shape[1]
    free = cell.elastic.shape[0] - d
    if not factored:
        _tangent(cell, found.sign, found.matrix)
        if not factorise_large(found.matrix, free):
            return False
    coupling = elastic.mixed.copy()
    moved, rest, behind = np.empty((free, v)), np.empty((free, v)), np.empty((free, v))
    for c in range(v):
        for e in range(v):
            tangent[c, e] = elastic.affine[c, e]
    for i in range(m):
        if found.sign[i] == 0:
            continue
        loss = loss_of_stiffness(cell, i)
        for c in range(v):
            scaled = loss * elongation[i, c]
            for e in range(v):
                tangent[c, e] -= scaled * elongation[i, e]
            for a in range(d):
                coupling[cell.end[i] * d + a, c] -= scaled * gradient[i, a]
                coupling[cell.start[i] * d + a, c] += scaled * gradient[i, a]
    block = coupling[d:]
    if cell.proximal > 0.0:
        _respond(cell, found.matrix, block, moved, rest, behind)
    else:
        solve_dense_lower_columns(found.matrix, free, block)
    for c in range(v):
        for e in range(c + 1):
            total = tangent[c, e]
            for a in range(free):
                if cell.proximal > 0.0:
                    total -= 0.5 * (block[a, c] * moved[a, e] + block[a, e] * moved[a, c])
                else:
                    total -= block[a, c] * block[a, e]
            tangent[c, e] = total
            tangent[e, c] = total
    return True
