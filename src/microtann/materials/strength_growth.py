"""How the strength of a point grows as it flows: linear hardening, saturation (Voce), and a power of the rate."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import InputError
from microtann.materials.isotropy import require_positive

Array = NDArray[np.float64]


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
