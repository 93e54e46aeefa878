"""Linear elasticity, isotropic or with a given stiffness."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike, NDArray

from microtann.errors import InputError
from microtann.materials import isotropy
from microtann.materials.protocol import State
from microtann.numbers import voigt
from microtann.numbers.checks import as_floats, check_increment

Array = NDArray[np.float64]
STIFFNESS_SYMMETRY = 1e-10
"""Difference of a stiffness from its transpose, relative to its largest entry, that is round-off."""


class LinearElastic:
    """Linear elastic material: stress = stiffness · strain, energy ½ strain · stress.

    Parameters
    ----------
    stiffness : array, shape (v, v)
        Symmetric and positive definite; v = 6 in space and 3 in the plane, in Voigt order with engineering shear.
    normal : array, shape (2, 3), optional
        In the plane: strain 33 and stress 33 under unit strains, where they are known.

    Raises
    ------
    InputError
        If the stiffness is not such a matrix.

    Examples
    --------
    >>> from microtann import fem
    >>> steel = fem.LinearElastic.isotropic(young=210e3, poisson=0.3)
    >>> steel.stiffness.shape, fem.LinearElastic.isotropic(210e3, 0.3, plane="stress").stiffness.shape
    ((6, 6), (3, 3))
    """

    def __init__(self, stiffness: ArrayLike, normal: ArrayLike | None = None) -> None:
        moduli = np.array(as_floats("the stiffness", stiffness))
        if moduli.shape not in ((6, 6), (3, 3)):
            raise InputError(f"a stiffness has shape (6, 6) in space or (3, 3) in the plane, got {moduli.shape}")
        if not np.isfinite(moduli).all():
            raise InputError("the stiffness must be finite")
        if np.abs(moduli - moduli.T).max() > STIFFNESS_SYMMETRY * np.abs(moduli).max():
            raise InputError("the stiffness of a linear elastic material must be symmetric, or there is no energy")
        if np.linalg.eigvalsh(moduli)[0] <= 0.0:
            raise InputError("the stiffness must be positive definite, or the material is not stable")
        self.stiffness: Float[Array, "v v"] = moduli
        self.stiffness.setflags(write=False)
        beyond = None if normal is None else np.array(as_floats("strain and stress 33", normal))
        if beyond is not None and (len(moduli) != 3 or beyond.shape != (2, 3)):
            raise InputError(f"strain 33 and stress 33 under three strains have shape (2, 3), got {beyond.shape}")
        self.normal: Float[Array, "2 3"] | None = beyond

    @classmethod
    def isotropic(cls, young: float, poisson: float, plane: str | None = None) -> LinearElastic:
        """Return an isotropic material.

        Parameters
        ----------
        young, poisson : float
            Young's modulus and Poisson's ratio.
        plane : {"strain", "stress"}, optional
            For a mesh in the plane: no strain, or no stress, out of it. In space if left out.

        Raises
        ------
        InputError
            If a modulus is out of its range, or ``plane`` is neither of the two.
        """
        moduli = isotropy.stiffness(young, poisson)
        if plane is None:
            return cls(moduli)
        if plane not in ("strain", "stress"):
            raise InputError(f"the plane state of a material is 'strain' or 'stress', got {plane!r}")
        plain, beyond = np.ix_(isotropy.PLANE_COMPONENTS, isotropy.PLANE_COMPONENTS), np.zeros((2, 3))
        if plane == "strain":
            beyond[1] = moduli[2, isotropy.PLANE_COMPONENTS]
            return cls(moduli[plain], beyond)
        beyond[0] = -moduli[2, isotropy.PLANE_COMPONENTS] / moduli[2, 2]
        return cls(np.linalg.inv(np.linalg.inv(moduli)[plain]), beyond)

    def __repr__(self) -> str:
        where = "space" if voigt.dimension(self.components) == 3 else "the plane"
        return f"LinearElastic(in {where}, stiffness up to {np.abs(self.stiffness).max():.5g})"

    @property
    def components(self) -> int:
        """Strain components, 6 or 3."""
        return len(self.stiffness)

    def initial_state(self, n: int) -> State:
        """Return the state without strain."""
        return {"strain": np.zeros((n, self.components)), "energy": np.zeros(n), "dissipation": np.zeros(n)}

    def out_of_plane(self, state: State) -> tuple[Float[Array, "*n"], Float[Array, "*n"]] | None:
        """Return strain 33 and stress 33; None in space, and where the stiffness of the plane alone is known."""
        if self.normal is None:
            return None
        strain, stress = np.moveaxis(state["strain"] @ self.normal.T, -1, 0)
        return strain, stress

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
            Duration of the increment, which does not matter.
        tangent : bool
            Whether the tangent is wanted.

        Raises
        ------
        InputError
            If a strain increment is not finite.
        """
        check_increment(strain_increment)
        strain = state["strain"] + strain_increment
        stress: Array = strain @ self.stiffness
        energy = 0.5 * np.einsum("nv,nv->n", strain, stress)
        moduli = np.broadcast_to(self.stiffness, (len(strain), *self.stiffness.shape)) if tangent else None
        return stress, moduli, {"strain": strain, "energy": energy, "dissipation": np.zeros(len(strain))}
