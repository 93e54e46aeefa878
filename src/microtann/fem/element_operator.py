"""Strains, forces and stiffness of the cells of a block, plain or with the mean dilatation of every cell.

With mean dilatation ("B-bar") the change of volume at a Gauss point is replaced by its average over the cell: the
strain is A ε + m θ̄/d, with the unit tensor m, A = 1 − m mᵀ/d, θ = m · ε and d the dimension of space. Forces and
stiffness are those of this strain, so that energy is conserved and the tangent symmetric. In the plane d is 2 and
nothing is strained out of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray

from microtann.fem import element_kernels
from microtann.fem.cell_block import CellBlock
from microtann.fem.mean_dilatation_kernel import add_averaged_stiffness
from microtann.fem.mesh import Mesh
from microtann.fem.space_stiffness_kernel import add_space_stiffness, average_trace
from microtann.numbers import voigt
from microtann.numbers.read_only import read_only

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]
Choice = slice | IntArray
"""Cells of a block."""


class Kernels(NamedTuple):
    """Compiled kernels of elements: see `microtann.fem.element_kernels`."""

    gauss_strain: Callable[..., None]
    add_forces: Callable[..., None]


KERNELS = {
    2: Kernels(element_kernels.plane_gauss_strain, element_kernels.plane_add_forces),
    3: Kernels(element_kernels.gauss_strain, element_kernels.add_forces),
}
"""Kernels by the dimension of space."""


class ElementOperator:
    """What the cells of a block do with displacements and stresses.

    Parameters
    ----------
    block : CellBlock
    slots : integer array, shape (e, n, n), optional
        Places of the pairs of nodes of every cell in the block matrix; strains do without.
    """

    def __init__(self, block: CellBlock, slots: Int[NDArray[np.int32], "e n n"] | None = None) -> None:
        self._block, self._slots = block, slots
        self._dimension = block.element.dimension
        self._kernels = KERNELS[self._dimension]

    def strain(
        self, cells: Choice, displacement: Float[Array, "N d"], mean_dilatation: bool
    ) -> Float[Array, "p v"]:
        """Return the strains at the Gauss points of some cells.

        Parameters
        ----------
        cells : slice or integer array
        displacement : array, shape (N, d)
        mean_dilatation : bool
        """
        gradients, weights = self._block.gradients[cells], self._block.weights[cells]
        strain = np.empty((weights.size, voigt.components(self._dimension)))
        self._kernels.gauss_strain(gradients, read_only(self._block.cells[cells]), displacement, strain)
        return self._with_mean_trace(strain, weights) if mean_dilatation else strain

    def add_forces(
        self, cells: Choice, stress: Float[Array, "p v"], mean_dilatation: bool, force: Float[Array, "N d"]
    ) -> None:
        """Add the forces of stresses at the Gauss points of some cells to those of the nodes.

        Parameters
        ----------
        cells : slice or integer array
        stress : array, shape (p, v)
        mean_dilatation : bool
        force : array, shape (N, d)
        """
        gradients, weights = self._block.gradients[cells], self._block.weights[cells]
        if mean_dilatation:
            stress = self._with_mean_trace(stress, weights)
        self._kernels.add_forces(gradients, weights, read_only(self._block.cells[cells]), read_only(stress), force)

    def add_stiffness(
        self, cells: Choice, moduli: Float[Array, "p v v"], mean_dilatation: bool, data: Float[Array, "b d d"]
    ) -> tuple[float, float]:
        """Add the stiffness of some cells to the blocks of a matrix.

        Parameters
        ----------
        cells : slice or integer array
        moduli : array, shape (p, v, v)
            Tangents of the material at their Gauss points.
        mean_dilatation : bool
        data : array, shape (b, d, d)
            The blocks.

        Returns
        -------
        float, float
            Largest difference of the tangents from their transposes, and their largest entry.
        """
        assert self._slots is not None
        moduli = read_only(moduli)
        gradients, weights, slots = self._block.gradients[cells], self._block.weights[cells], self._slots[cells]
        if self._dimension == 3:
            mean = self._block.mean_gradients[cells] if mean_dilatation else np.empty((0, *gradients.shape[2:]))
            return add_space_stiffness(gradients, mean, weights, slots, moduli, data)
        if not mean_dilatation:
            return element_kernels.plane_add_stiffness(gradients, weights, slots, moduli, data)
        pairs = np.array(voigt.PAIRS[self._dimension])
        mean = self._block.mean_gradients[cells]
        return add_averaged_stiffness(gradients, mean, weights, slots, moduli, pairs, data)

    def _with_mean_trace(self, tensors: Float[Array, "p v"], weights: Float[Array, "e G"]) -> Float[Array, "p v"]:
        """Return tensors at Gauss points whose trace is its average over every cell."""
        result = tensors.copy()
        average_trace(result, weights, self._dimension)
        return result


def gauss_strains(
    mesh: Mesh,
    cells: Int[IntArray, "k"],
    displacement: Float[Array, "N d"],
    mean_dilatation: Bool[NDArray[np.bool_], "E"],
) -> Float[Array, "p v"]:
    """Return the strains at all Gauss points of some cells of a mesh.

    Parameters
    ----------
    mesh : Mesh
    cells : integer array, shape (k,)
        In ascending order.
    displacement : array, shape (N, d)
    mean_dilatation : mask, shape (E,)
        The cells of the mesh whose change of volume is its mean.
    """
    strain = np.empty((len(mesh.gauss_points(cells)), voigt.components(mesh.dimension)))
    first = 0
    for block in mesh.blocks:
        inside = cells[(cells >= block.numbers.start) & (cells < block.numbers.stop)]
        own = inside - block.first
        part = strain[first : first + len(own) * block.element.gauss_points]
        first += len(part)
        by_cell = part.reshape(len(own), block.element.gauss_points, part.shape[1])
        for mean in (False, True):
            chosen = mean_dilatation[inside] == mean
            if chosen.any():
                found = ElementOperator(block).strain(own[chosen], displacement, mean)
                by_cell[chosen] = found.reshape(-1, *by_cell.shape[1:])
    return strain
