"""How the strength of a point grows as it flows: linear hardening, saturation (Voce), and a power of the rate."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import InputError
from microtann.materials.isotropy import require_positive

Array = NDArray[np.float64]
MOST_STEPS = 200
"""Steps of the bracketed Newton's method; it needs less than ten, and bisection alone about sixty."""
SMALLEST = 1e-300
"""Divisors are no smaller."""


@dataclass(frozen=True, eq=False)
class PlasticStep:
    """Trial states of n points that flow in an increment.

    Parameters
    ----------
    excess : array, shape (n,)
        Positive: equivalent stress of the trial state above k + R(p).
    stiffness : float
        By which the equivalent stress falls with Δp.
    accumulated : array, shape (n,)
        p at the beginning.
    dt : array, shape (n,)
        Δt.
    """

    excess: Float[Array, "n"]
    stiffness: float
    accumulated: Float[Array, "n"]
    dt: Float[Array, "n"]


@dataclass(frozen=True)
class StrengthGrowth:
    """What is added to the yield stress k of a point whose accumulated plastic strain p grows by Δp in Δt.

    k + R(p + Δp) + η (Δp/Δt)^m with R = H p + Q (1 − exp(−b p)). R is the slope of a stored energy, convex in p;
    the power is dissipated. Both grow with Δp, so that the flow of an increment is the one zero of a falling
    function.

    Parameters
    ----------
    hardening : float
        H ≥ 0, linear isotropic hardening.
    saturation : float
        Q ≥ 0, the most that saturating hardening adds.
    saturation_rate : float
        b > 0: all but 1/e of Q is there at p = 1/b.
    viscosity : float
        η ≥ 0, in units of stress times (time)^m.
    rate_exponent : float
        m > 0.

    Raises
    ------
    InputError
        If a parameter is out of its range.

    References
    ----------
    E. Voce, Metallurgia 51 (1955) 219-226. P. Perzyna, Advances in Applied Mechanics 9 (1966) 243-377.
    """

    hardening: float = 0.0
    saturation: float = 0.0
    saturation_rate: float = 10.0
    viscosity: float = 0.0
    rate_exponent: float = 1.0

    def __post_init__(self) -> None:
        names = {"hardening": "isotropic hardening", "saturation": "saturation of the hardening"}
        for field in fields(self):
            value, name = getattr(self, field.name), names.get(field.name, field.name.replace("_", " "))
            if field.name in ("saturation_rate", "rate_exponent"):
                require_positive(f"the {name}", value)
            elif not (np.isfinite(value) and value >= 0.0):
                raise InputError(f"the {name} must be zero or positive, got {value!r}")

    @property
    def remembers(self) -> bool:
        """Whether p matters."""
        return self.hardening > 0.0 or self.saturation > 0.0

    @property
    def any(self) -> bool:
        """Whether anything is added at all."""
        return self.remembers or self.viscosity > 0.0

    def strength(self, accumulated: Float[Array, "n"]) -> Float[Array, "n"]:
        """Return R(p)."""
        saturated = -np.expm1(-self.saturation_rate * accumulated)
        return self.hardening * accumulated + self.saturation * saturated

    def stored(self, accumulated: Float[Array, "n"]) -> Float[Array, "n"]:
        """Return the energy whose slope is R(p)."""
        p, b = accumulated, self.saturation_rate
        return 0.5 * self.hardening * p * p + self.saturation * (p + np.expm1(-b * p) / b)

    def drag(self, flow: Float[Array, "n"], dt: Float[Array, "n"]) -> Float[Array, "n"]:
        """Return η (Δp/Δt)^m."""
        if self.viscosity == 0.0:
            return np.zeros_like(flow)
        return np.asarray(self.viscosity * (flow / dt) ** self.rate_exponent)

    def flow(self, step: PlasticStep) -> Float[Array, "n"]:
        """Return Δp with excess = stiffness · Δp + R(p + Δp) − R(p) + η (Δp/Δt)^m, to round-off.

        Newton's method between bounds that close; its unknown is the power of Δp where m < 1, since the slope of
        that is infinite at rest.
        """
        m = self.rate_exponent if self.viscosity > 0.0 else 1.0
        power, most = min(m, 1.0), step.excess / (step.stiffness + self.hardening)
        if not self.any:
            return most
        if self.viscosity > 0.0:
            most = np.minimum(most, step.dt * (step.excess / self.viscosity) ** (1.0 / m))
        low, high = np.zeros_like(most), most**power
        unknown, before = high.copy(), self.strength(step.accumulated)
        for _ in range(MOST_STEPS):
            flow = unknown ** (1.0 / power)
            grown = self.strength(step.accumulated + flow) - before
            left = step.excess - step.stiffness * flow - grown - self.drag(flow, step.dt)
            low, high = np.where(left > 0.0, unknown, low), np.where(left > 0.0, high, unknown)
            slope = self.slope(step, flow) * flow / (power * np.maximum(unknown, SMALLEST))
            newton = unknown + left / np.maximum(slope, SMALLEST)
            inside = ((newton > low) & (newton < high)) | (left == 0.0)
            newton = np.where(inside, newton, 0.5 * (low + high))
            settled = np.abs(newton - unknown) <= 2.0 * np.finfo(np.float64).eps * unknown
            unknown = newton
            if settled.all():
                break
        return np.asarray(unknown ** (1.0 / power))

    def slope(self, step: PlasticStep, flow: Float[Array, "n"]) -> Float[Array, "n"]:
        """Return by how much the excess rises with Δp > 0: the slope of the function that `flow` inverts."""
        b = self.saturation_rate
        rise = step.stiffness + self.hardening + self.saturation * b * np.exp(-b * (step.accumulated + flow))
        if self.viscosity > 0.0:
            rise = rise + self.rate_exponent * self.drag(flow, step.dt) / np.maximum(flow, SMALLEST)
        return np.asarray(rise)
