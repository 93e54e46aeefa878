"""A mesh with a material as a discrete system: forces, tangent and energy, the material called in chunks."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.equilibrium.blocks import BlockTangent, Pattern
from microtann.equilibrium.rigid import connected_parts
from microtann.equilibrium.system import Response
from microtann.fem.element_kernels import add_forces, add_stiffness, gauss_strain
from microtann.fem.material_call import MaterialCall
from microtann.fem.mesh import Mesh
from microtann.materials.protocol import Material, State

Array = NDArray[np.float64]
SYMMETRY_TOLERANCE = 1e-8
"""Tangents whose skew part is smaller than this fraction of their largest entry count as symmetric."""


@dataclass(frozen=True, eq=False)
class GaussState:
    """State at all Gauss points of a mesh, P = E G of them.

    Parameters
    ----------
    strain, stress : array, shape (P, 6)
    material : dict of arrays
        The material's own state; leading axis P.
    """

    strain: Float[Array, "P 6"]
    stress: Float[Array, "P 6"]
    material: State


class FiniteElements:
    """Discrete system of a mesh and a material; see `microtann.equilibrium.system.System`.

    Parameters
    ----------
    mesh : Mesh
    material : Material
    chunk : int
        Gauss points given to the material at a time; a few hundred to a few thousand stay in the cache.

    Raises
    ------
    InputError
        If the material does not follow the `Material` protocol.
    """

    convex = False

    def __init__(self, mesh: Mesh, material: Material, chunk: int = 1024) -> None:
        self.mesh = mesh
        self.material = material
        self.elements = max(1, chunk // mesh.element.gauss_points)
        nodes = mesh.cells.shape[1]
        first = np.repeat(mesh.cells, nodes, axis=1)
        second = np.tile(mesh.cells, (1, nodes))
        self.pattern = Pattern.of(first.ravel(), second.ravel(), len(mesh.points))
        self._slots = self.pattern.slots(first, second).reshape(-1, nodes, nodes)
        self._call = MaterialCall(material, mesh)

    @property
    def points(self) -> Float[Array, "N 3"]:
        """Positions of the nodes."""
        return self.mesh.points

    @property
    def parts(self) -> Int[NDArray[np.int32], "N"]:
        """Connected part of every node."""
        cells = self.mesh.cells
        return connected_parts(cells[:, :-1].ravel(), cells[:, 1:].ravel(), len(self.mesh.points))

    def virgin(self) -> GaussState:
        """Return the virgin state of all Gauss points."""
        count = self.mesh.weights.size
        return GaussState(np.zeros((count, 6)), np.zeros((count, 6)), self._call.virgin())

    def evaluate(
        self,
        state: GaussState,
        displacement: Float[Array, "n"],
        increment: Float[Array, "n"],
        dt: float,
        tangent: bool,
    ) -> Response:
        """Integrate the material over an increment of displacement and assemble; see `System.evaluate`."""
        mesh, started, material_seconds = self.mesh, time.process_time(), 0.0
        per_element = mesh.element.gauss_points
        count = mesh.weights.size
        moves = increment.reshape(-1, 3)
        force = np.zeros(mesh.points.shape)
        data = np.zeros((len(self.pattern.indices), 3, 3)) if tangent else None
        strain, stress = np.empty((count, 6)), np.empty((count, 6))
        new: State = {}
        skew, size = 0.0, 0.0
        for first in range(0, len(mesh.cells), self.elements):
            e = slice(first, min(first + self.elements, len(mesh.cells)))
            p = slice(e.start * per_element, e.stop * per_element)
            gauss_strain(mesh.gradients[e], mesh.cells[e], moves, strain[p])
            clock = time.process_time()
            part_stress, part_tangent, part_state = self._call(strain[p], state.material, p, dt, tangent)
            for name, value in part_state.items():
                if name not in new:
                    new[name] = np.empty((count, *value.shape[1:]), dtype=value.dtype)
                new[name][p] = value
            material_seconds += time.process_time() - clock
            stress[p] = part_stress
            add_forces(mesh.gradients[e], mesh.weights[e], mesh.cells[e], stress[p], force)
            if data is not None:
                moduli = np.ascontiguousarray(part_tangent, dtype=np.float64)
                differs, entry = add_stiffness(mesh.gradients[e], mesh.weights[e], self._slots[e], moduli, data)
                skew, size = max(skew, differs), max(size, entry)
        weights = mesh.weights.ravel()
        strain += state.strain
        return Response(
            force=force.ravel(),
            tangent=None if data is None else BlockTangent(self.pattern, data, skew <= SYMMETRY_TOLERANCE * size),
            energy=float(weights @ new["energy"]),
            dissipation=float(weights @ new["dissipation"]),
            state=GaussState(strain, stress, new),
            calls=count,
            material_seconds=material_seconds,
            assembly_seconds=time.process_time() - started - material_seconds,
        )

    def training_reach(self, before: GaussState, after: GaussState) -> Float[Array, "P"] | None:
        """Return how far the Gauss points reach in the range of the data that the material was learnt from.

        Raises
        ------
        InputError
            If the material's answer is not one number per point.
        """
        return self._call.training_reach(before.material, after.material)

    def fields(self, state: GaussState, reach: Float[Array, "P"] | None = None) -> dict[str, Array]:
        """Return stress, energy and dissipation (of the increment, per volume), averaged over every cell.

        Of ``reach``, how far the Gauss points reach in the range of the training data, it is the largest in every
        cell.
        """
        weights = self.mesh.weights / self.mesh.weights.sum(axis=1, keepdims=True)
        shape = weights.shape
        farthest = {} if reach is None else {"training_reach": reach.reshape(shape).max(axis=1)}
        return farthest | {
            "strain": np.einsum("eg,egv->ev", weights, state.strain.reshape(*shape, 6)),
            "stress": np.einsum("eg,egv->ev", weights, state.stress.reshape(*shape, 6)),
            "energy": (weights * state.material["energy"].reshape(shape)).sum(axis=1),
            "dissipation": (weights * state.material["dissipation"].reshape(shape)).sum(axis=1),
        }
