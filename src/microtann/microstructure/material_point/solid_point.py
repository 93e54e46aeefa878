"""A homogeneous von Mises solid as a microstructure: its internal coordinates are those of its law."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import InputError
from microtann.materials.protocol import Material, State
from microtann.materials.von_mises import VonMises
from microtann.microstructure.protocol import Groups, Microstructure
from microtann.microstructure.registry import register_microstructure

Array = NDArray[np.float64]
BASIC = ("young", "poisson", "yield_stress", "hardening")
INSTANT = 1e-60
"""Duration in which nothing flows."""
GROWTH = ("isotropic_hardening", "saturation", "saturation_rate", "viscosity", "rate_exponent")


@register_microstructure
class SolidPoint(Microstructure):
    """One point of a solid whose law is known: what a TANN must find, nothing between it and the data.

    Its internal coordinates are the plastic strain, and the accumulated one where the strength grows with it.

    Parameters
    ----------
    solid : VonMises, optional
        By default the reference material.

    Raises
    ------
    InputError
        If it is no von Mises solid.

    Examples
    --------
    >>> import microtann as mt
    >>> point = mt.SolidPoint(mt.fem.VonMises(saturation=0.3, saturation_rate=2.0))
    >>> dict(point.coordinate_shapes)
    {'plastic_strain': (6,), 'accumulated_plastic_strain': (1,)}
    """

    kind: ClassVar[str] = "solid-point"
    durations_by_point: ClassVar[bool] = True
    fields: ClassVar[Mapping[str, tuple[str, ...]]] = {"solid": (*BASIC, *GROWTH, "plane_strain")}

    def __init__(self, solid: Material | None = None) -> None:
        solid = VonMises() if solid is None else solid
        if not isinstance(solid, VonMises):
            raise InputError(f"a point is of a microtann.fem.VonMises, got {type(solid).__name__}")
        self.solid = solid

    @property
    def components(self) -> int:
        """Strain components, 6 or 3."""
        return self.solid.components

    @property
    def rate_independent(self) -> bool:  # type: ignore[override]
        """Whether durations do not matter."""
        return self.solid.rate_independent

    @property
    def quadratic(self) -> bool:  # type: ignore[override]
        """Whether the energy is quadratic and the force never outside of the elastic domain."""
        return self.rate_independent and self.solid.growth.saturation == 0.0

    @property
    def strain_scale(self) -> float:
        """Strain at first yield over 1/3; 1 without an elastic domain, whose response has no scale of strain."""
        return 3.0 * self.solid.yield_stress / self.solid.young or 1.0

    @property
    def description(self) -> str:
        """The solid."""
        return f"point of a homogeneous solid, {self.solid!r}"

    @property
    def coordinate_shapes(self) -> Mapping[str, tuple[int, ...]]:
        """The plastic strain, and p where the strength grows with it."""
        grown = {"accumulated_plastic_strain": (1,)} if self.solid.growth.remembers else {}
        return {"plastic_strain": (6,), **grown}

    def initial_state(self, n: int) -> State:
        """Return the virgin state of the solid."""
        return self.solid.initial_state(n)

    def update(
        self,
        strain_increment: Float[Array, "n v"],
        state: State,
        dt: float | Float[Array, "n"] = 1.0,
        tangent: bool = True,
    ) -> tuple[Float[Array, "n v"], Float[Array, "n v v"] | None, State]:
        """Advance ``n`` points by one increment.

        Parameters
        ----------
        strain_increment : array, shape (n, v)
            Voigt order, engineering shear.
        state : dict of arrays
            State at the beginning of the increment, leading axis n; it is never modified.
        dt : float or array, shape (n,)
            Duration of the increment, for all or for every point.
        tangent : bool
            Whether the consistent tangent is wanted; without it None is returned in its place.
        """
        return self.solid.update(strain_increment, state, dt, tangent)

    def decode(self, state: Mapping[str, Array]) -> dict[str, Array]:
        """Return plastic strains and, where the strength grows with it, p of states with any leading axes."""
        leading = np.shape(state["strain"])[:-1]
        shapes = self.coordinate_shapes
        return {name: np.reshape(state[name], (*leading, *shape)) for name, shape in shapes.items()}

    def state_of(self, coordinates: Mapping[str, Array], strain: Float[Array, "n v"]) -> State | None:
        """Return states that have given internal coordinates and strains; None if a group is missing.

        Parameters
        ----------
        coordinates : mapping of arrays, shape (n, *group)
        strain : array, shape (n, v)
        """
        if not set(self.coordinate_shapes) <= set(coordinates):
            return None
        state = self.initial_state(len(strain)) | {"strain": np.asarray(strain)}
        own = {name: np.reshape(coordinates[name], state[name].shape) for name in self.coordinate_shapes}
        # an increment of no strain in no time: its energy is that of the state
        stored = self.update(np.zeros_like(strain), state | own, np.full(len(strain), INSTANT), False)[2]
        return state | own | {"energy": stored["energy"]}

    def groups(self) -> Groups:
        """Return the parameters of the solid."""
        parameters = {name: getattr(self.solid, name) for name in BASIC}
        growth = self.solid.growth
        parameters |= {"isotropic_hardening": growth.hardening}
        parameters |= {name: getattr(growth, name) for name in GROWTH[1:]}
        arrays = {name: np.asarray(value, dtype=np.float64) for name, value in parameters.items()}
        return {"solid": arrays | {"plane_strain": np.asarray(self.solid.plane == "strain", dtype=np.int64)}}

    @classmethod
    def of_groups(cls, groups: Groups) -> Microstructure:
        """Return the point that arrays from a file make up.

        Raises
        ------
        InputError
            If a parameter is missing or out of its range.
        """
        arrays = groups.get("solid", {})
        missing = [name for name in cls.fields["solid"] if name not in arrays or np.size(arrays[name]) != 1]
        if missing:
            raise InputError(f"the solid of a point lacks {missing[0]}, a number")
        numbers = {name: float(np.reshape(arrays[name], ())) for name in (*BASIC, *GROWTH)}
        plane = "strain" if int(np.reshape(arrays["plane_strain"], ())) else None
        return cls(VonMises(**numbers, plane=plane))
