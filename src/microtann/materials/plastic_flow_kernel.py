"""Flow of a point whose strength grows as it flows, compiled: one scalar equation.

The law is that of `microtann.materials.strength_growth.StrengthGrowth`, ``growth`` its parameters in their order:
H, Q, b, η, m. The functions are those of a point with p at the beginning of an increment of the duration ``dt``.
"""

from __future__ import annotations

import math

from numba import njit

MOST_STEPS = 200
"""Steps of the bracketed Newton's method; it needs less than ten, and bisection alone about sixty."""
SMALLEST = 1e-300
"""Divisors are no smaller."""
ROUND_OFF = 2.0**-51


@njit(cache=True, nogil=True, error_model="numpy")
def strength_at(growth, p):
    """Return R(p) = H p + Q (1 − exp(−b p))."""
    hardening, saturation, rate = growth[:3]
    return hardening * p - (saturation * math.expm1(-rate * p) if saturation > 0.0 else 0.0)


@njit(cache=True, nogil=True, error_model="numpy")
def stored_at(growth, p):
    """Return the energy whose slope is R(p)."""
    hardening, saturation, rate = growth[:3]
    return 0.5 * hardening * p * p + saturation * (p + math.expm1(-rate * p) / rate)


@njit(cache=True, nogil=True, error_model="numpy")
def drag_of(growth, flow, dt):
    """Return η (Δp/Δt)^m."""
    viscosity, exponent = growth[3:]
    if viscosity == 0.0:
        return 0.0
    return viscosity * (flow / dt if exponent == 1.0 else (flow / dt) ** exponent)


@njit(cache=True, nogil=True, error_model="numpy")
def excess_slope(growth, stiffness, p, flow, drag):
    """Return by how much the excess rises with Δp > 0: the slope of the function that `plastic_flow` inverts."""
    hardening, saturation, rate, _, exponent = growth
    rise = stiffness + hardening + exponent * drag / max(flow, SMALLEST)
    return rise + saturation * rate * math.exp(-rate * (p + flow)) if saturation > 0.0 else rise


@njit(cache=True, nogil=True, error_model="numpy")
def plastic_flow(growth, excess, stiffness, p, dt):
    """Return Δp with excess = stiffness · Δp + R(p + Δp) − R(p) + η (Δp/Δt)^m, to round-off.

    ``excess`` > 0 is the equivalent stress of the trial state above k + R(p), ``stiffness`` what it falls by with
    Δp. Newton's method between bounds that close; its unknown is the power of Δp where m < 1, since the slope of
    that is infinite at rest.
    """
    hardening, viscosity, exponent = growth[0], growth[3], growth[4]
    most, power = excess / (stiffness + hardening), 1.0
    if viscosity > 0.0:
        power = min(exponent, 1.0)
        most = min(most, dt * (excess / viscosity) ** (1.0 / exponent))
    low, high, before = 0.0, most**power, strength_at(growth, p)
    unknown = high
    for _ in range(MOST_STEPS):
        flow = unknown if power == 1.0 else unknown ** (1.0 / power)
        drag = drag_of(growth, flow, dt)
        left = excess - stiffness * flow - (strength_at(growth, p + flow) - before) - drag
        if left > 0.0:
            low = unknown
        else:
            high = unknown
        slope = excess_slope(growth, stiffness, p, flow, drag) * flow / (power * max(unknown, SMALLEST))
        newton = unknown + left / max(slope, SMALLEST)
        if not (low < newton < high or left == 0.0):
            newton = 0.5 * (low + high)
        settled = abs(newton - unknown) <= ROUND_OFF * unknown
        unknown = newton
        if settled:
            break
    return unknown if power == 1.0 else unknown ** (1.0 / power)
