"""The return map of one bar, compiled: every kernel that lets bars flow calls it.

Strains may be `microtann.slips.lanes_kernel.Lanes`, one bar in eight cells.
"""

from __future__ import annotations

from numba import njit, vectorize

from microtann.slips.lanes_kernel import select
from microtann.slips.yield_tolerance import YIELD_TOLERANCE


@njit(cache=True, error_model="numpy")
def yields(force, limit):
    """Return the sense, −1, 0 or 1, in which a trial force makes a bar flow."""
    bound = limit * (1.0 + YIELD_TOLERANCE)
    return (1 if force > bound else 0) - (1 if force < -bound else 0)


@njit(cache=True, error_model="numpy")
def plastic_increment(strain, plastic, young, limit, hardening):
    """Return the increment Δα of the plastic strain of a bar; 0 unless it flows.

    Parameters
    ----------
    strain, plastic : float or Lanes
        Strain ε at the end of the increment and plastic strain α at its beginning.
    young, limit, hardening : float
        E, k and H.
    """
    trial = young * (strain - plastic) - hardening * plastic
    step = select(trial > 0.0, trial - limit, trial + limit) / (young + hardening)  # no branch: loops vectorise
    return select(abs(trial) > limit * (1.0 + YIELD_TOLERANCE), step, 0.0)


@njit(cache=True, error_model="numpy")
def tangent_modulus(young, hardening):
    """Return the consistent tangent EH/(E + H) of a flowing bar."""
    return young * hardening / (young + hardening)


@vectorize(cache=True)
def plastic_increments(strain, plastic, young, limit, hardening):
    """Return `plastic_increment` of arrays.

    Parameters
    ----------
    strain, plastic, young, limit, hardening : arrays
        As for `plastic_increment`, broadcast against each other.
    """
    return plastic_increment(strain, plastic, young, limit, hardening)
