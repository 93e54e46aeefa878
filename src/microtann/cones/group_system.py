"""A microstructure whose inelasticity are groups: a quadratic energy, and directions and a resistance of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.errors import InputError

Array = NDArray[np.float64]
ROUND_OFF = 1e-9
"""Negative eigenvalue of an energy, relative to the largest, that counts as round-off."""


@dataclass(frozen=True, eq=False)
class GroupSystem:
    """Energy Ψ = ½ E·CE − x·bE + ½ x·Kx per unit volume, and dissipation Σ k_g |γ_g| of groups, Δx = Σ N_g γ_g.

    A group g has d_g components γ_g, of which |.| is the Euclidean norm: those of a bar or fibre are one, those of
    a deviator in the plane or in space three or five. An increment to the strain E minimises
    Ψ(E, x + Σ N_g γ_g) + Σ k_g |γ_g|. Groups of one component are slips (`microtann.slips.problem.SlipProblem`).

    Parameters
    ----------
    elasticity : array, shape (v, v)
        C, in units of stress.
    coupling : array, shape (s, v)
        b = −∂²Ψ/∂x∂E: forces on the unknowns due to a unit strain.
    hessian : array, shape (s, s)
        K, positive semi-definite. So is the energy as a whole: C − bᵀK⁺b is the stiffness where everything flows.
    directions : array, shape (s, m)
        N = (N_1, N_2, …): the columns of the groups, one after another.
    sizes : array of int, shape (G,)
        d_g ≥ 1, which add up to m.
    resistance : array, shape (G,)
        k_g > 0: dissipation per |γ_g| and unit volume.

    Raises
    ------
    InputError
        If a number is not finite, sizes do not fit the columns, a resistance is not positive, or the energy is not
        convex.
    """

    elasticity: Float[Array, "v v"]
    coupling: Float[Array, "s v"]
    hessian: Float[Array, "s s"]
    directions: Float[Array, "s m"]
    sizes: Int[NDArray[np.int64], "G"]
    resistance: Float[Array, "G"]

    def __post_init__(self) -> None:
        """Check that it is an energy with groups."""
        m = self.directions.shape[1]
        for name in ("elasticity", "coupling", "hessian", "directions", "resistance"):
            if not np.isfinite(getattr(self, name)).all():
                raise InputError(f"the {name} of groups holds numbers that are not finite")
        if self.count == 0 or np.min(self.sizes) < 1 or np.sum(self.sizes) != m:
            raise InputError(
                f"the sizes of groups must be at least 1 and add up to the {m} columns of their directions, not "
                f"{np.asarray(self.sizes).tolist()}"
            )
        if not np.min(self.resistance) > 0.0:
            weak = int(np.argmin(self.resistance))
            raise InputError(f"group {weak} has the resistance {self.resistance[weak]:g}: it must be positive")
        both = np.block([[self.elasticity, -self.coupling.T], [-self.coupling, self.hessian]])
        if not np.allclose(both, both.T, rtol=0.0, atol=ROUND_OFF * np.abs(both).max()):
            raise InputError("the energy of groups is not symmetric: give a symmetric elasticity and hessian")
        size = np.sqrt(np.maximum(np.diag(both), 0.0))
        size[size == 0.0] = 1.0
        lowest = np.linalg.eigvalsh(both / size / size[:, None])[0]
        if lowest < -ROUND_OFF * len(both):
            raise InputError(
                "the energy of groups is not convex in strain and unknowns together: its smallest eigenvalue, "
                f"with a unit diagonal, is {lowest:.1e}"
            )

    @classmethod
    def of_unknowns(
        cls,
        elasticity: Float[Array, "v v"],
        coupling: Float[Array, "s v"],
        hessian: Float[Array, "s s"],
        sizes: Int[NDArray[np.int64], "G"],
        resistance: Float[Array, "G"],
    ) -> GroupSystem:
        """Return a system whose groups are its unknowns themselves, one group after another.

        Parameters
        ----------
        elasticity, coupling, hessian, sizes, resistance : array
            As for the class, with sizes that add up to s.
        """
        return cls(elasticity, coupling, hessian, np.eye(len(coupling)), sizes, resistance)

    @property
    def count(self) -> int:
        """Number of groups, G."""
        return len(self.sizes)

    @property
    def first(self) -> Int[NDArray[np.int64], "G"]:
        """First column of every group."""
        return np.cumsum(self.sizes) - self.sizes

    def norms(self, flow: Float[Array, "*batch m"]) -> Float[Array, "*batch G"]:
        """Return |γ_g| of every group."""
        return np.sqrt(np.add.reduceat(np.square(flow), self.first, axis=-1))
