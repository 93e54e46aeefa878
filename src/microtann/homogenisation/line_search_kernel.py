"""Line searches in the incremental energy of a cell, compiled: its slope along a direction is piecewise linear.

A cell is passed as the tuple that `microtann.homogenisation.newton_kernel` describes.
"""

from __future__ import annotations

import numpy as np
from numba import njit

SEARCH_ROUNDS = 40


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def slope_at(cell, strain, change, step, plastic):
    """Return the derivative of the incremental energy along a direction at a step."""
    fraction, young, limit, hardening = cell[4], cell[5], cell[6], cell[7]
    total = 0.0
    for i in range(strain.shape[0]):
        elastic = young[i] * (strain[i] + step * change[i] - plastic[i])
        trial = elastic - hardening[i] * plastic[i]
        over = max(abs(trial) - limit[i], 0.0)
        if trial < 0.0:
            over = -over
        elastic -= young[i] * over / (young[i] + hardening[i])
        total += fraction[i] * elastic * change[i]
    return total


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def shorten_step(cell, strain, change, slope, plastic):
    """Return the step along a direction: 1 unless the energy rises there, else close to the minimum before it."""
    at_one = slope_at(cell, strain, change, 1.0, plastic)
    if at_one <= 0.5 * abs(slope):
        return 1.0
    low, high, at_low, at_high = 0.0, 1.0, slope, at_one
    step, side = 1.0, 0
    for _ in range(SEARCH_ROUNDS):  # Illinois: a secant that keeps the bracket and halves a stale end
        step = (low * at_high - high * at_low) / (at_high - at_low)
        value = slope_at(cell, strain, change, step, plastic)
        if abs(value) <= 0.05 * abs(slope):
            break
        if value > 0.0:
            high, at_high = step, value
            if side == 1:
                at_low *= 0.5
            side = 1
        else:
            low, at_low = step, value
            if side == -1:
                at_high *= 0.5
            side = -1
    return step


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def find_minimum(cell, strain, change, slope, plastic, breaks):
    """Return the step to the minimum of the energy along a direction, however far; scratch (2 m,) breaks.

    The slope is piecewise linear and rises from negative to positive: halving the set of its breakpoints ends with
    the piece that holds the zero.
    """
    young, limit, hardening = cell[5], cell[6], cell[7]
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
