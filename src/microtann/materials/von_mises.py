"""Von Mises plasticity, hardening and viscous: radial return with its tangent, in closed form or by one scalar."""

from __future__ import annotations

from dataclasses import astuple
from typing import ClassVar

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import InputError
from microtann.materials import isotropy
from microtann.materials.protocol import State
from microtann.materials.strength_growth import StrengthGrowth
from microtann.materials.von_mises_points_kernel import return_points
from microtann.numbers.checks import check_increment
from microtann.slips.yield_tolerance import YIELD_TOLERANCE

Array = NDArray[np.float64]


class VonMises:
    """Elastoplastic solid with the yield condition of von Mises and Prager's linear kinematic hardening.

    Stress s = 2G (e − εᵖ) in the deviator, back stress ⅔ H εᵖ, flow where |s − ⅔ H εᵖ| reaches √⅔ k. In uniaxial
    tension it is an `microtann.ElastoplasticBar` of the same Young's modulus, yield stress and hardening.

    The strength k may grow: with the accumulated plastic strain p, ṗ = √⅔ |ε̇ᵖ|, linearly and up to a saturation
    (Voce), and with a power of its rate (Perzyna), k + Hᵢ p + Q (1 − exp(−b p)) + η ṗ^m. With k = 0 and a
    viscosity it is viscoelastic: a Maxwell body, or with H > 0 a standard linear solid. An increment is the
    backward Euler step, whose dissipation k Δp + η (Δp/Δt)^m Δp is that of its end: −T · ΔZ with Z = (εᵖ, p).

    Parameters
    ----------
    young, poisson : float
        Young's modulus E and Poisson's ratio.
    yield_stress : float
        k, in uniaxial tension; 0 is no elastic domain, and needs a viscosity.
    hardening : float
        H ≥ 0, slope of the uniaxial stress over the plastic strain; the tangent modulus is EH/(E + H).
    plane : "strain", optional
        For a mesh in the plane: no strain out of it. In space if left out.
    isotropic_hardening : float
        Hᵢ ≥ 0.
    saturation, saturation_rate : float
        Q ≥ 0 and b > 0 of Voce.
    viscosity, rate_exponent : float
        η ≥ 0, stress times (time)^m, and m > 0 of Perzyna.

    Raises
    ------
    InputError
        If a parameter is out of its range, or ``plane`` is not "strain".

    References
    ----------
    J. C. Simo and T. J. R. Hughes, Computational Inelasticity, Springer, 1998, Box 3.1.
    Laws of growth: `microtann.materials.strength_growth.StrengthGrowth`.

    Examples
    --------
    >>> import numpy as np
    >>> from microtann import fem
    >>> steel = fem.VonMises(young=210e3, poisson=0.3, yield_stress=300.0, hardening=2e3)
    >>> stress, _, state = steel.update(np.array([[0, 0, 0, 0, 0, 0.01]]), steel.initial_state(1))
    >>> round(float(stress[0, 5]), 1), bool(state["dissipation"][0] > 0)
    (178.4, True)
    """

    isochoric_flow: ClassVar[bool] = True
    """Plastic strains have no trace."""

    def __init__(
        self,
        young: float = 1.0,
        poisson: float = 0.3,
        yield_stress: float = 1.0 / 3.0,
        hardening: float = 0.1,
        plane: str | None = None,
        *,
        isotropic_hardening: float = 0.0,
        saturation: float = 0.0,
        saturation_rate: float = 10.0,
        viscosity: float = 0.0,
        rate_exponent: float = 1.0,
    ) -> None:
        self._bulk, self._shear = isotropy.bulk_and_shear(young, poisson)
        self.growth = StrengthGrowth(isotropic_hardening, saturation, saturation_rate, viscosity, rate_exponent)
        if yield_stress != 0.0 or viscosity == 0.0:
            isotropy.require_positive("the yield stress", yield_stress)
        if not (np.isfinite(hardening) and hardening >= 0.0):
            raise InputError(f"the hardening must be zero or positive, got {hardening!r}")
        if plane not in (None, "strain"):
            raise InputError(f"von Mises plasticity is for space, or for plane 'strain'; got plane={plane!r}")
        self.young, self.poisson = young, poisson
        self.yield_stress, self.hardening, self.plane = yield_stress, hardening, plane
        self._kept = np.arange(6) if plane is None else np.array(isotropy.PLANE_COMPONENTS)
        self._elastic = isotropy.stiffness(young, poisson)[np.ix_(self._kept, self._kept)]

    def __repr__(self) -> str:
        where = "" if self.plane is None else f", plane={self.plane!r}"
        growth = f", {self.growth}" if self.growth.any else ""
        return (
            f"VonMises(young={self.young:g}, poisson={self.poisson:g}, yield_stress={self.yield_stress:g}, "
            f"hardening={self.hardening:g}{where}{growth})"
        )

    @property
    def rate_independent(self) -> bool:
        """Whether durations do not matter."""
        return self.growth.viscosity == 0.0

    @property
    def components(self) -> int:
        """Strain components, 6 or 3."""
        return len(self._kept)

    def initial_state(self, n: int) -> State:
        """Return the virgin state: strain, plastic strain (all six components), energy and dissipation.

        Where the strength grows with it, the accumulated plastic strain p too.
        """
        own = {"accumulated_plastic_strain": np.zeros(n)} if self.growth.remembers else {}
        return {
            "strain": np.zeros((n, self.components)),
            "plastic_strain": np.zeros((n, 6)),
            **own,
            "energy": np.zeros(n),
            "dissipation": np.zeros(n),
        }

    def out_of_plane(self, state: State) -> tuple[Float[Array, "*n"], Float[Array, "*n"]] | None:
        """Return strain 33, which is zero, and stress 33 in plane strain; None in space."""
        if self.plane is None:
            return None
        volume = state["strain"][..., 0] + state["strain"][..., 1]
        deviator = -volume / 3.0 - state["plastic_strain"][..., 2]
        return np.zeros_like(volume), self._bulk * volume + 2.0 * self._shear * deviator

    def update(
        self,
        strain_increment: Float[Array, "n v"],
        state: State,
        dt: float | Float[Array, "n"] = 1.0,
        tangent: bool = True,
    ) -> tuple[Float[Array, "n v"], Float[Array, "n v v"] | None, State]:
        """Advance all points by one increment; see `microtann.materials.protocol.Material.update`.

        Parameters
        ----------
        strain_increment : array, shape (n, v)
            Voigt order, engineering shear.
        state : dict of arrays
            As `initial_state` returns it; never modified.
        dt : float or array, shape (n,)
            Duration of the increment, for all or for every point; it matters where there is a viscosity.
        tangent : bool
            Whether the consistent tangent is wanted.

        Raises
        ------
        InputError
            If a strain increment is not finite.
        """
        check_increment(strain_increment)
        strain = state["strain"] + strain_increment
        n, v = strain.shape
        border = np.sqrt(2.0 / 3.0) * self.yield_stress
        moduli = (self._bulk, 2.0 * self._shear, 2.0 / 3.0 * self.hardening, border, YIELD_TOLERANCE)
        stress, found = np.empty((n, v)), np.empty((n if tangent else 0, v, v))
        plastic, energy, dissipation = state["plastic_strain"].copy(), np.empty(n), np.empty(n)
        given = (strain, plastic, self._kept, moduli, self._elastic, stress, found, energy, dissipation)
        own = {}
        if self.growth.any:
            accumulated, duration = np.zeros(n), np.ascontiguousarray(np.broadcast_to(dt, n), dtype=np.float64)
            if self.growth.remembers:
                accumulated[:] = state["accumulated_plastic_strain"]
                own = {"accumulated_plastic_strain": accumulated}
            return_points(*given, tuple(map(float, astuple(self.growth))), accumulated, duration)
        else:
            return_points(*given)
        new = {"strain": strain, "plastic_strain": plastic, **own, "energy": energy, "dissipation": dissipation}
        return stress, found if tangent else None, new
