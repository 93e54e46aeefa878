"""Strain paths of a cell, each increment solved by active sets or by Newton's method, compiled.

Bars whose trial force exceeds their resistance tell beforehand how many will flow: while they are few, active sets
in the plastic strains are best, else Newton's method in the fluctuation, which also takes what they leave: bars
without hardening whose flow is not unique. Shapes are given in the docstring.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from microtann.homogenisation.flow_kernel import REFRESH, YIELD_TOLERANCE, flow
from microtann.homogenisation.newton_kernel import advance_bars, equilibrate


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def follow_paths(hessian, coupling, resistance, least, cell, response, inner, most, strain, start, plastic_strain):
    """Follow strain paths from given plastic strains.

    Parameters
    ----------
    hessian, coupling, resistance, least : (m, m), (m, v), (m,), float, see `microtann.homogenisation.flow_kernel`
    cell : tuple, see `microtann.homogenisation.newton_kernel`
    response, inner : (n d, v), (n d, m)
        Elastic fluctuation due to average strain and to plastic strains.
    most : int
        Trial slips up to which active sets are used.
    strain, start : (B, T, v), (B, m)
    plastic_strain : (B, T, m) out

    Returns
    -------
    (int, int)
        Path and step that failed, or (−1, −1).
    """
    paths, steps, v = strain.shape
    m, unknowns = resistance.shape[0], response.shape[0]
    d = cell[2].shape[1]
    state, trial, force = np.empty(m), np.empty(m), np.empty(m)
    increment, work, residual = np.empty(m), np.empty(m), np.empty(m)
    sign, active = np.empty(m, dtype=np.int8), np.empty(m, dtype=np.int64)
    upper = np.empty((m, m))
    w, unbalance, direction = np.empty(unknowns), np.empty(unknowns), np.empty(unknowns)
    matrix = np.empty((unknowns, unknowns))
    for p in range(paths):
        state[:] = start[p]
        for t in range(steps):
            if t % REFRESH == 0:  # force = K · state, summed afresh now and then against round-off
                for i in range(m):
                    total = 0.0
                    for j in range(m):
                        total += hessian[i, j] * state[j]
                    force[i] = total
            beyond = 0
            for i in range(m):
                total = -force[i]
                for c in range(v):
                    total += coupling[i, c] * strain[p, t, c]
                trial[i] = total
                if abs(total) > resistance[i] * (1.0 + YIELD_TOLERANCE):
                    beyond += 1
            count = -1
            if beyond <= most:
                count = flow(hessian, resistance, trial, least, increment, sign, active, upper, work, residual)
            if count < 0:
                for a in range(unknowns):
                    total = 0.0
                    for c in range(v):
                        total += response[a, c] * strain[p, t, c]
                    for j in range(m):
                        total += inner[a, j] * state[j]
                    w[a] = total
                for a in range(unknowns - 1, -1, -1):  # the first node is held
                    w[a] -= w[a % d]
                found = equilibrate(cell, strain[p, t], state, w, trial, work, sign, unbalance, direction, matrix)
                if found < 0:
                    return p, t
                increment[:] = state
                advance_bars(cell, trial, sign, increment)
                count = 0
                for i in range(m):
                    increment[i] -= state[i]
                    if increment[i] != 0.0:
                        active[count] = i
                        count += 1
            for a in range(count):
                j = active[a]
                state[j] += increment[j]
                for i in range(m):
                    force[i] += hessian[j, i] * increment[j]
            plastic_strain[p, t] = state
    return -1, -1
