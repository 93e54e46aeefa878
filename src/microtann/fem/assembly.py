"""A mesh with its materials as a discrete system: forces, tangent and energy, the materials called in chunks."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.equilibrium.rigid import connected_parts
from microtann.equilibrium.sparsity import BlockTangent, Sparsity
from microtann.equilibrium.system import Response
from microtann.fem.chunk_order import Run, turns
from microtann.fem.element_operator import ElementOperator
from microtann.fem.material_call import MaterialCall
from microtann.fem.mesh import Mesh
from microtann.fem.out_of_plane import KNOWN, normal_components
from microtann.fem.regions import Chunk, Materials, MeanDilatation, Region, averaged_cells, regions_of
from microtann.materials.protocol import State
from microtann.numbers.voigt import components
from microtann.system.crew import Crew
from microtann.system.reused_memory import ReusedMemory
from microtann.system.worker_threads import side_by_side, worker_threads

Array = NDArray[np.float64]
TANGENT_SYMMETRY = 1e-8
"""Tangents whose skew part is smaller than this fraction of their largest entry count as symmetric."""


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


@dataclass(frozen=True, eq=False)
class _Totals:
    """What all chunks move by, the forces and blocks of the stiffness that they add to, and what they fill."""

    moves: Float[Array, "N d"]
    force: Float[Array, "N d"]
    data: Float[Array, "b d d"] | None
    strain: Float[Array, "P v"]
    stress: Float[Array, "P v"]
    dissipated: Float[Array, "P"]


class _Part(NamedTuple):
    """What became of a chunk: the energy and dissipation of its points, and the symmetry of their tangents."""

    energy: float
    dissipation: float
    skew: float
    size: float
    seconds: float


class FiniteElements:
    """Discrete system of a mesh and its materials; see `microtann.equilibrium.system.System`.

    Parameters
    ----------
    mesh : Mesh
    materials : Material, or mapping from names of regions to materials
    chunk : int
        Gauss points given to the material at a time; a few hundred to a few thousand stay in the cache.
    mean_dilatation : bool, or mapping from names of regions to bool, optional
        As of `microtann.fem.Model`.
    threads : int, optional
        As of `microtann.fem.Model`.

    Raises
    ------
    InputError
        If a material does not follow the `Material` protocol, or the regions do not cover the mesh once.
    """

    convex = False

    def __init__(
        self,
        mesh: Mesh,
        materials: Materials,
        chunk: int = 1024,
        mean_dilatation: MeanDilatation = None,
        threads: int | None = None,
    ) -> None:
        self.mesh = mesh
        self.regions = regions_of(mesh, materials, mean_dilatation)
        self.mean_dilatation = averaged_cells(mesh, self.regions)
        self._threads = worker_threads(threads)
        self.crew = Crew(self._threads)
        self._memory = ReusedMemory()
        self._whole = False  # until a tangent is not symmetric: of others one half of the blocks says all
        self._chunks = [list(region.chunks(mesh, chunk)) for region in self.regions]
        self._turns = [turns(mesh, chunks) for chunks in self._chunks]
        self._calls = [MaterialCall(region, mesh) for region in self.regions]
        pairs = [_pairs(block.cells) for block in mesh.blocks]
        first, second = (np.concatenate([pair[side].ravel() for pair in pairs]) for side in (0, 1))
        self.pattern = Sparsity.of(first, second, len(mesh.points))
        self._operators = [
            ElementOperator(block, self.pattern.half_slots(*pair))
            for block, pair in zip(mesh.blocks, pairs, strict=True)
        ]

    @property
    def points(self) -> Float[Array, "N d"]:
        """Positions of the nodes."""
        return self.mesh.points

    @property
    def parts(self) -> Int[NDArray[np.int32], "N"]:
        """Connected part of every node."""
        every = [block.cells for block in self.mesh.blocks]
        first, second = (np.concatenate([c[:, side].ravel() for c in every]) for side in (np.s_[:-1], np.s_[1:]))
        return connected_parts(first, second, len(self.mesh.points))

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
        count, empty = mesh.weights.size, self._memory.empty
        kept = self.pattern.indices if self._whole else self.pattern.halves.upper[1]
        data = empty((len(kept), d, d)) if tangent else None
        if data is not None:
            data.fill(0.0)
        totals = _Totals(
            moves=increment.reshape(-1, d),
            force=np.zeros(mesh.points.shape),
            data=data,
            strain=empty((count, v)),
            stress=empty((count, v)),
            dissipated=empty((count,)),
        )
        new: State = {}
        skew, size, energy, dissipation = 0.0, 0.0, 0.0, 0.0
        for region, call, all_turns in zip(self.regions, self._calls, self._turns, strict=True):
            after: State = {}
            add = partial(self._add, call, region.own(state.material), after, dt, totals)
            for runs in all_turns:
                for done in chain.from_iterable(side_by_side(partial(_each, add), runs, self._threads)):
                    energy += done.energy
                    dissipation += done.dissipation
                    skew, size = max(skew, done.skew), max(size, done.size)
                    material_seconds += done.seconds
            new |= region.named(after)
        symmetric = skew <= TANGENT_SYMMETRY * size
        if tangent and not (symmetric or self._whole):
            self._whole = True
            return self.evaluate(state, displacement, increment, dt, tangent)
        strain, dissipated = totals.strain, totals.dissipated
        strain += state.strain
        dissipated += state.dissipated
        return Response(
            force=totals.force.ravel(),
            tangent=None if data is None else BlockTangent(self.pattern, data, symmetric, self.crew),
            energy=energy,
            dissipation=dissipation,
            state=GaussState(strain, totals.stress, dissipated, new),
            calls=count,
            material_seconds=material_seconds,
            assembly_seconds=time.process_time() - started - material_seconds,
        )

    def _add(
        self, call: MaterialCall, before: State, after: State, dt: float, totals: _Totals, chunk: Chunk
    ) -> _Part:
        """Integrate the material at the points of a chunk, and add its forces and stiffness.

        Parameters
        ----------
        call : MaterialCall
        before, after : dict of arrays
            State at the points of the region at the start of the increment, and at its end: filled in.
        dt : float
        totals : _Totals
            Added to and filled in.
        chunk : Chunk
        """
        operator, mean = self._operators[chunk.block], chunk.mean_dilatation
        clock = time.process_time if self._threads == 1 else time.thread_time
        weights = self.mesh.blocks[chunk.block].weights[chunk.cells].ravel()
        strain = operator.strain(chunk.cells, totals.moves, mean)
        begin = clock()
        stress, tangent, state = call(strain, before, chunk, dt, totals.data is not None)
        seconds = clock() - begin
        operator.add_forces(chunk.cells, stress, mean, totals.force)
        skew, size = 0.0, 0.0
        if totals.data is not None:
            moduli = np.ascontiguousarray(tangent, dtype=np.float64)
            skew, size = operator.add_stiffness(chunk.cells, moduli, mean, totals.data)
        energy, lost = (float(weights @ state[name]) for name in ("energy", "dissipation"))
        totals.strain[chunk.points], totals.stress[chunk.points] = strain, stress
        totals.dissipated[chunk.points] = state["dissipation"]
        for name, value in state.items():
            sparse = name in call.mostly_zero
            if name not in after:
                room = np.zeros if sparse else self._memory.empty
                after.setdefault(name, room((call.points, *value.shape[1:]), value.dtype))  # or another thread's
            if not (sparse and value.strides[0] == 0):  # zeros are there, and take no memory
                after[name][chunk.place] = value
        return _Part(energy, lost, skew, size, seconds)

    def training_reach(self, before: GaussState, after: GaussState) -> Float[Array, "P"] | None:
        """Return how far the Gauss points reach in the range of the data that their material was learnt from.

        Points of a material that does not know such a range reach nowhere, 0, beside others of one that does.

        Raises
        ------
        InputError
            If a material's answer is not one number per point.
        """
        found = None
        for region, call in zip(self.regions, self._calls, strict=True):
            reach = call.training_reach(region.own(before.material), region.own(after.material))
            if reach is None:
                continue
            if len(self.regions) == 1:
                return reach
            if found is None:
                found = np.zeros(self.mesh.weights.size)
            found[self.mesh.gauss_points(region.cells)] = reach
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
        mesh, count = self.mesh, self.mesh.cell_count
        found = {} if reach is None else {"training_reach": mesh.largest(reach)}
        if mesh.dimension == 2:
            found[KNOWN] = np.zeros(count)
        if len(self.regions) > 1:
            found["region"] = np.empty(count)
        energy, dissipation = np.empty(count), np.empty(count)
        for number, region in enumerate(self.regions):
            own, cells = region.own(state.material), region.cells
            if len(self.regions) > 1:
                found["region"][cells] = number
            for name in getattr(region.material, "point_fields", ()):
                field = found.setdefault(name, np.zeros(count))
                field[cells] = mesh.largest(self._everywhere(region, own[name]))[cells]
            for name, normal in self._out_of_plane(region, own).items():
                field = found.setdefault(name, np.zeros(count))
                field[cells] = mesh.averages(self._everywhere(region, normal))[cells]
                found[KNOWN][cells] = 1.0
            for values, name in ((energy, "energy"), (dissipation, "dissipation")):
                values[cells] = mesh.averages(self._everywhere(region, own[name]))[cells]
        return found | {
            "strain": mesh.averages(state.strain),
            "stress": mesh.averages(state.stress),
            "energy": energy,
            "dissipation": dissipation,
            "dissipated": mesh.averages(state.dissipated),
        }

    def _everywhere(self, region: Region, values: Float[Array, "_"]) -> Float[Array, "P"]:
        """Return values at the points of a region as such at all points of the mesh, zero at others."""
        if len(self.regions) == 1:
            return values
        whole = np.zeros(self.mesh.weights.size)
        whole[self.mesh.gauss_points(region.cells)] = values
        return whole


def _each(add: Callable[[Chunk], _Part], run: Run) -> list[_Part]:
    """Return what became of the chunks of a run, done one after the other."""
    return [add(chunk) for chunk in run]


def _pairs(
    cells: Int[NDArray[np.int64], "e n"],
) -> tuple[Int[NDArray[np.int64], "e n n"], Int[NDArray[np.int64], "e n n"]]:
    """Return all pairs of nodes of every cell."""
    shape = (*cells.shape, cells.shape[1])
    return np.broadcast_to(cells[:, :, None], shape), np.broadcast_to(cells[:, None, :], shape)
