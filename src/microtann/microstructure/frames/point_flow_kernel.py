"""Increments of cells whose points are slips, one at a time, for what many at once leave; compiled for speed."""

from __future__ import annotations

import numpy as np
from numba import njit

from microtann.slips.dense_cholesky_kernel import solve_dense_lower_columns
from microtann.slips.reference_kernel import solve_slips
from microtann.slips.slip_search_kernel import empty_search


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "reassoc"})
def advance_by_sets(problem, elasticity, trial, plastic_strain, tangent):
    """Advance cells by one increment and give their consistent tangents.

    Parameters
    ----------
    problem : BarSlipProblem
    elasticity : (v, v)
    trial : (n, m)
        Driving forces over resistances at the end of the increment, if nothing flowed.
    plastic_strain : (n, m) in and out
    tangent : (n, v, v), or (0, v, v) where it is not wanted, out

    Returns
    -------
    array of bool, shape (n,)
        Cells whose flow was not found; they stay as they are.
    """
    n, m = trial.shape
    v = elasticity.shape[0]
    search, half, failed = empty_search(m, m), np.empty((m, v)), np.zeros(n, dtype=np.bool_)
    for p in range(n):
        count = solve_slips(problem.products, trial[p], search)
        failed[p] = count < 0
        if count < 0:
            continue
        for a in range(count):
            i = search.active[a]
            plastic_strain[p, i] += search.slip[a] / problem.resistance[i]
        if tangent.shape[0] > 0:
            for a in range(count):
                half[a] = problem.driving[search.active[a]]
            solve_dense_lower_columns(search.upper, count, half)
            for c in range(v):
                for e in range(c + 1):
                    total = elasticity[c, e]
                    for a in range(count):
                        total -= half[a, c] * half[a, e]
                    tangent[p, c, e] = total
                    tangent[p, e, c] = total
    return failed
