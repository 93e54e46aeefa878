"""The slip problem of one point in plain loops: the reference of all faster solvers, and their last resort.

From the trial forces r on s slips, whose normals nᵢ have the products G = NᵀN, find

    γ = argmin ½ γ·Gγ − r·γ + Σ |γᵢ|.

With t the trial force in the space of the normals, r = Nᵀt, the force τ = t − Nγ is the point nearest to t of the
polyhedron {τ : |nᵢ·τ| ≤ 1}, and γ are the slips of its flowing surfaces (Koiter's rule). Slips may outnumber the
dimensions of the force: τ is always unique, γ almost always. Resistances kᵢ other than 1 are divided out: for the
slips x of min ½ x·Kx − r·x + Σ kᵢ|xᵢ| take γ = kx, G = K/(k kᵀ) and r/k.

`solve_slips` takes two steps.

1. **Block pivoting** (`pivot`): all slips flow whose force is beyond its bound, and bring it there, G_AA γ_A =
   r_A − sign; those whose slip opposes its force come to rest; and so on. Nearly always nothing changes after a
   few rounds. It need not end, so that it is given up after `ROUNDS`.
2. **The dual active-set method** (`project`), from the slips that flow then: surfaces enter one at a time, the
   most violated first; those whose slip would change its sense leave. The distance from t grows with every step,
   so that no set of surfaces comes back and the method ends in finitely many steps, with dependent normals too.

Either ends where no force is beyond its bound and no slip opposes its force. Both together are the certificate of
the minimum (`certificate`), however it was found.

Nothing is allocated and no function is passed around: all arrays are those of a `SlipSearch`.

References
----------
- J. J. Júdice and F. M. Pires, A block principal pivoting algorithm for large-scale strictly monotone linear
  complementarity problems, Computers & Operations Research 21 (1994), 587-596.
- D. Goldfarb and A. Idnani, A numerically stable dual method for solving strictly convex quadratic programs,
  Mathematical Programming 27 (1983), 1-33.
- W. T. Koiter, Stress-strain relations, uniqueness and variational theorems for elastic-plastic materials with a
  singular yield surface, Quarterly of Applied Mathematics 11 (1953), 350-354.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from microtann.slips.dense_cholesky_kernel import factorise_dense, solve_dense_lower, solve_dense_upper
from microtann.slips.return_map_kernel import yields
from microtann.slips.yield_tolerance import YIELD_TOLERANCE

ROUNDS = 10
"""Rounds of block pivoting before slips enter one at a time."""
ROUND_OFF = 1e-13
"""Error of the force on a slip, relative to the trial forces, that counts as none."""
SPANNED = 1e-9
"""A normal is in the span of others if what they leave of its square is below this fraction."""
FAILED = -1


class SlipSearch(NamedTuple):
    """The slips of one point, in arrays that are used over and over.

    Parameters
    ----------
    active : int64 array, shape (s + 1,)
        The flowing slips, in its first entries.
    sense : array, shape (s,)
        1 or −1 where a slip flows, 0 where it rests.
    slip : array, shape (s + 1,)
        γ of the flowing slips, in the order of ``active``.
    upper : array, shape (z + 1, z + 1)
        U with UᵀU = G on the flowing slips, of which no more than z are independent.
    force : array, shape (s,)
        Forces on the slips, r − Gγ.
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
def empty_search(z, s):
    """Return the arrays for s slips, of which no more than z are independent."""
    return SlipSearch(
        np.empty(s + 1, dtype=np.int64),
        np.zeros(s),
        np.empty(s + 1),
        np.empty((z + 1, z + 1)),
        np.empty(s),
        np.empty(z + 1),
        np.empty(z + 1),
    )


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def solve_slips(gram, trial, search):
    """Find the slips of one point.

    Parameters
    ----------
    gram : (s, s) or more
        G.
    trial : (s,)
        r.
    search : SlipSearch, out

    Returns
    -------
    int
        Number of flowing slips, or FAILED.
    """
    count = pivot(gram, trial, SPANNED, search)
    if count == FAILED:
        count = project(gram, trial, search, list_active(search))
    return count


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def certificate(gram, trial, search, count):
    """Return by how much slips miss the conditions of the minimum, relative to the largest trial force.

    It is the largest force beyond its bound at rest, and the largest difference of a force from its bound in flow;
    infinite if a slip opposes its force.

    Parameters
    ----------
    gram, trial : (s, s) or more, (s,)
        G and r.
    search : SlipSearch
        As `solve_slips` leaves it.
    count : int
        Number of flowing slips.
    """
    largest, worst = 1.0, 0.0
    for i in range(len(trial)):
        largest = max(largest, abs(trial[i]))
        force = trial[i]
        for a in range(count):
            force -= gram[search.active[a], i] * search.slip[a]
        beyond = abs(force) - 1.0
        for a in range(count):
            if search.active[a] == i and search.slip[a] != 0.0:
                if search.slip[a] * search.sense[i] < 0.0:
                    return np.inf
                beyond = abs(force - search.sense[i])
        worst = max(worst, beyond)
    return worst / largest


@njit(cache=True)
def list_active(search):
    """Write the slips with a sense into ``active``; return how many."""
    count = 0
    for i in range(len(search.sense)):
        if search.sense[i] != 0.0:
            search.active[count] = i
            count += 1
    return count


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def pivot(gram, trial, least, search):
    """Let slips flow and rest by whole sets until none opposes its force and no force is beyond its bound.

    Parameters
    ----------
    gram, trial : (s, s) or more, (s,)
        G and r.
    least : float
        Sets of slips are refused in which others leave less than this fraction of the square of a normal.
    search : SlipSearch, out
        If this fails, ``sense`` says which slips flow in the last set.

    Returns
    -------
    int
        Number of flowing slips, or FAILED.
    """
    active, sense, slip, upper, force = search.active, search.sense, search.slip, search.upper, search.force
    s = len(trial)
    for i in range(s):
        sense[i] = yields(trial[i], 1.0)
    for turn in range(ROUNDS):
        count = np.int64(0)
        for i in range(s):
            if sense[i] != 0.0:
                active[count] = i
                count += 1
        if count == 0:  # at first nothing yields; later it is an exchange that let all slips go and would cycle
            return 0 if turn == 0 else FAILED
        if count >= len(upper):
            return FAILED
        for a in range(count):
            for b in range(a, count):
                upper[a, b] = gram[active[a], active[b]]
        if not factorise_dense(upper, count):
            return FAILED
        for a in range(count):
            i = active[a]
            if upper[a, a] * upper[a, a] <= least * gram[i, i]:
                return FAILED
            slip[a] = trial[i] - sense[i]
        solve_dense_lower(upper, count, slip)
        solve_dense_upper(upper, count, slip)
        for i in range(s):
            force[i] = trial[i]
        for a in range(count):
            row = active[a]
            value = slip[a]
            for i in range(s):
                force[i] -= gram[row, i] * value
        changed = 0
        for a in range(count):
            i = active[a]
            force[i] = sense[i]
            if slip[a] * sense[i] <= 0.0:  # it comes to rest, on its bound
                sense[i] = 0.0
                changed += 1
        for i in range(s):
            if sense[i] == 0.0:
                sense[i] = yields(force[i], 1.0)
                changed += sense[i] != 0.0
        if changed == 0:
            return count
    return FAILED


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
