"""Line searches in the incremental energy of a cell, compiled: its slope along a direction is piecewise linear.

The cell is a `microtann.microstructure.bars.condensed.problems.FluctuationProblem`.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from microtann.numbers.illinois_kernel import Bracket, estimate, narrow
from microtann.slips.return_map_kernel import plastic_increment

SEARCH_ROUNDS = 40
OVERSHOOT = 0.5
"""A full step is taken if the slope has not grown beyond this fraction with the opposite sign."""
SLACK = 0.05
"""A shortened step is good enough when the slope fell to this fraction."""


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def slope_at(cell, strain, change, step, plastic):
    """Return the derivative of the incremental energy along a direction at a step."""
    fraction, young, limit, hardening = cell.fraction, cell.young, cell.limit, cell.hardening
    total = 0.0
    for i in range(strain.shape[0]):
        moved = strain[i] + step * change[i]
        flow = plastic_increment(moved, plastic[i], young[i], limit[i], hardening[i])
        total += fraction[i] * young[i] * (moved - plastic[i] - flow) * change[i]
    return total


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def shorten_step(cell, strain, change, slope, plastic):
    """Return the step along a direction: 1 unless the energy rises there, else close to the minimum before it."""
    at_one = slope_at(cell, strain, change, 1.0, plastic)
    if at_one <= OVERSHOOT * abs(slope):
        return 1.0
    bracket, step = Bracket(0.0, 1.0, slope, at_one, 0), 1.0
    for _ in range(SEARCH_ROUNDS):
        step = estimate(bracket)
        value = slope_at(cell, strain, change, step, plastic)
        if abs(value) <= SLACK * abs(slope):
            break
        bracket = narrow(bracket, step, value)
    return step


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def find_minimum(cell, strain, change, slope, plastic, breaks):
    """Return the step to the minimum of the energy along a direction, however far; scratch (2 m,) breaks.

    The slope is piecewise linear and rises from negative to positive: halving the set of its breakpoints ends with
    the piece that holds the zero.
    """
    young, limit, hardening = cell.young, cell.limit, cell.hardening
    count = 0
    for i in range(strain.shape[0]):
        rate = young[i] * change[i]
        if rate == 0.0:
            continue
        trial = young[i] * (strain[i] - plastic[i]) - hardening[i] * plastic[i]
        for bound in (-limit[i], limit[i]):
            at = (bound - trial) / rate
            if 0.0 < at < np.inf:
                breaks[count] = at
                count += 1
    low, high, at_low, at_high = 0.0, -1.0, slope, 0.0
    while count > 0:
        step = breaks[count // 2]
        value = slope_at(cell, strain, change, step, plastic)
        if value == 0.0:
            return step
        if value > 0.0:
            high, at_high = step, value
        else:
            low, at_low = step, value
        kept = 0
        for j in range(count):
            if breaks[j] > low and (high < 0.0 or breaks[j] < high):
                breaks[kept] = breaks[j]
                kept += 1
        count = kept
    if high < 0.0:  # beyond all breakpoints: any other point gives the line
        high = 2.0 * low + 1.0
        at_high = slope_at(cell, strain, change, high, plastic)
        if at_high <= at_low:
            return max(low, 1.0)
    return low + (high - low) * at_low / (at_low - at_high)
