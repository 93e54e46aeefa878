"""The nearest admissible force of many coupled slips, by a dual active-set method, compiled for speed.

The slips' elastic domain is the polyhedron {τ : |nᵢ · τ| ≤ 1}. From a trial force t the force after flow is the
nearest one in it, τ = t − Σ nᵢ γᵢ, with the slips γ of the flowing surfaces (Koiter's rule). Equivalently γ
minimises ½ |t − N γ|² + Σ |γᵢ|. Slips may outnumber the dimensions of the force: τ is always unique, γ almost
always.

Surfaces enter one at a time, the most violated first; those whose slip would change its sense leave. The distance
from t grows with every step, so that no set of surfaces comes back and the method ends in finitely many steps. It
needs no more than the products of the normals, G = Nᵀ N, and the trial forces on the slips, r = Nᵀ t.

References
----------
- D. Goldfarb and A. Idnani, A numerically stable dual method for solving strictly convex quadratic programs,
  Mathematical Programming 27 (1983), 1-33.
- W. T. Koiter, Stress-strain relations, uniqueness and variational theorems for elastic-plastic materials with a
  singular yield surface, Quarterly of Applied Mathematics 11 (1953), 350-354.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from microtann.slips.yield_tolerance import YIELD_TOLERANCE

ROUND_OFF = 1e-13
"""Error of the force on a slip, relative to the largest trial force, that counts as none."""
DEPENDENT = 1e-9
"""A normal is in the span of others if what they leave of its square is below this fraction."""
FAILED = -1


class Surfaces(NamedTuple):
    """The flowing surfaces of one point, in arrays that are used over and over.

    Parameters
    ----------
    active : int64 array, shape (s + 1,)
        The flowing surfaces, in its first entries.
    sense : array, shape (s,)
        1 or −1 where a surface flows, 0 where it rests.
    slip : array, shape (s + 1,)
        |γ| of the flowing surfaces, in the order of ``active``.
    upper : array, shape (z + 1, z + 1)
        U with Uᵀ U = G on the flowing surfaces, each times its sense.
    force : array, shape (s,)
        Forces on the slips.
    column, change : array, shape (z + 1,)
        Scratch.
    """

    active: Any
    sense: Any
    slip: Any
    upper: Any
    force: Any
    column: Any
    change: Any


@njit(cache=True)
def empty_surfaces(z, s):
    """Return the arrays for s surfaces in z dimensions."""
    return Surfaces(
        np.empty(s + 1, dtype=np.int64),
        np.zeros(s),
        np.empty(s + 1),
        np.empty((z + 1, z + 1)),
        np.empty(s),
        np.empty(z + 1),
        np.empty(z + 1),
    )


@njit(inline="always", error_model="numpy", fastmath={"contract", "reassoc"})
def _column_of(gram, surfaces, count, entering, sense):
    """Write U⁻ᵀ G of a surface that enters; return what the flowing ones leave of the square of its normal."""
    upper, column, active = surfaces.upper, surfaces.column, surfaces.active
    left = gram[entering, entering]
    for a in range(count):
        column[a] = surfaces.sense[active[a]] * sense * gram[entering, active[a]]
    for a in range(count):
        value = column[a] / upper[a, a]
        column[a] = value
        left -= value * value
        for b in range(a + 1, count):
            column[b] -= upper[a, b] * value
    return left


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def factorise_surfaces(gram, surfaces, first, count):
    """Write the columns ``first`` to ``count`` − 1 of U from those before."""
    active, sense, upper = surfaces.active, surfaces.sense, surfaces.upper
    for a in range(first, count):
        i = active[a]
        left = gram[i, i]
        for b in range(a):
            total = sense[i] * sense[active[b]] * gram[i, active[b]]
            for c in range(b):
                total -= upper[c, b] * upper[c, a]
            value = total / upper[b, b]
            upper[b, a] = value
            left -= value * value
        upper[a, a] = np.sqrt(max(left, DEPENDENT * DEPENDENT * gram[i, i]))


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def solve_surfaces(upper, count, vector):
    """Solve Uᵀ U x = vector in place."""
    for a in range(count):
        value = vector[a] / upper[a, a]
        vector[a] = value
        for b in range(a + 1, count):
            vector[b] -= upper[a, b] * value
    for a in range(count - 1, -1, -1):
        total = vector[a]
        for b in range(a + 1, count):
            total -= upper[a, b] * vector[b]
        vector[a] = total / upper[a, a]


@njit(inline="always", error_model="numpy", fastmath={"contract", "reassoc"})
def _leave(gram, surfaces, count, leaving):
    """Let the flowing surface at a place go."""
    surfaces.sense[surfaces.active[leaving]] = 0.0
    for a in range(leaving, count - 1):
        surfaces.active[a] = surfaces.active[a + 1]
        surfaces.slip[a] = surfaces.slip[a + 1]
    factorise_surfaces(gram, surfaces, leaving, count - 1)


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _enter(gram, surfaces, count, entering):
    """Let a violated surface flow until its force is admissible; return the number of flowing ones, or FAILED."""
    active, slip, upper = surfaces.active, surfaces.slip, surfaces.upper
    force, column, change = surfaces.force, surfaces.column, surfaces.change
    s = len(force)
    sense = 1.0 if force[entering] > 0.0 else -1.0
    own = 0.0
    while True:
        left = _column_of(gram, surfaces, count, entering, sense)
        free = left > DEPENDENT * gram[entering, entering]
        for a in range(count - 1, -1, -1):  # slips of the others for a unit slip of this one
            total = column[a]
            for b in range(a + 1, count):
                total -= upper[a, b] * change[b]
            change[a] = total / upper[a, a]
        full = (sense * force[entering] - 1.0) / left if free else np.inf
        step, leaving = full, -1
        for a in range(count):
            if change[a] > 0.0 and slip[a] < step * change[a]:
                step, leaving = slip[a] / change[a], a
        if not step < np.inf:
            return FAILED
        if free:
            for i in range(s):
                force[i] -= step * sense * gram[entering, i]
            for a in range(count):
                back = step * change[a] * surfaces.sense[active[a]]
                row = active[a]
                for i in range(s):
                    force[i] += back * gram[row, i]
        for a in range(count):
            slip[a] -= step * change[a]
        own += step
        if leaving < 0:
            for a in range(count):
                upper[a, count] = column[a]
            upper[count, count] = np.sqrt(left)
            active[count] = entering
            surfaces.sense[entering] = sense
            slip[count] = own
            return count + 1
        _leave(gram, surfaces, count, leaving)
        count -= 1


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _independent(gram, surfaces, count):
    """Factorise the flowing surfaces without those in the span of others; return their number."""
    active, sense, upper, column = surfaces.active, surfaces.sense, surfaces.upper, surfaces.column
    kept = 0
    for a in range(count):
        i = active[a]
        left = _column_of(gram, surfaces, kept, i, sense[i])
        if kept < len(column) - 1 and left > DEPENDENT * gram[i, i]:
            for b in range(kept):
                upper[b, kept] = column[b]
            upper[kept, kept] = np.sqrt(left)
            active[kept] = i
            kept += 1
        else:
            sense[i] = 0.0
    return kept


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _slips_of(trial, surfaces, count):
    """Write the slips that bring the forces of the flowing surfaces to their bounds."""
    for a in range(count):
        i = surfaces.active[a]
        surfaces.slip[a] = surfaces.sense[i] * trial[i] - 1.0
    solve_surfaces(surfaces.upper, count, surfaces.slip)


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _begin(gram, trial, surfaces, count):
    """Let surfaces go until the slips of the rest are positive, and write the forces then; return their number.

    The rest are the solution of a problem without the other surfaces, from which the method may start.
    """
    active, sense, slip, force = surfaces.active, surfaces.sense, surfaces.slip, surfaces.force
    while count > 0:
        count = _independent(gram, surfaces, count)
        _slips_of(trial, surfaces, count)
        kept = 0
        for a in range(count):
            if slip[a] > 0.0:
                active[kept] = active[a]
                kept += 1
            else:
                sense[active[a]] = 0.0
        if kept == count:
            break
        count = kept
    for i in range(len(force)):
        force[i] = trial[i]
    for a in range(count):
        back = slip[a] * sense[active[a]]
        for i in range(len(force)):
            force[i] -= back * gram[active[a], i]
    return count


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def project(gram, trial, surfaces, start):
    """Find the slips of one point.

    Parameters
    ----------
    gram : (s, s) or more
        G: products of the normals.
    trial : (s,)
        r: trial forces on the slips.
    surfaces : Surfaces, in and out
        ``active``, ``sense``, ``slip`` and ``upper`` belong together.
    start : int
        Number of surfaces in ``active``, with their senses, that are likely to flow. Any guess will do.

    Returns
    -------
    int
        Number of flowing surfaces, or FAILED.
    """
    s = len(trial)
    active, force, sense = surfaces.active, surfaces.force, surfaces.sense
    largest = 0.0
    for i in range(s):
        largest = max(largest, abs(trial[i]))
        force[i] = sense[i]
        sense[i] = 0.0
    if largest <= 1.0 + YIELD_TOLERANCE:
        return 0
    for a in range(start):
        sense[active[a]] = force[active[a]]
    limit = 1.0 + max(YIELD_TOLERANCE, ROUND_OFF * largest)
    count = _begin(gram, trial, surfaces, start)
    for _ in range(20 * s + 100):
        worst, entering = limit, -1
        for i in range(s):
            if abs(force[i]) > worst and sense[i] == 0.0:
                worst, entering = abs(force[i]), i
        if entering < 0:
            break
        count = _enter(gram, surfaces, count, entering)
        if count < 0:
            return FAILED
    else:
        return FAILED
    _slips_of(trial, surfaces, count)  # once more from the trial force, against round-off
    for a in range(count):
        surfaces.slip[a] = max(surfaces.slip[a], 0.0)
    return count
