"""The bars of a structure as a discrete system: forces, a tangent without a matrix, and energy."""

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
from microtann.microstructure.bars.cells.bar import ElastoplasticBar
from microtann.microstructure.bars.full.bar_kernels import (
    add_bar_forces,
    bar_blocks,
    bar_product,
    bar_strain,
    update_bars,
)

Array = NDArray[np.float64]
Indices = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class BarTangent:
    """Tangent of bars, applied bar by bar; it is smaller and faster than the assembled matrix.

    Parameters
    ----------
    bars : array, shape (M, 2)
    gradient : array, shape (M, d)
        Direction over length of every bar.
    modulus : array, shape (M,)
        Tangent modulus × volume of every bar.
    nodes : int
    symmetric : bool
    secant : callable, optional
        Returns the secant modulus × volume of every bar, shape (M,); that is the tangent one if left out.
    """

    bars: Int[Indices, "M 2"]
    gradient: Float[Array, "M d"]
    modulus: Float[Array, "M"]
    nodes: int
    symmetric: bool = True
    secant: Callable[[], Array] | None = None

    def __matmul__(self, vector: Float[Array, "n"]) -> Float[Array, "n"]:
        """Return the forces due to small displacements."""
        shape = (self.nodes, self.gradient.shape[1])
        image = np.zeros(shape)
        bar_product(self.bars, self.gradient, self.modulus, vector.reshape(shape), image)
        return image.ravel()

    def towards_secant(self, weight: float) -> BarTangent:
        """Return (1 − weight) tangent + weight secant."""
        if self.secant is None:
            return self
        return replace(self, modulus=(1.0 - weight) * self.modulus + weight * self.secant(), secant=None)

    def blocks(self) -> sparse.bsr_array[Any]:
        """Return the assembled matrix in d × d blocks."""
        d = self.gradient.shape[1]
        pattern = Sparsity.of(self.bars[:, 0], self.bars[:, 1], self.nodes)
        data = np.zeros((len(pattern.indices), d, d))
        bar_blocks(self.bars, self.gradient, self.modulus, pattern.indptr, pattern.indices, data)
        return sparse.bsr_array((data, pattern.indices, pattern.indptr), shape=(self.nodes * d, self.nodes * d))


@dataclass(frozen=True, eq=False)
class BarState:
    """State of M bars.

    Parameters
    ----------
    stress, plastic_strain : array, shape (M,)
    """

    stress: Float[Array, "M"]
    plastic_strain: Float[Array, "M"]


class Bars:
    """Discrete system of elastoplastic bars; see `microtann.equilibrium.system.System`.

    Parameters
    ----------
    points : array, shape (N, d)
    bars : array, shape (M, 2)
    areas : array, shape (M,)
    bar : ElastoplasticBar
        One material, or one value per bar.
    """

    convex = True

    def __init__(
        self,
        points: Float[Array, "N d"],
        bars: Int[Indices, "M 2"],
        areas: Float[Array, "M"],
        bar: ElastoplasticBar,
    ) -> None:
        self._points = points
        self._bars = bars
        vectors = points[bars[:, 1]] - points[bars[:, 0]]
        squared = np.einsum("md,md->m", vectors, vectors)
        self._volume = areas * np.sqrt(squared)
        vectors /= squared[:, None]
        self._gradient = vectors
        self._areas = areas
        alike = all(np.ndim(p) == 0 for p in (bar.young, bar.yield_stress, bar.hardening))
        self._properties = bar.per_bar(1 if alike else len(bars))

    @property
    def points(self) -> Float[Array, "N d"]:
        """Positions of the nodes."""
        return self._points

    @property
    def parts(self) -> Int[Indices, "N"]:
        """Connected part of every node."""
        return connected_parts(self._bars[:, 0], self._bars[:, 1], len(self._points))

    def virgin(self) -> BarState:
        """Return bars without stress and plastic strain."""
        return BarState(np.zeros(len(self._bars)), np.zeros(len(self._bars)))

    def evaluate(
        self,
        state: BarState,
        displacement: Float[Array, "n"],
        increment: Float[Array, "n"],
        dt: float,
        tangent: bool,
    ) -> Response:
        """Integrate the bars and sum their forces; see `System.evaluate`. Bars do not depend on ``dt``.

        Parameters
        ----------
        state : BarState
            At the beginning of the increment.
        displacement : array, shape (n,)
            Of all nodes at the end of the increment.
        increment : array, shape (n,)
            Its change over the increment; the strains follow from the displacement alone.
        dt : float
        tangent : bool
            Whether the tangent is wanted.
        """
        started = time.process_time()
        count, shape = len(self._bars), self._points.shape
        strain = np.empty(count)
        bar_strain(self._bars, self._gradient, displacement.reshape(shape), strain)
        stress, plastic = np.empty(count), np.empty(count)
        modulus = np.empty(count if tangent else 0)
        clock = time.process_time()
        energy, dissipation = update_bars(
            strain, state.plastic_strain, *self._properties, self._volume, stress, plastic, modulus
        )
        material_seconds = time.process_time() - clock
        force = np.zeros(shape)
        np.multiply(stress, self._volume, out=strain)
        add_bar_forces(self._bars, self._gradient, strain, force)
        operator = None
        if tangent:
            operator = BarTangent(
                self._bars,
                self._gradient,
                modulus,
                len(self._points),
                secant=lambda: self._volume * self._secant(stress, plastic, state.plastic_strain),
            )
        return Response(
            force=force.ravel(),
            tangent=operator,
            energy=float(energy),
            dissipation=float(dissipation),
            state=BarState(stress, plastic),
            calls=count,
            material_seconds=material_seconds,
            assembly_seconds=time.process_time() - started - material_seconds,
        )

    def _secant(self, stress: Array, plastic: Array, before: Array) -> Array:
        """Return the slope from the middle of every bar's elastic range, at stress H α, to its present state."""
        young, _, hardening = self._properties
        reduced = stress - hardening * before
        trial = reduced + young * (plastic - before)
        return young * np.divide(reduced, trial, out=np.ones(len(stress)), where=plastic != before)

    def training_reach(self, before: BarState, after: BarState) -> None:
        """Return None, for the law of bars has no training data."""

    def fields(self, state: BarState, reach: Float[Array, "P"] | None = None) -> dict[str, Array]:
        """Return force (tension is positive), stress and plastic strain of every bar."""
        return {
            "force": state.stress * self._areas,
            "stress": state.stress,
            "plastic_strain": state.plastic_strain,
        }
