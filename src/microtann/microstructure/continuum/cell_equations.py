"""The equations of a periodic cell of a solid: strains, forces and stiffness in the fluctuation of its nodes.

At every integration point ε = E + B w with the average strain E and the periodic fluctuation w of the distinct
nodes, the first of which is held. B has the mean dilatation of the elements where their phase asks for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import SuperLU, splu

from microtann.equilibrium.sparsity import BlockTangent, Sparsity
from microtann.errors import CellError
from microtann.fem.element_operator import ElementOperator
from microtann.fem.mesh import Mesh
from microtann.fem.regions import Chunk, Region
from microtann.microstructure.bars.cells.copies import DistinctNodes
from microtann.numbers import voigt
from microtann.system.memory import require_memory

Array = np.ndarray[Any, np.dtype[np.float64]]  # NDArray of NumPy 2.5 is an alias that jaxtyping cannot read
Moduli = Sequence[Array | None]
"""Tangents of the material (_, v, v), region by region, at the points of each; None where all are zero."""
SINGULAR = 1e-13
"""Least pivot of an elastic factor over the largest below which the cell is a mechanism."""
BYTES_PER_ENTRY = 24
"""Memory of an entry of B: in B and in its transpose."""


@dataclass(frozen=True, eq=False)
class CellEquations:
    """A mesh with periodic nodes, and what its elements do.

    Parameters
    ----------
    mesh : Mesh
    regions : tuple of Region
        The phases.
    distinct : DistinctNodes
    volume : float
        Of the cell, voids included.
    """

    mesh: Mesh
    regions: tuple[Region, ...]
    distinct: DistinctNodes
    volume: float

    @property
    def components(self) -> int:
        """Strain components, v."""
        return voigt.components(self.mesh.dimension)

    @property
    def unknowns(self) -> int:
        """Components of the fluctuation, those of the held node among them."""
        return self.distinct.count * self.mesh.dimension

    @cached_property
    def points(self) -> tuple[Int[NDArray[np.int64], "_"], ...]:
        """Numbers of the integration points of every region."""
        return tuple(self.mesh.gauss_points(region.cells) for region in self.regions)

    @cached_property
    def phase_of_cell(self) -> Int[NDArray[np.int64], "E"]:
        """Number of the phase of every element."""
        of_cell = np.empty(self.mesh.cell_count, dtype=np.int64)
        for number, region in enumerate(self.regions):
            of_cell[region.cells] = number
        return of_cell

    @cached_property
    def weights(self) -> Float[Array, "P"]:
        """Volume of every integration point over that of the cell."""
        return self.mesh.weights.ravel() / self.volume

    @cached_property
    def chunks(self) -> tuple[tuple[Chunk, ...], ...]:
        """The cells of every region, kind by kind."""
        return tuple(tuple(region.chunks(self.mesh, self.mesh.weights.size + 1)) for region in self.regions)

    @cached_property
    def strain_of(self) -> sparse.csr_array[Any]:
        """B, shape (P v, u): strains due to the fluctuation."""
        mesh, d = self.mesh, self.mesh.dimension
        entries = sum(b.gradients.size // d * d * (2 * d - 1) for b in mesh.blocks)
        require_memory(
            "the strains of a cell of this mesh", float(BYTES_PER_ENTRY) * entries, "use larger elements"
        )
        rows, columns, values = [], [], []
        for chunks in self.chunks:
            for chunk in chunks:
                block = mesh.blocks[chunk.block]
                mean = block.mean_gradients[chunk.cells] if chunk.mean_dilatation else None
                parts = _strain_entries(block.gradients[chunk.cells], mean, d)
                nodes = self.distinct.of_node[block.cells[chunk.cells]]
                numbers = np.arange(mesh.weights.size)[chunk.points].reshape(len(nodes), -1)
                for component, axis, value in parts:
                    shape = value.shape
                    rows.append(np.broadcast_to((numbers * self.components + component)[:, :, None], shape))
                    columns.append(np.broadcast_to((nodes * d + axis)[:, None, :], shape))
                    values.append(value)
        flat = [np.concatenate([part.ravel() for part in parts]) for parts in (values, rows, columns)]
        kept = (flat[2] >= d) & (flat[0] != 0.0)  # the first node is held
        flat = [part[kept] for part in flat]
        shape = (mesh.weights.size * self.components, self.unknowns)
        return sparse.coo_array((flat[0], (flat[1], flat[2])), shape=shape).tocsr()

    @cached_property
    def force_of(self) -> sparse.csr_array[Any]:
        """Bᵀ with the weights, shape (u, P v): forces per volume of the cell due to stresses."""
        weighted = self.strain_of.T.tocsr()
        weighted.data = weighted.data * np.repeat(self.weights, self.components)[weighted.indices]
        return weighted

    @cached_property
    def reach(self) -> Float[Array, "P"]:
        """Largest force per unit of stress at every point."""
        largest = abs(self.strain_of).max(axis=1).toarray().reshape(-1, self.components).max(axis=1)
        return self.weights * largest

    def driven(self, average: Float[Array, "n v"]) -> Float[Array, "n _ v"]:
        """Return the strains of the points without fluctuation: the average one, everywhere alike."""
        return average[:, None]

    def cancelled(self, average: Float[Array, "n v"]) -> Float[Array, "n _"]:
        """Return the largest strains of the points that cancel each other, before anything flows: none."""
        return np.zeros((len(average), 1))

    def average(self, stress: Float[Array, "P v"]) -> Float[Array, "v"]:
        """Return what does work on the average strain: the average stress."""
        return np.asarray(self.weights @ stress, dtype=np.float64)

    @cached_property
    def _assembly(self) -> tuple[Sparsity, tuple[ElementOperator, ...]]:
        pairs = []
        for block in self.mesh.blocks:
            nodes = self.distinct.of_node[block.cells]
            shape = (*nodes.shape, nodes.shape[1])
            pairs.append((np.broadcast_to(nodes[:, :, None], shape), np.broadcast_to(nodes[:, None, :], shape)))
        first, second = (np.concatenate([pair[side].ravel() for pair in pairs]) for side in (0, 1))
        pattern = Sparsity.of(first, second, self.distinct.count)
        operators = [
            ElementOperator(block, pattern.half_slots(*pair))
            for block, pair in zip(self.mesh.blocks, pairs, strict=True)
        ]
        return pattern, tuple(operators)

    def stiffness(self, moduli: Moduli, base: BlockTangent | None = None) -> BlockTangent:
        """Return ∫ Bᵀ C B per volume of the cell.

        Parameters
        ----------
        moduli : sequence of arrays
            C at the points of every region, or what is added to those of ``base``; cells where all is zero cost
            nothing.
        base : BlockTangent, optional
            What the stiffness is added to.
        """
        pattern, operators = self._assembly
        d = self.mesh.dimension
        data = np.zeros((len(pattern.indices), d, d))
        for chunks, own in zip(self.chunks, moduli, strict=True):
            if own is None:
                continue
            for chunk in chunks:
                part = own[chunk.place]
                cells = np.arange(len(self.mesh.blocks[chunk.block].cells))[chunk.cells]
                by_cell = part.reshape(len(cells), -1, *part.shape[1:])
                there = by_cell.any(axis=(1, 2, 3))
                if there.any():
                    some = np.ascontiguousarray(by_cell[there].reshape(-1, *part.shape[1:]))
                    operators[chunk.block].add_stiffness(cells[there], some, chunk.mean_dilatation, data)
        data /= self.volume
        return BlockTangent(pattern, data if base is None else data + base.data, True)

    def factor(self, stiffness: BlockTangent) -> SuperLU:
        """Return the factors of a stiffness without the held node."""
        d = self.mesh.dimension
        matrix = stiffness.blocks().tocsr()[d:, d:].tocsc()
        options = {"SymmetricMode": True}
        return splu(matrix, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options=options)

    @cached_property
    def elastic_moduli(self) -> tuple[Float[Array, "v v"], ...]:
        """Tangents of the phases in their virgin states.

        Raises
        ------
        CellError
            If that of a phase is not symmetric and positive definite.
        """
        found = []
        for region in self.regions:
            _, moduli, _ = region.material.update(
                np.zeros((1, self.components)), region.material.initial_state(1), 1.0, True
            )
            assert moduli is not None
            one = np.array(moduli[0], dtype=np.float64)
            size = np.abs(one).max()
            if np.abs(one - one.T).max() > 1e-8 * size or np.linalg.eigvalsh(one)[0] <= 1e-12 * size:
                raise CellError(
                    f"the phase {region.name or 'of the cell'} has no elastic stiffness that is symmetric and "
                    "positive definite in its virgin state"
                )
            found.append(one)
        return tuple(found)

    @cached_property
    def elastic_stiffness(self) -> BlockTangent:
        """That of all phases in their virgin states."""
        sizes = [len(points) for points in self.points]
        return self.stiffness(
            [
                np.broadcast_to(one, (size, *one.shape))
                for one, size in zip(self.elastic_moduli, sizes, strict=True)
            ]
        )

    @cached_property
    def elastic_factor(self) -> SuperLU:
        """Factors of the elastic stiffness, which serve the whole life of the cell.

        Raises
        ------
        CellError
            If the cell is a mechanism.
        """
        hint = "parts of it that meet in single nodes move freely"
        try:
            factor = self.factor(self.elastic_stiffness)
        except RuntimeError:
            raise CellError(f"the cell is a mechanism: {hint}") from None
        pivots = np.abs(factor.U.diagonal())
        if not pivots.size or pivots.min() <= SINGULAR * pivots.max():
            raise CellError(f"the cell is a mechanism: {hint}")
        return factor

    def solve_elastic(self, force: Float[Array, "u *k"]) -> Float[Array, "u *k"]:
        """Return the fluctuation of the elastic cell under forces; zero at the held node."""
        d, moved = self.mesh.dimension, np.zeros_like(force)
        moved[d:] = self.elastic_factor.solve(np.ascontiguousarray(force[d:]))
        return moved

    @cached_property
    def elastic_fluctuation(self) -> Float[Array, "u v"]:
        """Fluctuation of the elastic cell under unit average strains."""
        return -self.solve_elastic(self.forces_of_average(self.elastic_everywhere))

    @cached_property
    def elastic_everywhere(self) -> Float[Array, "P v v"]:
        """Elastic tangents of all integration points."""
        moduli = np.empty((len(self.weights), self.components, self.components))
        for points, one in zip(self.points, self.elastic_moduli, strict=True):
            moduli[points] = one
        return moduli

    def forces_of_average(self, moduli: Float[Array, "P v v"]) -> Float[Array, "u v"]:
        """Return the forces of the stresses under unit average strains without fluctuation."""
        forces: Array = self.force_of @ moduli.reshape(-1, self.components)
        return forces

    @cached_property
    def elasticity(self) -> Float[Array, "v v"]:
        """Elastic stiffness of the cell.

        Raises
        ------
        CellError
            If the cell has none in some direction of strain.
        """
        moduli = self.elastic_everywhere
        forces = self.forces_of_average(moduli)
        found = np.einsum("p,pvw->vw", self.weights, moduli) + forces.T @ self.elastic_fluctuation
        found = 0.5 * (found + found.T)
        values, vectors = np.linalg.eigh(found)
        largest = max(float(np.abs(one).max()) for one in self.elastic_moduli)
        if values[0] <= 1e-10 * largest:
            names = voigt.LABELS[self.mesh.dimension]
            raise CellError(
                "the cell has no stiffness against average strain "
                f"{names[int(np.abs(vectors[:, 0]).argmax())]}: its solid does not hang together there"
            )
        return found


def _strain_entries(
    gradients: Float[Array, "e G n d"], mean: Float[Array, "e n d"] | None, d: int
) -> list[tuple[int, int, Float[Array, "e G n"]]]:
    """Return the entries of B: strain component, axis of displacement, and values by cell, point and node."""
    entries = []
    for component, (i, j) in enumerate(voigt.PAIRS[d]):
        if i != j:
            entries += [(component, i, gradients[..., j]), (component, j, gradients[..., i])]
            continue
        for axis in range(d):
            value = gradients[..., i] if axis == i else np.zeros(gradients.shape[:3])
            if mean is not None:
                value = value + (mean[:, None, :, axis] - gradients[..., axis]) / d
            elif axis != i:
                continue
            entries.append((component, axis, value))
    return entries
