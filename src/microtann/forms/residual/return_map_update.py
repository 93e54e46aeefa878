"""Many material points of a residual TANN at once: the chain rule of return map and energy written out.

It is the increment of `microtann.tann.point.MaterialPoint`; the tests hold both together. With one hidden layer,
of slopes zero or one, the tangent is a constant and one more for every neuron that is passed. At a kink itself
round-off decides the side.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.system.threads import one_blas_thread
from microtann.tann.batched_layers import BatchedLayers, Slopes
from microtann.tann.form import PointUpdate, PreparedUpdate
from microtann.tann.point import MaterialPoint
from microtann.tann.quadratic_energy import QuadraticEnergy
from microtann.tann.state_network import StateNetwork

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ReturnMap:
    """What all increments of a residual TANN share.

    Parameters
    ----------
    network : BatchedLayers
        From scaled driving variables at the end of the increment and states to the motion of the states.
    hessian : array, shape (y + z, y + z)
        Second derivative of the energy, in scaled units.
    by_neuron : array, shape (h, v v), or None
        What every neuron of a single hidden layer adds to the tangent where it is passed.
    scale : array, shape (y,)
        Of the driving variables.
    energy_scale : float
    components : int
        v.
    """

    network: BatchedLayers
    hessian: Float[Array, "yz yz"]
    by_neuron: Float[Array, "h vv"] | None
    scale: Float[Array, "y"]
    energy_scale: float
    components: int

    def __call__(self, driving: Array, state: Array, increment: Array, dt: float, tangent: bool) -> PointUpdate:
        """Advance n points; see `microtann.tann.form.PreparedUpdate`."""
        with one_blas_thread():
            return self._advance(driving, state, increment, tangent)

    def _advance(self, driving: Array, state: Array, increment: Array, tangent: bool) -> PointUpdate:
        y, v, energy_scale = driving.shape[1], self.components, self.energy_scale
        ends = np.concatenate([(driving + increment) / self.scale, state], axis=1)
        motion, slopes = self.network(ends, tangent)
        ends[:, y:] += motion
        gradient = ends @ self.hessian
        return PointUpdate(
            stress=gradient[:, :v] * (energy_scale / self.scale[:v]),
            state=ends[:, y:].copy(),
            energy=0.5 * energy_scale * np.einsum("ni,ni->n", gradient, ends),
            dissipation=-energy_scale * np.einsum("ni,ni->n", gradient[:, y:], motion),
            tangent=self._tangent(slopes) if tangent else None,
        )

    def _tangent(self, slopes: Slopes) -> Float[Array, "n v v"]:
        v, y, n = self.components, len(self.scale), len(slopes[0])
        if self.by_neuron is not None:
            flow = (slopes[0] @ self.by_neuron).reshape(n, v, v)
        else:
            rows = np.broadcast_to(self.hessian[:v, None, y:], (v, n, len(self.hessian) - y))
            flow = np.moveaxis(self.network.pull_back(rows, slopes, slice(0, v)), 0, 1).copy()
        flow += self.hessian[:v, :v]
        flow *= self.energy_scale / np.outer(self.scale[:v], self.scale[:v])
        return flow


def prepare_return_map(point: MaterialPoint) -> PreparedUpdate:
    """Return the update of a point with a return map as a network and a quadratic energy."""
    energy, evolution, v = point.energy, point.evolution, point.components
    assert isinstance(energy, QuadraticEnergy)
    assert isinstance(evolution, StateNetwork)
    root, extra = np.asarray(energy.root), np.asarray(energy.extra)
    scale = np.asarray(point.scaling.driving)
    y, hessian = len(scale), root.T @ root
    hessian[v:y, v:y] += 0.5 * (extra + extra.T)
    network, by_neuron = BatchedLayers(evolution.network), None
    if len(network.weights) == 2:
        after = hessian[:v, y:] @ network.weights[1]
        by_neuron = np.einsum("ih,hj->hij", after, network.weights[0][:, :v]).reshape(-1, v * v)
    return ReturnMap(network, hessian, by_neuron, scale, float(point.scaling.energy), v)


def written_out_network(point: MaterialPoint) -> bool:
    """Return whether the activation of the return map is one whose slope is written out."""
    return isinstance(point.evolution, StateNetwork) and BatchedLayers.known(point.evolution.network)
