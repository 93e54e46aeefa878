"""What the finite-element solver asks of a material."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

Array = NDArray[np.float64]
State = dict[str, Array]
"""Named arrays with one entry per material point along the first axis."""


@runtime_checkable
class Material(Protocol):
    """Anything that gives the stress of many material points for an increment of strain.

    A trained TANN, the exact cell (FE²), the closed form of a regular cell and a user's own object all fit it.
    A material that was learnt may also say how far it is from its data; see `LearntMaterial`.
    Voigt order 11, 22, 33, 23, 13, 12 with engineering shear strains; tension is positive.
    """

    def initial_state(self, n: int) -> State:
        """Return the virgin state of ``n`` points: a dict of arrays with leading axis n."""
        ...

    def update(
        self,
        strain_increment: Float[Array, "n v"],
        state: State,
        dt: float = 1.0,
        tangent: bool = True,
    ) -> tuple[Float[Array, "n v"], Float[Array, "n v v"] | None, State]:
        """Advance ``n`` points by one increment.

        Parameters
        ----------
        strain_increment : array, shape (n, v)
        state : dict of arrays
            State at the beginning of the increment; it is never modified.
        dt : float
            Duration of the increment.
        tangent : bool
            Whether the consistent tangent is wanted; without it None is returned in its place.

        Returns
        -------
        stress : array, shape (n, v)
        tangent : array, shape (n, v, v), or None
            ∂stress/∂strain_increment.
        state : dict of arrays
            New state; it holds "energy" and "dissipation" (of this increment), each of shape (n,), per volume.
        """
        ...


@runtime_checkable
class LearntMaterial(Material, Protocol):
    """A material that knows the range of the data it was learnt from.

    The solver asks it after every increment; a material without this method is not judged.
    """

    def training_reach(self, before: State, after: State) -> Float[Array, "n"] | None:
        """Return how far an increment of ``n`` points reaches in the range of the data.

        Parameters
        ----------
        before, after : dict of arrays
            States before and after `update`.

        Returns
        -------
        array, shape (n,), or None
            1 on the border of the range, 1.3 where a point is 30 % outside; None if the range is not known.
        """
        ...


@runtime_checkable
class PlaneMaterial(Material, Protocol):
    """A material of the plane that knows what is out of it: stress in plane strain, strain in plane stress.

    A material without this method has nothing out of the plane, as a lattice of two dimensions has not.
    """

    def out_of_plane(self, state: State) -> tuple[Float[Array, "*n"], Float[Array, "*n"]] | None:
        """Return strain 33 and stress 33 of states with any leading axes; None if they are not known."""
        ...


def flows_at_constant_volume(material: Material) -> bool:
    """Return what a material says of itself by ``isochoric_flow``; one that says nothing does not.

    Linear elements whose every Gauss point must keep its volume are much too stiff: they find no limit load.
    """
    return bool(getattr(material, "isochoric_flow", False))


@runtime_checkable
class WritableMaterial(Material, Protocol):
    """A material that files can keep, by the name of its kind and its arrays, as microstructures are."""

    @property
    def kind(self) -> str:
        """Name of the kind, by which it is found again."""
        ...

    def groups(self) -> Mapping[str, Mapping[str, NDArray[Any]]]:
        """Return its arrays by the name of their group and their own."""
        ...
