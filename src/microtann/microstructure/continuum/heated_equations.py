"""The equations of a cell whose phases expand: the strain of a point that stores energy is ε = E − a θ + B w.

With y = (E, θ) and the matrix M = (I, −a) of the phase of a point this is ε = M y + B w: temperature drives the
cell as the average strain does, and what does work on y is the average of Mᵀ σ: the stress, and −a · σ.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float

from microtann.microstructure.continuum.cell_equations import CellEquations

Array = np.ndarray[Any, np.dtype[np.float64]]  # NDArray of NumPy 2.5 is an alias that jaxtyping cannot read


@dataclass(frozen=True, eq=False)
class HeatedEquations(CellEquations):
    """Equations of a cell that is driven by y = (E, θ).

    Parameters
    ----------
    mesh, regions, distinct, volume
        As of `CellEquations`.
    expansion : tuple of arrays, shape (v,)
        Strain of every phase under unit temperature, in Voigt's order with engineering shear.
    """

    expansion: tuple[Float[Array, "v"], ...]

    @cached_property
    def driving(self) -> Float[Array, "P v y"]:
        """M at every integration point."""
        v = self.components
        matrix = np.zeros((len(self.weights), v, v + 1))
        matrix[:, :, :v] = np.eye(v)
        for points, one in zip(self.points, self.expansion, strict=True):
            matrix[points, :, v] = -one
        return matrix

    def driven(self, average: Float[Array, "n y"]) -> Float[Array, "n P v"]:
        """Return the strains of the points without fluctuation, less their expansion."""
        return np.einsum("pvy,ny->npv", self.driving, average)

    def cancelled(self, average: Float[Array, "n y"]) -> Float[Array, "n P"]:
        """Return the largest component of the expansion of every point, which the average strain may cancel."""
        v = self.components
        largest = np.abs(self.driving[:, :, v]).max(axis=1)
        return np.abs(average[:, v])[:, None] * largest

    def average(self, stress: Float[Array, "P v"]) -> Float[Array, "y"]:
        """Return what does work on y: the average stress, and less the entropy of the expansion."""
        return np.asarray(np.einsum("p,pvy,pv->y", self.weights, self.driving, stress), dtype=np.float64)

    def forces_of_average(self, moduli: Float[Array, "P v v"]) -> Float[Array, "u y"]:
        """Return the forces of the stresses under unit y without fluctuation."""
        stresses = np.matmul(moduli, self.driving)
        forces: Array = self.force_of @ stresses.reshape(-1, stresses.shape[2])
        return forces
