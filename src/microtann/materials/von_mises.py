"""Von Mises plasticity with linear kinematic hardening: radial return in closed form, with its tangent."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import InputError
from microtann.materials import isotropy
from microtann.materials.protocol import State
from microtann.numbers.checks import check_increment
from microtann.slips.yield_tolerance import YIELD_TOLERANCE

Array = NDArray[np.float64]
PRODUCT = np.array([1.0, 1.0, 1.0, 2.0, 2.0, 2.0])
"""Weights of the components in the product of two symmetric tensors."""


class VonMises:
    """Elastoplastic solid with the yield condition of von Mises and Prager's linear kinematic hardening.

    Stress s = 2G (e − εᵖ) in the deviator, back stress ⅔ H εᵖ, flow where |s − ⅔ H εᵖ| reaches √⅔ k. In uniaxial
    tension it is an `microtann.ElastoplasticBar` of the same Young's modulus, yield stress and hardening.

    Parameters
    ----------
    young, poisson : float
        Young's modulus E and Poisson's ratio.
    yield_stress : float
        k, in uniaxial tension.
    hardening : float
        H ≥ 0, slope of the uniaxial stress over the plastic strain; the tangent modulus is EH/(E + H).
    plane : "strain", optional
        For a mesh in the plane: no strain out of it. In space if left out.

    Raises
    ------
    InputError
        If a parameter is out of its range, or ``plane`` is not "strain".

    References
    ----------
    J. C. Simo and T. J. R. Hughes, Computational Inelasticity, Springer, 1998, Box 3.1.

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
    ) -> None:
        self._bulk, self._shear = isotropy.bulk_and_shear(young, poisson)
        isotropy.require_positive("the yield stress", yield_stress)
        if not (np.isfinite(hardening) and hardening >= 0.0):
            raise InputError(f"the hardening must be zero or positive, got {hardening!r}")
        if plane not in (None, "strain"):
            raise InputError(f"von Mises plasticity is for space, or for plane 'strain'; got plane={plane!r}")
        self.young, self.poisson = young, poisson
        self.yield_stress, self.hardening, self.plane = yield_stress, hardening, plane
        self._kept = np.arange(6) if plane is None else np.array(isotropy.PLANE_COMPONENTS)

    def __repr__(self) -> str:
        where = "" if self.plane is None else f", plane={self.plane!r}"
        return (
            f"VonMises(young={self.young:g}, poisson={self.poisson:g}, yield_stress={self.yield_stress:g}, "
            f"hardening={self.hardening:g}{where})"
        )

    @property
    def components(self) -> int:
        """Strain components, 6 or 3."""
        return len(self._kept)

    def initial_state(self, n: int) -> State:
        """Return the virgin state: strain, plastic strain (all six components), energy and dissipation."""
        return {
            "strain": np.zeros((n, self.components)),
            "plastic_strain": np.zeros((n, 6)),
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
        dt: float = 1.0,
        tangent: bool = True,
    ) -> tuple[Float[Array, "n v"], Float[Array, "n v v"] | None, State]:
        """Advance all points by one increment; see `microtann.materials.protocol.Material.update`.

        Parameters
        ----------
        strain_increment : array, shape (n, v)
            Voigt order, engineering shear.
        state : dict of arrays
            As `initial_state` returns it; never modified.
        dt : float
            Duration of the increment, which does not matter.
        tangent : bool
            Whether the consistent tangent is wanted.

        Raises
        ------
        InputError
            If a strain increment is not finite.
        """
        check_increment(strain_increment)
        twice_shear, back = 2.0 * self._shear, 2.0 / 3.0 * self.hardening
        radius = np.sqrt(2.0 / 3.0) * self.yield_stress
        strain = state["strain"] + strain_increment
        whole = np.zeros((len(strain), 6))
        whole[:, self._kept] = strain
        volume = whole @ isotropy.TRACE
        plastic = state["plastic_strain"] / PRODUCT  # engineering shear to the tensor's
        trial = twice_shear * (whole @ isotropy.DEVIATOR - plastic)
        relative = trial - back * plastic
        size = np.sqrt(relative**2 @ PRODUCT)
        flowing = size > radius * (1.0 + YIELD_TOLERANCE)
        multiplier = np.where(flowing, (size - radius) / (twice_shear + back), 0.0)
        direction = relative / np.where(flowing, size, 1.0)[:, None]
        plastic = plastic + multiplier[:, None] * direction
        deviator = trial - (twice_shear * multiplier)[:, None] * direction
        stress = (deviator + (self._bulk * volume)[:, None] * isotropy.TRACE)[:, self._kept]
        energy = 0.5 * self._bulk * volume**2
        energy += 0.5 * (deviator**2 @ PRODUCT / twice_shear + back * (plastic**2 @ PRODUCT))
        new = {
            "strain": strain,
            "plastic_strain": plastic * PRODUCT,
            "energy": energy,
            "dissipation": radius * multiplier,
        }
        if not tangent:
            return stress, None, new
        moduli = np.broadcast_to(isotropy.stiffness(self.young, self.poisson), (len(strain), 6, 6)).copy()
        shrunk = twice_shear * multiplier / np.where(flowing, size, 1.0)
        along = np.where(flowing, twice_shear / (twice_shear + back) - shrunk, 0.0)
        moduli -= (twice_shear * shrunk)[:, None, None] * isotropy.DEVIATOR
        moduli -= (twice_shear * along)[:, None, None] * direction[:, :, None] * direction[:, None, :]
        return stress, moduli[:, self._kept[:, None], self._kept], new
