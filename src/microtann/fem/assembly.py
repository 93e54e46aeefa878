"""A mesh with its materials as a discrete system: forces, tangent and energy, the materials called in chunks."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.equilibrium.rigid import connected_parts
from microtann.equilibrium.sparsity import BlockTangent, Sparsity
from microtann.equilibrium.system import Response
from microtann.fem import element_kernels
from microtann.fem.material_call import MaterialCall
from microtann.fem.mesh import Mesh
from microtann.fem.out_of_plane import KNOWN, normal_components
from microtann.fem.regions import Materials, Region, gauss_points, regions_of
from microtann.materials.protocol import State
from microtann.numbers.voigt import components

Array = NDArray[np.float64]
TANGENT_SYMMETRY = 1e-8
"""Tangents whose skew part is smaller than this fraction of their largest entry count as symmetric."""


class Kernels(NamedTuple):
    """Compiled kernels of elements: see `microtann.fem.element_kernels`."""

    gauss_strain: Callable[..., None]
    add_forces: Callable[..., None]
    add_stiffness: Callable[..., tuple[float, float]]


KERNELS = {
    2: Kernels(
        element_kernels.plane_gauss_strain, element_kernels.plane_add_forces, element_kernels.plane_add_stiffness
    ),
    3: Kernels(element_kernels.gauss_strain, element_kernels.add_forces, element_kernels.add_stiffness),
}
"""Kernels by the dimension of space."""


@dataclass(frozen=True, eq=False)
class GaussState:
    """State at all Gauss points of a mesh, P = E G of them.

    Parameters
    ----------
    strain, stress : array, shape (P, v)
    dissipated : array, shape (P,)
        What has been dissipated since the virgin state, per volume.
    material : dict of arrays
        The material's own state; leading axis P. With several materials, names are those of the region and of the
        variable, as in "steel:plastic_strain", and the leading axis has the Gauss points of the region.
    """

    strain: Float[Array, "P v"]
    stress: Float[Array, "P v"]
    dissipated: Float[Array, "P"]
    material: State


class FiniteElements:
    """Discrete system of a mesh and its materials; see `microtann.equilibrium.system.System`.

    Parameters
    ----------
    mesh : Mesh
    materials : Material, or mapping from names of regions to materials
    chunk : int
        Gauss points given to the material at a time; a few hundred to a few thousand stay in the cache.

    Raises
    ------
    InputError
        If a material does not follow the `Material` protocol, or the regions do not cover the mesh once.
    """

    convex = False

    def __init__(self, mesh: Mesh, materials: Materials, chunk: int = 1024) -> None:
        self.mesh = mesh
        self.regions = regions_of(mesh, materials)
        per_cell = mesh.element.gauss_points
        self._chunks = [list(region.chunks(per_cell, chunk)) for region in self.regions]
        self._calls = [MaterialCall(region, mesh) for region in self.regions]
        nodes = mesh.cells.shape[1]
        first = np.repeat(mesh.cells, nodes, axis=1)
        second = np.tile(mesh.cells, (1, nodes))
        self.pattern = Sparsity.of(first.ravel(), second.ravel(), len(mesh.points))
        self._slots = self.pattern.slots(first, second).reshape(-1, nodes, nodes)

    @property
    def points(self) -> Float[Array, "N d"]:
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
        v = components(self.mesh.dimension)
        state: State = {}
        for region, call in zip(self.regions, self._calls, strict=True):
            state |= region.named(call.virgin())
        return GaussState(np.zeros((count, v)), np.zeros((count, v)), np.zeros(count), state)

    def evaluate(
        self,
        state: GaussState,
        displacement: Float[Array, "n"],
        increment: Float[Array, "n"],
        dt: float,
        tangent: bool,
    ) -> Response:
        """Integrate the materials over an increment of displacement and assemble; see `System.evaluate`.

        Parameters
        ----------
        state : GaussState
            At the start of the increment.
        displacement, increment : array, shape (N d,)
            Of the nodes at the end of the increment, and its change over the increment.
        dt : float
            Duration of the increment.
        tangent : bool
            Whether the tangent is wanted.
        """
        mesh, started, material_seconds = self.mesh, time.process_time(), 0.0
        d, v = mesh.dimension, components(mesh.dimension)
        kernels = KERNELS[d]
        moves = increment.reshape(-1, d)
        force = np.zeros(mesh.points.shape)
        data = np.zeros((len(self.pattern.indices), d, d)) if tangent else None
        count = mesh.weights.size
        strain, stress, dissipated = np.empty((count, v)), np.empty((count, v)), np.empty(count)
        new: State = {}
        skew, size, energy, dissipation = 0.0, 0.0, 0.0, 0.0
        for region, call, chunks in zip(self.regions, self._calls, self._chunks, strict=True):
            before, after = region.own(state.material), {}
            for chunk in chunks:
                gradients, weights = mesh.gradients[chunk.cells], mesh.weights[chunk.cells]
                corners = mesh.cells[chunk.cells]
                part_strain = np.empty((weights.size, v))
                kernels.gauss_strain(gradients, corners, moves, part_strain)
                strain[chunk.points] = part_strain
                clock = time.process_time()
                part_stress, part_tangent, part_state = call(part_strain, before, chunk, dt, tangent)
                for name, value in part_state.items():
                    if name not in after:
                        points = len(region.cells) * mesh.element.gauss_points
                        after[name] = np.empty((points, *value.shape[1:]), dtype=value.dtype)
                    after[name][chunk.place] = value
                material_seconds += time.process_time() - clock
                stress[chunk.points], dissipated[chunk.points] = part_stress, part_state["dissipation"]
                energy += float(weights.ravel() @ part_state["energy"])
                dissipation += float(weights.ravel() @ part_state["dissipation"])
                kernels.add_forces(gradients, weights, corners, part_stress, force)
                if data is not None:
                    moduli = np.ascontiguousarray(part_tangent, dtype=np.float64)
                    differs, entry = kernels.add_stiffness(
                        gradients, weights, self._slots[chunk.cells], moduli, data
                    )
                    skew, size = max(skew, differs), max(size, entry)
            new |= region.named(after)
        strain += state.strain
        dissipated += state.dissipated
        return Response(
            force=force.ravel(),
            tangent=None if data is None else BlockTangent(self.pattern, data, skew <= TANGENT_SYMMETRY * size),
            energy=energy,
            dissipation=dissipation,
            state=GaussState(strain, stress, dissipated, new),
            calls=count,
            material_seconds=material_seconds,
            assembly_seconds=time.process_time() - started - material_seconds,
        )

    def training_reach(self, before: GaussState, after: GaussState) -> Float[Array, "P"] | None:
        """Return how far the Gauss points reach in the range of the data that their material was learnt from.

        Points of a material that does not know such a range reach nowhere, 0, beside others of one that does.

        Raises
        ------
        InputError
            If a material's answer is not one number per point.
        """
        per_cell, found = self.mesh.element.gauss_points, None
        for region, call in zip(self.regions, self._calls, strict=True):
            reach = call.training_reach(region.own(before.material), region.own(after.material))
            if reach is None:
                continue
            if len(self.regions) == 1:
                return reach
            if found is None:
                found = np.zeros(self.mesh.weights.size)
            found[gauss_points(region.cells, per_cell)] = reach
        return found

    def _out_of_plane(self, region: Region, own: State) -> dict[str, Array]:
        """Return "strain 33" and "stress 33" at the points of a region of the plane, where they are known."""
        return normal_components(region.material, own) if self.mesh.dimension == 2 else {}

    def fields(self, state: GaussState, reach: Float[Array, "P"] | None = None) -> dict[str, Array]:
        """Return stress, strain, energy, and dissipation per volume, averaged over every cell.

        "dissipation" is that of the last increment, "dissipated" all since the start.

        Of ``reach``, how far the Gauss points reach in the range of the training data, and of the state variables
        that a material names in ``point_fields``, it is the largest in every cell; 0 in cells of other materials.
        In the plane, "strain 33" and "stress 33" are those that materials know; 0, as "out_of_plane", in cells of
        others. With several materials, "region" is the number of the cell's region among them, from 0.
        """
        weights = self.mesh.weights / self.mesh.weights.sum(axis=1, keepdims=True)
        shape = weights.shape
        farthest = {} if reach is None else {"training_reach": reach.reshape(shape).max(axis=1)}
        energy, dissipation = np.empty(len(weights)), np.empty(len(weights))
        if self.mesh.dimension == 2:
            farthest[KNOWN] = np.zeros(len(weights))
        if len(self.regions) > 1:
            farthest["region"] = np.empty(len(weights))
        for number, region in enumerate(self.regions):
            own, cells = region.own(state.material), region.cells
            if len(self.regions) > 1:
                farthest["region"][cells] = number
            for name in getattr(region.material, "point_fields", ()):
                field = farthest.setdefault(name, np.zeros(len(weights)))
                field[cells] = own[name].reshape(-1, shape[1]).max(axis=1)
            for name, normal in self._out_of_plane(region, own).items():
                field = farthest.setdefault(name, np.zeros(len(weights)))
                field[cells] = (weights[cells] * normal.reshape(-1, shape[1])).sum(axis=1)
                farthest[KNOWN][cells] = 1.0
            for values, name in ((energy, "energy"), (dissipation, "dissipation")):
                values[cells] = (weights[cells] * own[name].reshape(-1, shape[1])).sum(axis=1)
        return farthest | {
            "strain": np.einsum("eg,egv->ev", weights, state.strain.reshape(*shape, -1)),
            "stress": np.einsum("eg,egv->ev", weights, state.stress.reshape(*shape, -1)),
            "energy": energy,
            "dissipation": dissipation,
            "dissipated": (weights * state.dissipated.reshape(shape)).sum(axis=1),
        }
