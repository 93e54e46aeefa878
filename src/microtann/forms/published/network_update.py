"""Many material points of free networks at once: the chain rule of NN_Z and NN_Ψ written out.

It is the increment of `microtann.tann.point.MaterialPoint` (Algorithm 2 of the paper); the tests hold both
together. The tangent is Ψ_EE + Ψ_EZ dZ/dΔE: the second derivatives of the energy in the directions of the strains,
whose part along the states is then led back through NN_Z.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.system.threads import one_blas_thread
from microtann.tann.batched_layers import BatchedLayers, weights_and_biases
from microtann.tann.form import PointUpdate
from microtann.tann.layers import Layers, RePU
from microtann.tann.network_energy import NetworkEnergy
from microtann.tann.point import MaterialPoint
from microtann.tann.rate_network import RateNetwork

Array = NDArray[np.float64]
BLOCK = 128
"""Points at a time: the derivatives of their layers stay in the cache."""


class BatchedEnergy:
    """An energy network of one hidden layer at many points, Ψ = Σ wₖ max(Aₖ · x + bₖ, 0)ᵖ + c, with derivatives.

    Parameters
    ----------
    network : Layers
        With rectified powers as activation, and one output.
    directions : int
        The first inputs, in whose directions second derivatives are wanted.
    """

    def __init__(self, network: Layers, directions: int) -> None:
        (self._weight, last), (self._bias, self._constant) = weights_and_biases(network)
        assert isinstance(network.activation, RePU)
        power = self._power = network.activation.power
        self._outer = last[0]
        self._slopes = power * last[0][:, None] * self._weight
        bends = power * (power - 1) * last[0][:, None, None] * self._weight[:, :directions, None]
        self._bends = (bends * self._weight[:, None]).reshape(len(bends), -1)
        self._directions = directions

    @property
    def shape(self) -> tuple[int, int]:
        """Hidden neurons and inputs."""
        hidden, inputs = self._weight.shape
        return hidden, inputs

    @staticmethod
    def known(network: object) -> bool:
        """Return whether this is a network whose derivatives are written out here."""
        if type(network) is not Layers or len(network.layers) != 2:
            return False
        return isinstance(network.activation, RePU) and network.activation.power >= 2

    def rectified(self, values: Float[Array, "n i"]) -> Float[Array, "n h"]:
        """Return max(A x + b, 0), on which value and derivatives depend alone."""
        found = values @ self._weight.T
        found += self._bias
        return np.maximum(found, 0.0, out=found)

    def value(self, rectified: Float[Array, "n h"]) -> Float[Array, "n"]:
        """Return the energy."""
        return _power(rectified, self._power) @ self._outer + self._constant[0]

    def gradient(self, rectified: Float[Array, "n h"], inputs: slice = slice(None)) -> Float[Array, "n k"]:
        """Return the derivatives by some inputs.

        Parameters
        ----------
        rectified : array, shape (n, h)
        inputs : slice
            All of them if left out.
        """
        return _power(rectified, self._power - 1) @ self._slopes[:, inputs]

    def second(self, rectified: Float[Array, "n h"]) -> Float[Array, "n v i"]:
        """Return the derivatives of the gradient in the directions of the first inputs."""
        found = _power(rectified, self._power - 2) @ self._bends
        return found.reshape(len(rectified), self._directions, -1)


@dataclass(frozen=True, eq=False)
class FreeNetworks:
    """What all increments of a model of free networks share.

    Parameters
    ----------
    rate : BatchedLayers
        NN_Z.
    energy : BatchedEnergy
        NN_Ψ.
    stress_scale, increment_scale : arrays, shape (v,) and (y,)
        Of the inputs of NN_Z.
    duration : float or None
        Scale of Δt; None where it is no input.
    scale : array, shape (y,)
        Of the driving variables.
    energy_scale : float
    """

    rate: BatchedLayers
    energy: BatchedEnergy
    stress_scale: Float[Array, "v"]
    increment_scale: Float[Array, "y"]
    duration: float | None
    scale: Float[Array, "y"]
    energy_scale: float

    def __call__(self, driving: Array, state: Array, increment: Array, dt: float, tangent: bool) -> PointUpdate:
        """Advance n points; see `microtann.tann.form.PreparedUpdate`."""
        n, v, z = len(driving), len(self.stress_scale), state.shape[1]
        stiffness = np.empty((n, v, v)) if tangent else None
        result = PointUpdate(np.empty((n, v)), np.empty((n, z)), np.empty(n), np.empty(n), stiffness)
        # What is not finite is seen by who asked.
        with one_blas_thread(), np.errstate(over="ignore", invalid="ignore"):
            for first in range(0, n, BLOCK):
                rows = slice(first, first + BLOCK)
                done = self._advance(driving[rows], state[rows], increment[rows], dt, tangent)
                for whole, part in zip(result, done, strict=True):
                    if whole is not None:
                        whole[rows] = part
        return result

    def _advance(self, driving: Array, state: Array, increment: Array, dt: float, tangent: bool) -> PointUpdate:
        (n, y), v, energy_scale = driving.shape, len(self.stress_scale), self.energy_scale
        start, step, energy = driving / self.scale, increment / self.scale, self.energy
        stress = energy.gradient(energy.rectified(np.concatenate([start, state], axis=1)), slice(0, v))
        inputs = [stress / self.stress_scale, start, state, step / self.increment_scale]
        if self.duration is not None:
            inputs.append(np.full((n, 1), dt / self.duration))
        motion, slopes = self.rate(np.concatenate(inputs, axis=1), tangent)
        after = state + motion
        rectified = energy.rectified(np.concatenate([start + step, after], axis=1))
        gradient = energy.gradient(rectified)
        stiffness = None
        if tangent:
            second = energy.second(rectified)
            first = v + y + state.shape[1]
            flow = self.rate.pull_back(np.moveaxis(second[:, :, y:], 1, 0), slopes, slice(first, first + v))
            stiffness = second[:, :, :v] + np.moveaxis(flow, 0, 1) / self.increment_scale[:v]
            stiffness *= energy_scale / np.outer(self.scale[:v], self.scale[:v])
        return PointUpdate(
            stress=gradient[:, :v] * (energy_scale / self.scale[:v]),
            state=after,
            energy=energy_scale * energy.value(rectified),
            dissipation=-energy_scale * np.einsum("ni,ni->n", gradient[:, y:], after - state),
            tangent=stiffness,
        )


def prepare_networks(point: MaterialPoint) -> FreeNetworks:
    """Return the update of a point of free networks."""
    energy, evolution = point.energy, point.evolution
    assert isinstance(energy, NetworkEnergy)
    assert isinstance(evolution, RateNetwork)
    return FreeNetworks(
        rate=BatchedLayers(evolution.network),
        energy=BatchedEnergy(energy.network, point.components),
        stress_scale=np.asarray(evolution.stress_scale),
        increment_scale=np.asarray(evolution.increment_scale),
        duration=float(evolution.duration) if evolution.timed else None,
        scale=np.asarray(point.scaling.driving),
        energy_scale=float(point.scaling.energy),
    )


def written_out_networks(point: MaterialPoint) -> bool:
    """Return whether the activations of both networks are those whose derivatives are written out."""
    energy, evolution = point.energy, point.evolution
    if not (isinstance(energy, NetworkEnergy) and isinstance(evolution, RateNetwork)):
        return False
    return BatchedEnergy.known(energy.network) and BatchedLayers.known(evolution.network)


def _power(values: Float[Array, "*n"], exponent: int) -> Float[Array, "*n"]:
    """Return rectified values to a power by products; to the power of zero the step from 0 to 1."""
    if exponent == 0:
        return (values > 0.0).astype(np.float64)
    result = values
    for digit in bin(exponent)[3:]:
        result = result * result
        if digit == "1":
            result *= values
    return result
