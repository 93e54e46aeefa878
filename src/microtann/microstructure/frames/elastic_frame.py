"""The elastic response of a frame to average strains and plastic strains of its fibres, without dense operators.

Plastic strains enter as the stress resultants that they take from their sections. Of a beam what remains is its
flexibility, of the cell the sparse stiffness of its nodes, which is factorised once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray
from scipy.sparse import coo_array, csc_array, csr_array, diags_array
from scipy.sparse.linalg import SuperLU, splu

from microtann.microstructure.bars.condensed.problems import LITTLE_HARDENING
from microtann.microstructure.frames.beam_problem import BeamProblem

Array = NDArray[np.float64]
LEAST_PIVOT = 1e-9
"""Pivot of the elastic stiffness, over its diagonal, below which nothing resists a motion."""
SHIFT = 1e-12
"""Part of its diagonal that is added to the stiffness to find such motions."""


@dataclass(frozen=True, eq=False)
class ElasticFrame:
    """A frame whose fibres have given plastic strains α, listed beam by beam and section by section.

    Parameters
    ----------
    beams : BeamProblem
    nodes : int
        Number of distinct nodes.
    """

    beams: BeamProblem
    nodes: int

    @property
    def count(self) -> int:
        """Number of fibres in all sections, m."""
        return self.beams.area.size * len(self.beams.weight)

    @cached_property
    def _shape(self) -> tuple[int, int, int]:
        return len(self.beams.area), len(self.beams.weight), self.beams.area.shape[1]

    def _of_fibres(self, per_beam: Float[Array, "b"]) -> Float[Array, "m"]:
        """Return a property of beams for every fibre."""
        return np.broadcast_to(per_beam[:, None, None], self._shape).ravel()

    @cached_property
    def volume_fraction(self) -> Float[Array, "m"]:
        """Volume that every fibre stands for, over that of the cell."""
        beams = self.beams
        return (beams.share[:, None, None] * beams.weight[:, None] * beams.area[:, None]).ravel()

    @cached_property
    def resistance(self) -> Float[Array, "m"]:
        """Dissipation per unit plastic strain of every fibre and unit volume of the cell."""
        return self.volume_fraction * self._of_fibres(self.beams.limit)

    @property
    def close_to_singular(self) -> bool:
        """Whether some fibre hardens so little that stiffnesses may be close to singular."""
        return bool((self.beams.hardening <= LITTLE_HARDENING * self.beams.young).any())

    @cached_property
    def beam_stiffness(self) -> Float[Array, "b k k"]:
        """Forces of every beam, its torque the last, due to unit deformations; zero where a pin lets them go."""
        beams = self.beams
        b, c = len(beams.area), beams.imposed.shape[1]
        flexible = np.einsum("s,bsik,bij,bsjl->bkl", beams.weight, self._spread, beams.flexibility, self._spread)
        held = (beams.moment != 0.0).any(axis=1).astype(np.float64)
        for plane in range(beams.shear.shape[1]):
            sheared = np.array([1.0, -1.0]) * held
            moments = slice(1 + 2 * plane, 3 + 2 * plane)
            part = np.einsum("b,bi,bj->bij", beams.shear[:, plane], sheared, sheared)
            flexible[:, moments, moments] += part
        free = flexible[:, np.arange(c), np.arange(c)] == 0.0
        flexible[:, np.arange(c), np.arange(c)] += free
        whole = np.zeros((b, c + 1, c + 1))
        whole[:, :c, :c] = np.linalg.inv(flexible)
        whole[:, :c, :c] *= ~free[:, :, None] & ~free[:, None]
        whole[:, c, c] = beams.twist
        return 0.5 * (whole + whole.transpose(0, 2, 1))

    @cached_property
    def _spread(self) -> Float[Array, "b s g c"]:
        """Forces of all sections due to unit forces of their beam."""
        beams = self.beams
        b, s, _ = beams.moment.shape
        planes = beams.lever.shape[2]
        spread = np.zeros((b, s, 1 + planes, 1 + 2 * planes))
        spread[:, :, 0, 0] = 1.0
        for plane in range(planes):
            spread[:, :, 1 + plane, 1 + 2 * plane : 3 + 2 * plane] = beams.moment
        return spread

    @cached_property
    def motion_of_ends(self) -> Float[Array, "b k e"]:
        """Deformations of every beam due to displacements and rotations of its first, then its second end."""
        deformation = self.beams.deformation
        d = self.beams.lever.shape[2] + 1
        r = (deformation.shape[2] - d) // 2
        apart, first, second = np.split(deformation, [d, d + r], axis=2)
        return np.concatenate([-apart, first, apart, second], axis=2)

    @cached_property
    def places(self) -> Int[NDArray[np.int64], "b e"]:
        """Unknowns, of all nodes one after another, that the ends of every beam move with."""
        u = self.motion_of_ends.shape[2] // 2
        return (self.beams.ends[:, :, None] * u + np.arange(u)).reshape(len(self.beams.ends), -1)

    @cached_property
    def stiffness(self) -> csc_array:
        """Elastic stiffness of the nodes per unit volume, without springs."""
        ends, places = self.motion_of_ends, self.places
        blocks = self._nodal_forces @ ends
        rows, columns = np.broadcast_arrays(places[:, :, None], places[:, None])
        size = self.nodes * ends.shape[2] // 2
        return coo_array((blocks.ravel(), (rows.ravel(), columns.ravel())), shape=(size, size)).tocsc()

    @cached_property
    def springs(self) -> Float[Array, "_"]:
        """Stiffness that holds the unknowns which nothing else holds; forces in equilibrium do not feel it."""
        d = self.beams.lever.shape[2] + 1
        own = np.einsum("bik,bki->bi", self._nodal_forces, self.motion_of_ends)
        size: Array = self._joints.T @ own.ravel()
        size[size <= LEAST_PIVOT**2 * size.max()] = size.max()
        springs = np.zeros_like(size)
        springs[:d] = size[:d]
        scale = 1.0 / np.sqrt(size)
        scaled = self.stiffness.multiply(scale[:, None]).multiply(scale)
        factor = _factorise((scaled + diags_array(springs / size + SHIFT)).tocsc())
        loose = np.abs(factor.U.diagonal())[factor.perm_c] < LEAST_PIVOT
        springs[loose] += size[loose]
        return springs

    @cached_property
    def _factor(self) -> SuperLU:
        return _factorise((self.stiffness + diags_array(self.springs)).tocsc())

    @property
    def free_motions(self) -> Float[Array, "k n u"]:
        """Motions of the nodes that strain no beam, up to one of all nodes alike."""
        d = self.beams.lever.shape[2] + 1
        loose = np.flatnonzero(self.springs)[d:]
        pushed = np.zeros((len(self.springs), len(loose)))
        pushed[loose, np.arange(len(loose))] = self.springs[loose]
        return self._factor.solve(pushed).T.reshape(len(loose), self.nodes, len(pushed) // self.nodes)

    @cached_property
    def elasticity(self) -> Float[Array, "v v"]:
        """Elastic stiffness of the cell."""
        v = self.beams.imposed.shape[2]
        _, forces = self._solve(np.eye(v), self._taken(np.zeros((v, self.count))))
        elasticity = (self.beams.share[:, None, None] * (forces[..., :-1] @ self.beams.imposed)).sum(axis=0)
        return 0.5 * (elasticity + elasticity.T)

    @cached_property
    def coupling(self) -> Float[Array, "m v"]:
        """Driving forces on the plastic strains due to a unit average strain, −∂²Ψ/∂α∂E."""
        v = self.beams.imposed.shape[2]
        strain = self.fibre_strain(np.eye(v), np.zeros((v, self.count)))
        return np.ascontiguousarray((strain * self.volume_fraction * self._of_fibres(self.beams.young)).T)

    @cached_property
    def _with_axis(self) -> Float[Array, "b f g"]:
        """Strain of the fibres due to unit strains of their section."""
        return np.concatenate([np.ones((*self.beams.area.shape, 1)), self.beams.lever], axis=2)

    def _taken(self, plastic: Float[Array, "*batch m"]) -> Float[Array, "b n w"]:
        """Return the stress resultants (w = s g) that plastic strains take from the sections of every beam."""
        beams = self.beams
        b, s, f = self._shape
        forces = (beams.young[:, None] * beams.area)[:, :, None] * self._with_axis
        by_beam = plastic.reshape(-1, b, s * f).transpose(1, 0, 2).reshape(b, -1, f)
        return (by_beam @ forces).reshape(b, -1, s * forces.shape[2])

    @cached_property
    def _spread_of_sections(self) -> Float[Array, "b w c"]:
        """Deformations of every beam due to the forces taken from its sections."""
        beams = self.beams
        weighted = beams.weight[:, None, None] * (beams.flexibility[:, None] @ self._spread)
        return weighted.reshape(len(weighted), -1, weighted.shape[3])

    @cached_property
    def _joints(self) -> csr_array:
        """What the ends of all beams move with: 1 where an unknown of an end is that of a node."""
        places = self.places.ravel()
        shape = (len(places), self.stiffness.shape[0])
        return coo_array((np.ones(len(places)), (np.arange(len(places)), places)), shape=shape).tocsr()

    def _solve(
        self, strain: Float[Array, "n v"], taken: Float[Array, "b n w"]
    ) -> tuple[Float[Array, "n u"], Float[Array, "b n k"]]:
        """Return the motions of the nodes and the forces of the beams."""
        imposed = strain @ self.beams.imposed.transpose(0, 2, 1) - taken @ self._spread_of_sections
        deformed = np.pad(imposed, ((0, 0), (0, 0), (0, 1)))
        unbalanced = (deformed @ self._nodal_forces.transpose(0, 2, 1)).transpose(0, 2, 1)
        motion = -self._factor.solve(self._joints.T @ unbalanced.reshape(-1, len(strain)))
        ends = (self._joints @ motion).reshape(unbalanced.shape)
        deformed += (self.motion_of_ends @ ends).transpose(0, 2, 1)
        return motion.T, deformed @ self.beam_stiffness

    @cached_property
    def _nodal_forces(self) -> Float[Array, "b e k"]:
        """Forces on the ends of every beam, per unit volume, due to its unit deformations."""
        forces = self.motion_of_ends.transpose(0, 2, 1) @ self.beam_stiffness
        return self.beams.share[:, None, None] * forces

    def motion(
        self, strain: Float[Array, "*batch v"], plastic_strain: Float[Array, "*batch m"]
    ) -> Float[Array, "*batch n u"]:
        """Return fluctuation, of zero mean, and rotations of the distinct nodes."""
        batch = strain.shape[:-1]
        d = self.beams.lever.shape[2] + 1
        flat, _ = self._solve(strain.reshape(-1, strain.shape[-1]), self._taken(plastic_strain))
        nodal = flat.reshape(len(flat), self.nodes, -1)
        nodal[..., :d] -= nodal[..., :d].mean(axis=1, keepdims=True)
        return nodal.reshape(*batch, *nodal.shape[1:])

    def fibre_strain(
        self, strain: Float[Array, "*batch v"], plastic_strain: Float[Array, "*batch m"]
    ) -> Float[Array, "*batch m"]:
        """Return the total strain of every fibre, the fluctuation in equilibrium."""
        taken = self._taken(plastic_strain)
        _, forces = self._solve(strain.reshape(-1, strain.shape[-1]), taken)
        return self._strain_of(forces, taken).reshape(plastic_strain.shape)

    def _strain_of(self, forces: Float[Array, "b n k"], taken: Float[Array, "b n w"]) -> Float[Array, "n m"]:
        """Return the strains of the fibres for given forces of the beams."""
        b, n, w = taken.shape
        carried = forces[..., :-1] @ self._spread.reshape(b, w, -1).transpose(0, 2, 1) + taken
        of_section = self.beams.flexibility @ self._with_axis.transpose(0, 2, 1)
        strains = carried.reshape(b, -1, of_section.shape[1]) @ of_section
        return strains.reshape(b, n, -1).transpose(1, 0, 2).reshape(n, -1)

    def fibre_stress(
        self, strain: Float[Array, "*batch v"], plastic_strain: Float[Array, "*batch m"]
    ) -> Float[Array, "*batch m"]:
        """Return the stress of every fibre, the fluctuation in equilibrium."""
        return self._of_fibres(self.beams.young) * (self.fibre_strain(strain, plastic_strain) - plastic_strain)

    def stress(
        self, strain: Float[Array, "*batch v"], plastic_strain: Float[Array, "*batch m"]
    ) -> Float[Array, "*batch v"]:
        """Return the average stress ∂Ψ/∂E."""
        return strain @ self.elasticity - plastic_strain @ self.coupling

    def energy(self, strain: Float[Array, "n v"], plastic_strain: Float[Array, "n m"]) -> Float[Array, "n"]:
        """Return the energy Ψ per unit volume, the fluctuation in equilibrium."""
        beams, taken = self.beams, self._taken(plastic_strain)
        motion, forces = self._solve(strain, taken)
        fibres = self._strain_of(forces, taken) - plastic_strain
        density = self._of_fibres(beams.young) * fibres**2 + self._of_fibres(beams.hardening) * plastic_strain**2
        twisted = np.einsum("bi,nbi->nb", self.motion_of_ends[:, -1], motion[:, self.places])
        across = forces[..., 1:-1:2] - forces[..., 2:-1:2]
        elastic = beams.twist * twisted**2 + np.einsum("bp,bnp->nb", beams.shear, across**2)
        return 0.5 * (density @ self.volume_fraction + elastic @ beams.share)


def _factorise(matrix: csc_array) -> SuperLU:
    """Return the factor of a symmetric positive definite matrix."""
    return splu(matrix, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
