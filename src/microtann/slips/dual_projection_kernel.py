"""The dual active-set method for the slips of one point, in plain loops.

The problem is that of `microtann.slips.reference_kernel`. From slips that are likely to flow, surfaces enter one
at a time, the most violated first; those whose slip would change its sense leave. The distance from the trial
force grows with every step, so that no set of surfaces comes back and the method ends in finitely many steps, with
dependent normals too.

References
----------
- D. Goldfarb and A. Idnani, A numerically stable dual method for solving strictly convex quadratic programs,
  Mathematical Programming 27 (1983), 1-33.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from microtann.slips.dense_cholesky_kernel import solve_dense_lower, solve_dense_upper
from microtann.slips.slip_search_kernel import FAILED, ROUND_OFF, SPANNED
from microtann.slips.yield_tolerance import YIELD_TOLERANCE


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def project(gram, trial, search, start):
    """Find the slips of one point by the dual active-set method.

    Parameters
    ----------
    gram, trial : (s, s) or more, (s,)
        G and r.
    search : SlipSearch, in and out
    start : int
        Number of slips in ``active``, with their senses, that are likely to flow. Any guess will do.

    Returns
    -------
    int
        Number of flowing slips, or FAILED.
    """
    s = len(trial)
    active, slip, force, sense = search.active, search.slip, search.force, search.sense
    largest, square = 0.0, 0.0  # of the forces, and of the component of the trial force along a normal
    for i in range(s):
        largest = max(largest, abs(trial[i]))
        if gram[i, i] > 0.0:
            square = max(square, trial[i] * trial[i] / gram[i, i])
        force[i] = sense[i]
        sense[i] = 0.0
    if largest <= 1.0 + YIELD_TOLERANCE:
        return 0
    for a in range(start):
        sense[active[a]] = force[active[a]]
    count = _begin(gram, trial, search, start)
    for _ in range(20 * s + 100):
        worst, entering = 0.0, np.int64(-1)  # one type, for one compilation of what takes it
        for i in range(s):
            if sense[i] == 0.0 and abs(force[i]) > max(worst, 1.0 + YIELD_TOLERANCE):
                error = ROUND_OFF * min(largest, np.sqrt(square * gram[i, i]))
                if abs(force[i]) > 1.0 + error:
                    worst, entering = abs(force[i]), np.int64(i)
        if entering < 0:
            break
        count = _enter(gram, search, count, entering)
        if count < 0:
            return FAILED
    else:
        return FAILED
    _slips_of(trial, search, count)  # once more from the trial force, against round-off
    for a in range(count):
        if slip[a] * sense[active[a]] < 0.0:
            slip[a] = 0.0
    return count


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _begin(gram, trial, search, count):
    """Let slips rest until the others do not oppose their force, and write the forces then; return their number.

    The rest are the solution of a problem without the other slips, from which the method may start.
    """
    active, sense, slip, force = search.active, search.sense, search.slip, search.force
    while count > 0:
        count = _independent(gram, search, count)
        _slips_of(trial, search, count)
        kept = 0
        for a in range(count):
            if slip[a] * sense[active[a]] > 0.0:
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
        row = active[a]
        for i in range(len(force)):
            force[i] -= slip[a] * gram[row, i]
    return count


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _independent(gram, search, count):
    """Factorise the flowing slips without those in the span of others; return their number."""
    active, sense, column = search.active, search.sense, search.column
    kept = np.int64(0)
    for a in range(count):
        i = active[a]
        left = _column_of(gram, search, kept, i)
        if kept < len(column) - 1 and left > SPANNED * gram[i, i]:
            _append(search, kept, i, left)
            kept += 1
        else:
            sense[i] = 0.0
    return kept


@njit(inline="always", error_model="numpy", fastmath={"contract", "reassoc"})
def _column_of(gram, search, count, slip):
    """Write U⁻ᵀ G of another slip; return what the flowing ones leave of the square of its normal."""
    column, active = search.column, search.active
    for a in range(count):
        column[a] = gram[slip, active[a]]
    solve_dense_lower(search.upper, count, column)
    left = gram[slip, slip]
    for a in range(count):
        left -= column[a] * column[a]
    return left


@njit(inline="always", error_model="numpy", fastmath={"contract", "reassoc"})
def _append(search, count, slip, left):
    """Let a slip flow of which `_column_of` has written the column and returned what is left."""
    for a in range(count):
        search.upper[a, count] = search.column[a]
    search.upper[count, count] = np.sqrt(left)
    search.active[count] = slip


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _slips_of(trial, search, count):
    """Write the slips that bring the forces of the flowing ones to their bounds."""
    for a in range(count):
        i = search.active[a]
        search.slip[a] = trial[i] - search.sense[i]
    solve_dense_lower(search.upper, count, search.slip)
    solve_dense_upper(search.upper, count, search.slip)


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _enter(gram, search, count, entering):
    """Let a slip flow until its force is on its bound; return the number of flowing ones, or FAILED."""
    active, slip, senses = search.active, search.slip, search.sense
    force, column, change = search.force, search.column, search.change
    s = len(force)
    sense = 1.0 if force[entering] > 0.0 else -1.0
    own = 0.0
    while True:
        left = _column_of(gram, search, count, entering)
        free = left > SPANNED * gram[entering, entering]
        for a in range(count):
            change[a] = column[a]
        solve_dense_upper(search.upper, count, change)  # slips of the others against a unit slip of this one
        step, leaving = np.inf, -1
        if free:
            step = (sense * force[entering] - 1.0) / left
        for a in range(count):
            against = change[a] * sense * senses[active[a]]
            if against > 0.0 and abs(slip[a]) < step * against:
                step, leaving = abs(slip[a]) / against, a
        if not step < np.inf:
            return FAILED
        if free:
            for i in range(s):
                force[i] -= step * sense * gram[entering, i]
            for a in range(count):
                back = step * sense * change[a]
                row = active[a]
                for i in range(s):
                    force[i] += back * gram[row, i]
        for a in range(count):
            slip[a] -= step * sense * change[a]
        own += step
        if leaving < 0:
            _append(search, count, entering, left)
            senses[entering] = sense
            slip[count] = sense * own
            return count + 1
        _leave(gram, search, count, leaving)
        count -= 1


@njit(inline="always", error_model="numpy", fastmath={"contract", "reassoc"})
def _leave(gram, search, count, leaving):
    """Let the flowing slip at a place come to rest."""
    search.sense[search.active[leaving]] = 0.0
    for a in range(leaving, count - 1):
        search.slip[a] = search.slip[a + 1]
        i = search.active[a + 1]
        left = _column_of(gram, search, a, i)
        _append(search, a, i, max(left, SPANNED * SPANNED * gram[i, i]))
