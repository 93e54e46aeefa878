"""How the resistance of a group grows with its flow, compiled for speed.

With s = |γ| of an increment, R(s) = k + a s + c s^m + Σ q (1 − e^(−b s)), all of whose coefficients are at least
zero, and 0 < m ≤ 1. Hence R(s)/s falls where s grows, which the solver relies on. Linear hardening and linear
viscosity are a, Perzyna's power law is c s^m, saturation (Voce) is q and b; without any of them R = k.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit


class Resistance(NamedTuple):
    """The coefficients of G groups in one increment of one point.

    Parameters
    ----------
    base, linear, power, exponent : array, shape (G,)
        k, a, c and m.
    saturation, rate : array, shape (G, J)
        q and b.
    """

    base: Any
    linear: Any
    power: Any
    exponent: Any
    saturation: Any
    rate: Any


class GroupLaw(NamedTuple):
    """How the resistance of G groups depends on what has flowed, p = Σ |γ|, and on Δt; the laws of a model.

    R(s) = k + h (p + s) + Σ Q (1 − e^(−b (p + s))) + η (s/Δt)^m, all of which is at least zero, and 0 < m ≤ 1.

    Parameters
    ----------
    resistance, hardening, viscosity, exponent : array, shape (G,)
        k, h, η and m; without any growth all but k are empty.
    saturation, rate : array, shape (G, J)
        Q and b.
    """

    resistance: Any
    hardening: Any
    viscosity: Any
    exponent: Any
    saturation: Any
    rate: Any


def constant_law(resistance: np.ndarray) -> GroupLaw:
    """Return the law of resistances k, shape (G,), that do not grow."""
    none, empty = np.zeros(0), np.zeros((len(resistance), 0))
    return GroupLaw(np.ascontiguousarray(resistance, dtype=np.float64), none, none, none, empty, empty)


@njit(cache=True)
def empty_resistance(law):
    """Return the coefficients of groups, to be written by `set_resistance`."""
    groups, terms = law.rate.shape
    return Resistance(
        law.resistance.copy(),
        law.hardening.copy(),
        law.viscosity.copy(),
        law.exponent.copy(),
        np.zeros((groups, terms)),
        law.rate.copy(),
    )


@njit(cache=True, error_model="numpy")
def set_resistance(law, accumulated, dt, now):
    """Write the coefficients of one increment.

    Parameters
    ----------
    law : GroupLaw
    accumulated : (G,)
        p at its beginning.
    dt : float
    now : Resistance, out
    """
    if len(law.hardening) == 0:
        return
    for g in range(len(law.resistance)):
        now.base[g] = law.resistance[g] + law.hardening[g] * accumulated[g]
        now.linear[g], now.power[g] = law.hardening[g], 0.0
        if law.exponent[g] == 1.0:
            now.linear[g] += law.viscosity[g] / dt
        else:
            now.power[g] = law.viscosity[g] * dt ** -law.exponent[g]
        for j in range(law.rate.shape[1]):
            left = np.exp(-law.rate[g, j] * accumulated[g])
            now.base[g] += law.saturation[g, j] * (1.0 - left)
            now.saturation[g, j] = law.saturation[g, j] * left


@njit(inline="always", error_model="numpy")
def resist(law, g, s):
    """Return R(s), R'(s) and ∫ R ds of a group; the slope at rest is infinite for a power below 1."""
    value, slope, total = law.base[g], 0.0, law.base[g] * s
    if len(law.linear) > 0:
        value += law.linear[g] * s
        slope += law.linear[g]
        total += 0.5 * law.linear[g] * s * s
        factor, exponent = law.power[g], law.exponent[g]
        if factor > 0.0:
            power = factor * s**exponent
            value += power
            slope += exponent * power / s if s > 0.0 else np.inf
            total += power * s / (1.0 + exponent)
        for j in range(law.rate.shape[1]):
            q, b = law.saturation[g, j], law.rate[g, j]
            grown = -np.expm1(-b * s)
            value += q * grown
            slope += q * b * (1.0 - grown)
            x = b * s
            # (x - (1 - e^(-x)))/b, by its series where the difference would leave no digits
            series = s * x * (0.5 - x * (1.0 / 6.0 - x * (1.0 / 24.0 - x * (1.0 / 120.0 - x / 720.0))))
            total += q * (series if x < 1e-2 else s - grown / b)
    return value, slope, total
