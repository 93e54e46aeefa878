"""The beams of a structure as a discrete system: forces, a tangent without a matrix, and energy."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray
from scipy import sparse

from microtann.equilibrium.rigid import connected_parts
from microtann.equilibrium.sparsity import Sparsity
from microtann.equilibrium.system import Response
from microtann.equilibrium.unknowns import NodalUnknowns
from microtann.errors import ConvergenceError
from microtann.microstructure.frames.full.beam_arrays import BeamArrays
from microtann.microstructure.frames.full.beam_assembly_kernel import (
    add_beam_forces,
    beam_blocks,
    beam_product,
    deform_beams,
)
from microtann.microstructure.frames.full.beam_forces_kernel import (
    beam_stiffness,
    beam_strains,
    largest_fibre_values,
    update_beams,
)

Array = NDArray[np.float64]
Indices = NDArray[np.int32]
UNRESISTED = 1e-9
"""Part of the beams at a node below which they resist a rotation of it no more."""


@dataclass(frozen=True, eq=False)
class BeamPlaces:
    """Where beams are, and what follows from it and from their elastic twist.

    Parameters
    ----------
    ends : array, shape (M, 2)
    axes : array, shape (M, d, d)
        Directions along and across every beam.
    length, torsion : array, shape (M,)
        Torsion is the elastic stiffness against the relative twist of the ends.
    nodes : int
    unknowns : NodalUnknowns
    held : array, shape (N, r, r), or None
        Stiffness in the tangent, and in nothing else, of rotations that no beam resists: those of nodes whose
        beams are all pinned there. No force turns them, so they stay where they are.
    """

    ends: Int[Indices, "M 2"]
    axes: Float[Array, "M d d"]
    length: Float[Array, "M"]
    torsion: Float[Array, "M"]
    nodes: int
    unknowns: NodalUnknowns
    held: Float[Array, "N r r"] | None

    @property
    def arrays(self) -> tuple[Indices, Array, Array, float]:
        """What kernels want to know."""
        return self.ends, self.axes, self.length, self.unknowns.length


@dataclass(frozen=True, eq=False)
class BeamTangent:
    """Tangent of beams, applied beam by beam; it is smaller than the assembled matrix.

    Parameters
    ----------
    places : BeamPlaces
    stiffness : array, shape (M, 15)
        Of the deformations of every beam, lower part row by row.
    symmetric : bool
    blended : callable, optional
        Returns the stiffness with a weight of the secant moduli of the fibres.
    """

    places: BeamPlaces
    stiffness: Float[Array, "M 15"]
    symmetric: bool = True
    blended: Callable[[float], Array] | None = None

    def __matmul__(self, vector: Float[Array, "n"]) -> Float[Array, "n"]:
        """Return the forces due to small motions."""
        places = self.places
        motion = np.ascontiguousarray(vector).reshape(places.nodes, places.unknowns.count)
        image = np.zeros(motion.shape)
        beam_product(*places.arrays, self.stiffness, places.torsion, motion, image)
        if places.held is not None:
            d = places.unknowns.dimension
            image[:, d:] += np.einsum("nij,nj->ni", places.held, motion[:, d:])
        return image.ravel()

    def towards_secant(self, weight: float) -> BeamTangent:
        """Return the tangent with fibres of (1 − weight) tangent + weight secant modulus."""
        if self.blended is None:
            return self
        return replace(self, stiffness=self.blended(weight), blended=None)

    def blocks(self) -> sparse.bsr_array[Any]:
        """Return the assembled matrix in u × u blocks."""
        places, u = self.places, self.places.unknowns.count
        first, second = places.ends.T
        pattern = Sparsity.of(first, second, places.nodes)
        pairs = ((first, first), (second, second), (first, second), (second, first))
        slots = np.column_stack([pattern.slots(one, two) for one, two in pairs])
        data = np.zeros((len(pattern.indices), u, u))
        beam_blocks(*places.arrays, self.stiffness, places.torsion, slots, data)
        if places.held is not None:
            d, own = places.unknowns.dimension, np.arange(places.nodes, dtype=np.int32)
            data[pattern.slots(own, own), d:, d:] += places.held
        shape = (places.nodes * u, places.nodes * u)
        return sparse.bsr_array((data, pattern.indices, pattern.indptr), shape=shape)


@dataclass(frozen=True, eq=False)
class BeamState:
    """State of M beams.

    Parameters
    ----------
    plastic_strain : array, shape (M, S F)
        Of the fibres of all sections.
    force : array, shape (M, 5)
        Normal force; moments across y at both ends, as the beam exerts them; the same across z.
    torque : array, shape (M,)
    """

    plastic_strain: Float[Array, "M p"]
    force: Float[Array, "M 5"]
    torque: Float[Array, "M"]


class Beams:
    """Discrete system of elastoplastic beams; see `microtann.equilibrium.system.System`.

    Parameters
    ----------
    points : array, shape (N, d)
    ends : array, shape (M, 2)
    axes : array, shape (M, d, d)
        Directions along and across every beam.
    arrays : BeamArrays
    torsion : array, shape (M,)
        Torsion constants; zero where an end is pinned.
    """

    convex = True

    def __init__(
        self,
        points: Float[Array, "N d"],
        ends: Int[Indices, "M 2"],
        axes: Float[Array, "M d d"],
        arrays: BeamArrays,
        torsion: Float[Array, "M"],
    ) -> None:
        self._points, self._arrays = points, arrays
        rotations = 1 if points.shape[1] == 2 else 3
        self.unknowns = NodalUnknowns(points.shape[1], rotations, float(arrays.length.mean()))
        shear_modulus = arrays.young / (2.0 * (1.0 + arrays.poisson))
        twist = shear_modulus * torsion / arrays.length
        self._places = BeamPlaces(
            ends, axes, arrays.length, twist, len(points), self.unknowns, self._unresisted(ends, axes, twist)
        )

    def _unresisted(self, ends: Indices, axes: Array, twist: Array) -> Array | None:
        """Return a stiffness of the rotations that no beam resists; None if there are none."""
        arrays, r = self._arrays, self.unknowns.rotations
        rigid = ~arrays.free[:, 1:3]
        if rigid.all() and (r == 1 or (twist > 0.0).all()):
            return None
        resisted = np.zeros((len(self._points), r, r))
        for end in (0, 1):
            if r == 1:
                part = rigid[:, end, None, None].astype(np.float64)
            else:
                along = np.einsum("mi,mj->mij", axes[:, 0], axes[:, 0])
                part = rigid[:, end, None, None] * (np.eye(3) - along) + (twist > 0.0)[:, None, None] * along
            np.add.at(resisted, ends[:, end], part)
        size, directions = np.linalg.eigh(resisted)
        loose = size < UNRESISTED
        if not loose.any():
            return None
        typical = float(np.mean(arrays.young * arrays.fibres[:, 2].sum(axis=1).mean() / arrays.length))
        return typical * np.einsum("nij,nj,nkj->nik", directions, loose.astype(np.float64), directions)

    @property
    def points(self) -> Float[Array, "N d"]:
        """Positions of the nodes."""
        return self._points

    @property
    def parts(self) -> Int[Indices, "N"]:
        """Connected part of every node."""
        ends = self._places.ends
        return connected_parts(ends[:, 0], ends[:, 1], len(self._points))

    def virgin(self) -> BeamState:
        """Return beams without forces and plastic strain."""
        m = len(self._places.ends)
        return BeamState(np.zeros((m, self._arrays.points)), np.zeros((m, 5)), np.zeros(m))

    def evaluate(
        self,
        state: BeamState,
        displacement: Float[Array, "n"],
        increment: Float[Array, "n"],
        dt: float,
        tangent: bool,
    ) -> Response:
        """Solve all beams and sum their forces; see `System.evaluate`. Beams do not depend on ``dt``.

        Parameters
        ----------
        state : BeamState
            At the beginning of the increment.
        displacement : array, shape (n,)
            Of all nodes at the end of the increment, with rotations times the length of the unknowns.
        increment : array, shape (n,)
            Its change over the increment; the strains follow from the displacement alone.
        dt : float
        tangent : bool
            Whether the tangent is wanted.

        Raises
        ------
        ConvergenceError
            If a beam found no equilibrium; it names the nodes.
        """
        started = time.process_time()
        places, arrays, count = self._places, self._arrays, len(self._places.ends)
        motion = displacement.reshape(places.nodes, places.unknowns.count)
        deformation, twist = np.empty((count, 5)), np.empty(count)
        deform_beams(*places.arrays, motion, deformation, twist)
        plastic, force = np.empty_like(state.plastic_strain), np.empty((count, 5))
        clock = time.process_time()
        energy, dissipation, failed = update_beams(arrays, deformation, state.plastic_strain, plastic, force)
        if failed >= 0:
            ends = places.ends[failed].tolist()
            raise ConvergenceError(
                f"beam {failed} between nodes {ends[0]} and {ends[1]} found no equilibrium", worst=ends
            )
        operator = None
        if tangent:

            def stiffness(secant: float) -> Array:
                found = np.empty((count, 15))
                beam_stiffness(arrays, force, state.plastic_strain, plastic, secant, found)
                return found

            operator = BeamTangent(places, stiffness(0.0), blended=stiffness)
        material_seconds = time.process_time() - clock
        torque = places.torsion * twist
        nodal = np.zeros(motion.shape)
        add_beam_forces(*places.arrays, force, torque, nodal)
        return Response(
            force=nodal.ravel(),
            tangent=operator,
            energy=float(energy + 0.5 * (torque @ twist)),
            dissipation=float(dissipation),
            state=BeamState(plastic, force, torque),
            calls=count,
            material_seconds=material_seconds,
            assembly_seconds=time.process_time() - started - material_seconds,
        )

    def training_reach(self, before: BeamState, after: BeamState) -> None:
        """Return None, for the law of fibres has no training data."""

    def section_strain(self, state: BeamState) -> Float[Array, "M S 3"]:
        """Return stretch and curvatures across y and z at all sections."""
        strain = np.empty((len(state.force), len(self._arrays.place), 3))
        beam_strains(self._arrays, state.force, state.plastic_strain, strain)
        return strain

    def fields(self, state: BeamState, reach: Float[Array, "P"] | None = None) -> dict[str, Array]:
        """Return forces of every beam, and the stress and plastic strain of largest size among its fibres."""
        stress, strain = np.empty((2, len(state.force)))
        largest_fibre_values(self._arrays, state.force, state.plastic_strain, stress, strain)
        found = {"force": state.force[:, 0], "stress": stress, "plastic_strain": strain}
        found["bending_moment"] = state.force[:, 1:3] if self._arrays.flat else state.force[:, 1:5]
        return found if self._arrays.flat else {**found, "twisting_moment": state.torque}
