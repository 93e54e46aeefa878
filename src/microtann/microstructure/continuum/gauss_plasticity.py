"""The integration points of a solid that may flow, and what few modes of their plastic strains store."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.materials import isotropy
from microtann.materials.plane_stress import PlaneStress
from microtann.materials.protocol import Material
from microtann.materials.von_mises import VonMises
from microtann.microstructure.continuum.cell_equations import CellEquations
from microtann.microstructure.continuum.deviators import DEVIATORS
from microtann.microstructure.plastic_points import ModalEnergy

Array = NDArray[np.float64]
PLASTIC_STRAIN = "plastic_strain"
"""State variable of a material that flows without change of volume: all six components, engineering shear."""
ACCUMULATED = "accumulated_plastic_strain"
"""State variable of a material whose strength grows: the length of the way of its plastic strain."""


@dataclass(frozen=True, eq=False)
class PhasePlasticity:
    """What plastic strains α of a phase do, in orthonormal components, per volume of it.

    Parameters
    ----------
    relief : array, shape (v, a)
        Stress that unit plastic strains take away at given strains.
    hessian : array, shape (a, a)
        Second derivative of the energy at given strains.
    resistance : float
        Dissipation per unit norm of plastic strain, in the virgin state.
    remembers : bool
        Whether its strength grows with the accumulated plastic strain.
    """

    relief: Float[Array, "v a"]
    hessian: Float[Array, "a a"]
    resistance: float
    remembers: bool


def phase_plasticity(material: Material) -> PhasePlasticity | None:
    """Return what is known of the plastic strains of a material under von Mises; None of others."""
    sheet = isinstance(material, PlaneStress)
    solid = material.material if isinstance(material, PlaneStress) else material
    if not isinstance(solid, VonMises):
        return None
    stiffness, basis = isotropy.stiffness(solid.young, solid.poisson), DEVIATORS[2 if sheet or solid.plane else 3]
    kept = np.arange(6)
    if sheet:  # what strains across it is free and stores nothing
        kept = np.array(isotropy.PLANE_COMPONENTS)
        stiffness = np.linalg.inv(np.linalg.inv(stiffness)[np.ix_(kept, kept)])
    relief = stiffness @ basis[:, kept].T
    back = 2.0 / 3.0 * solid.hardening
    return PhasePlasticity(
        relief=relief[list(isotropy.PLANE_COMPONENTS)] if solid.plane else relief,
        hessian=basis[:, kept] @ relief + back * np.eye(len(basis)),
        resistance=float(np.sqrt(2.0 / 3.0) * solid.yield_stress),
        remembers=solid.growth.remembers,
    )


@dataclass(frozen=True, eq=False)
class GaussPlasticity:
    """Integration points of the phases that flow; see `microtann.microstructure.plastic_points.PlasticPoints`.

    Parameters
    ----------
    equations : CellEquations
    phases : tuple of (int, PhasePlasticity)
        Numbers of the regions that flow, in ascending order, and what they do.
    """

    equations: CellEquations
    phases: tuple[tuple[int, PhasePlasticity], ...]

    @staticmethod
    def of(equations: CellEquations) -> GaussPlasticity | None:
        """Return the points of all phases under von Mises; None if there is no such phase."""
        known = [(i, phase_plasticity(region.material)) for i, region in enumerate(equations.regions)]
        found = tuple((i, phase) for i, phase in known if phase is not None)
        return GaussPlasticity(equations, found) if found else None

    @cached_property
    def points(self) -> Int[NDArray[np.int64], "p"]:
        """Their numbers in the mesh."""
        return np.concatenate([self.equations.points[i] for i, _ in self.phases])

    @cached_property
    def phase_of(self) -> Int[NDArray[np.int64], "p"]:
        """Place of the phase of every point among those that flow."""
        return np.repeat(np.arange(len(self.phases)), [len(self.equations.points[i]) for i, _ in self.phases])

    @cached_property
    def volume_fraction(self) -> Float[Array, "p"]:
        """Volume of every point over that of the cell."""
        return self.equations.weights[self.points]

    @cached_property
    def resistance(self) -> Float[Array, "p"]:
        """Dissipation per unit norm of plastic strain and volume of every point, √⅔ times its yield stress."""
        return np.array([phase.resistance for _, phase in self.phases])[self.phase_of]

    @property
    def components(self) -> int:
        """Components of a plastic strain: 3 in the plane, 5 in space."""
        return self.phases[0][1].relief.shape[1]

    @property
    def coordinate(self) -> str:
        """Name of the internal coordinates that hold the plastic strains."""
        return PLASTIC_STRAIN

    @cached_property
    def relief(self) -> Float[Array, "p v a"]:
        """Stress that unit plastic strains of every point take away at given strains."""
        return np.stack([phase.relief for _, phase in self.phases])[self.phase_of]

    def forces(self, plastic_strain: Float[Array, "p a s"]) -> tuple[Float[Array, "u s"], Float[Array, "v s"]]:
        """Return forces on the nodes, and average stresses, that plastic strains take away at given strains."""
        count = len(self.equations.weights)
        stress = np.zeros((count, self.equations.components, plastic_strain.shape[2]))
        stress[self.points] = np.matmul(self.relief, plastic_strain)
        forces: Array = self.equations.force_of @ stress.reshape(-1, stress.shape[2])
        return forces, np.einsum("p,pvs->vs", self.equations.weights, stress)

    def fluctuation(
        self, strain: Float[Array, "n v"], plastic_strain: Float[Array, "n p a"]
    ) -> Float[Array, "n u"]:
        """Return the fluctuations in equilibrium with average strains and plastic strains."""
        forces, _ = self.forces(np.moveaxis(plastic_strain, 0, -1))
        found = self.equations.solve_elastic(forces) + self.equations.elastic_fluctuation @ strain.T
        return np.ascontiguousarray(found.T)

    def project(self, modes: Float[Array, "p a s"]) -> ModalEnergy:
        """Return the energy of plastic strains α = Σ modes z with the fluctuation in equilibrium.

        Parameters
        ----------
        modes : array, shape (p, a, s)
        """
        equations = self.equations
        forces, stress = self.forces(modes)
        hessians = np.stack([phase.hessian for _, phase in self.phases])[self.phase_of]
        weighted = np.matmul(hessians, modes) * self.volume_fraction[:, None, None]
        count = modes.shape[2]
        own = modes.reshape(-1, count).T @ weighted.reshape(-1, count)
        hessian = own - forces.T @ equations.solve_elastic(forces)
        coupling = stress.T + forces.T @ equations.elastic_fluctuation
        return ModalEnergy(equations.elasticity, coupling, 0.5 * (hessian + hessian.T))

    def first_yield(self, strain: Float[Array, "n v"]) -> Float[Array, "n"]:
        """Return by which factors average strains would have to be multiplied for the first point to flow."""
        equations, v = self.equations, self.equations.components
        local = (equations.strain_of @ equations.elastic_fluctuation).reshape(-1, v, v) + np.eye(v)
        driving = np.einsum("pva,pvw->paw", self.relief, local[self.points]) / self.resistance[:, None, None]
        return np.array([1.0 / float(np.linalg.norm(driving @ one, axis=1).max()) for one in strain])
