"""Strain paths of a cell, each increment solved by active sets or by Newton's method, compiled.

Bars whose trial force exceeds their resistance tell beforehand how many will flow: up to a number of them active
sets in the plastic strains are best, beyond it Newton's method in the fluctuation, which also takes what active
sets leave: bars without hardening whose flow is not unique.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from microtann.homogenisation.flow_kernel import empty_flow, solve_flow
from microtann.homogenisation.newton_kernel import empty_fluctuation, equilibrate, guess_elastic
from microtann.lattice.return_map_kernel import yields

REFRESH = 32
"""The forces K · α are summed afresh after so many increments, against round-off."""


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _equilibrium_flow(cell, average, plastic, flow, found):
    """Write the increments and the flowing bars by Newton's method; return their number, or −1 if it failed."""
    guess_elastic(cell, average, plastic, found.w)
    if equilibrate(cell, average, plastic, found) < 0:
        return -1
    count = 0
    for i in range(plastic.shape[0]):
        if found.sign[i] != 0:
            flow.increment[i] = found.increment[i]
            flow.active[count] = i
            count += 1
    return count


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def follow_paths(problem, cell, most, newton, strain, start, plastic_strain):
    """Follow strain paths from given plastic strains.

    Parameters
    ----------
    problem, cell : PlasticProblem, FluctuationProblem
        The two forms of the problem of one cell.
    most : int
        Number of bars beyond yield at the trial up to which active sets are used.
    newton : bool
        Whether Newton's method may take the others, and the increments that active sets leave.
    strain, start : (B, T, v), (B, m)
        The plastic strains are those before the first increment.
    plastic_strain : (B, T, m) out

    Returns
    -------
    (int, int)
        Path and step that failed, or (−1, −1).
    """
    hessian, coupling, resistance = problem.hessian, problem.coupling, problem.resistance
    paths, steps, v = strain.shape
    m = resistance.shape[0]
    state, trial, force = np.empty(m), np.empty(m), np.empty(m)
    flow, found = empty_flow(m), empty_fluctuation(m, cell.elastic.shape[0])
    for p in range(paths):
        state[:] = start[p]
        for t in range(steps):
            if t % REFRESH == 0:
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
                beyond += abs(yields(total, resistance[i]))
            count = -1
            if beyond <= most:
                count = solve_flow(problem, trial, flow)
            if count < 0 and newton:
                count = _equilibrium_flow(cell, strain[p, t], state, flow, found)
            if count < 0:
                return p, t
            for a in range(count):
                j = flow.active[a]
                state[j] += flow.increment[j]
                for i in range(m):
                    force[i] += hessian[j, i] * flow.increment[j]
            plastic_strain[p, t] = state
    return -1, -1
