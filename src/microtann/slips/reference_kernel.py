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
2. **The dual active-set method** (`microtann.slips.dual_projection_kernel`), from the slips that flow then, which
   ends in finitely many steps, with dependent normals too.

Either ends where no force is beyond its bound and no slip opposes its force. Both together are the certificate of
the minimum (`microtann.slips.slip_search_kernel.certificate`), however it was found.

Nothing is allocated and no function is passed around: all arrays are those of a `SlipSearch`.

References
----------
- J. J. Júdice and F. M. Pires, A block principal pivoting algorithm for large-scale strictly monotone linear
  complementarity problems, Computers & Operations Research 21 (1994), 587-596.
- W. T. Koiter, Stress-strain relations, uniqueness and variational theorems for elastic-plastic materials with a
  singular yield surface, Quarterly of Applied Mathematics 11 (1953), 350-354.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from microtann.slips.dense_cholesky_kernel import factorise_dense, solve_dense_lower, solve_dense_upper
from microtann.slips.dual_projection_kernel import project
from microtann.slips.return_map_kernel import yields
from microtann.slips.slip_search_kernel import FAILED, SPANNED, list_active

ROUNDS = 10
"""Rounds of block pivoting before slips enter one at a time."""


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
