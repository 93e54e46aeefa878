"""Energies and evolutions of one increment as nodes of ONNX, the chain rule of the tangent written out.

All of it is in scaled units. A tangent of something with n entries has the shape (points, y, n): the directions
are those of the strain increment.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax
import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.export.onnx_graph import OnnxGraph
from microtann.tann.batched_layers import LEAK
from microtann.tann.layers import DeadZone, Layers
from microtann.tann.network_energy import NetworkEnergy
from microtann.tann.quadratic_energy import QuadraticEnergy
from microtann.tann.rate_network import RateNetwork
from microtann.tann.state_network import StateNetwork

Array = NDArray[np.float64]


class EnergyNodes(NamedTuple):
    """An energy at some driving variables and states.

    Parameters
    ----------
    value, stress, thermodynamic : str
        Ψ, ∂Ψ/∂y and ∂Ψ/∂Z.
    """

    value: str
    stress: str
    thermodynamic: str


@runtime_checkable
class EnergyWriter(Protocol):
    """What writes an energy."""

    def slopes(self, driving: str, state: str) -> EnergyNodes:
        """Return Ψ and its derivatives."""
        ...

    def tangent(self, moved: str) -> str:
        """Return the derivatives of ∂Ψ/∂y where Z moves by ``moved``, of what was asked for last."""
        ...


class QuadraticNodes:
    """Ψ = ½ |L (y, Z)|² in ONNX.

    Parameters
    ----------
    graph : OnnxGraph
    energy : QuadraticEnergy
    driving : int
        Number of driving variables, y.
    """

    def __init__(self, graph: OnnxGraph, energy: QuadraticEnergy, driving: int) -> None:
        self._graph, self._y = graph, driving
        self._root = np.asarray(energy.root)

    def slopes(self, driving: str, state: str) -> EnergyNodes:
        """Return Ψ and its derivatives."""
        graph, y = self._graph, self._y
        stored = graph.node("MatMul", graph.joined(driving, state), self._root.T)
        value = graph.node("Mul", graph.total(graph.node("Mul", stored, stored)), np.array(0.5))
        stress, thermodynamic = (graph.node("MatMul", stored, self._root[:, s]) for s in (np.s_[:y], np.s_[y:]))
        return EnergyNodes(value, stress, thermodynamic)

    def tangent(self, moved: str) -> str:
        """Return the derivatives of the stress where Z moves."""
        stiffness, y = self._root.T @ self._root, self._y
        return self._graph.node("Add", self._graph.node("MatMul", moved, stiffness[y:, :y]), stiffness[:y, :y])


class NetworkNodes:
    """Ψ = c · max(A x + b, 0)ᵖ in ONNX.

    Parameters
    ----------
    graph : OnnxGraph
    energy : NetworkEnergy
        With one hidden layer of rectified powers.
    driving : int
        Number of driving variables, y.
    """

    def __init__(self, graph: OnnxGraph, energy: NetworkEnergy, driving: int) -> None:
        self._graph, self._y = graph, driving
        hidden, last = energy.network.layers
        self._weight, self._bias = np.asarray(hidden.weight), _bias(hidden)
        self._last, self._shift = np.asarray(last.weight)[0], _bias(last)
        self._power: int = energy.network.activation.power  # type: ignore[attr-defined]
        self._rectified = ""

    def slopes(self, driving: str, state: str) -> EnergyNodes:
        """Return Ψ and its derivatives."""
        graph, p, y = self._graph, self._power, self._y
        values = graph.node("MatMul", graph.joined(driving, state), self._weight.T)
        self._rectified = graph.node("Relu", graph.node("Add", values, self._bias))
        below = self._to_the(p - 1)
        value = graph.node("MatMul", graph.node("Mul", below, self._rectified), self._last[:, None])
        value = graph.total(graph.node("Add", value, self._shift))
        slope = graph.node("Mul", below, p * self._last)
        stress, thermodynamic = (graph.node("MatMul", slope, self._weight[:, s]) for s in (np.s_[:y], np.s_[y:]))
        return EnergyNodes(value, stress, thermodynamic)

    def tangent(self, moved: str) -> str:
        """Return the derivatives of the stress where Z moves."""
        graph, p, y = self._graph, self._power, self._y
        directions = graph.node("MatMul", moved, self._weight[:, y:].T)
        directions = graph.node("Add", directions, self._weight[:, :y].T)
        curvature = graph.node("Mul", self._to_the(p - 2), p * (p - 1) * self._last)
        return graph.node("MatMul", graph.node("Mul", directions, graph.across(curvature)), self._weight[:, :y])

    def _to_the(self, exponent: int) -> str:
        """Return a power of the rectified values by products, which are exact to the last bit or two."""
        if exponent == 0:
            return self._graph.node("Add", self._graph.node("Mul", self._rectified, np.array(0.0)), np.array(1.0))
        power = self._rectified
        for _ in range(exponent - 1):
            power = self._graph.node("Mul", power, self._rectified)
        return power


def layers_written(
    graph: OnnxGraph, network: Layers, inputs: str, directions: Float[Array, "y i"]
) -> tuple[str, str]:
    """Return the output of a network and its derivatives in directions of its inputs.

    Parameters
    ----------
    graph : OnnxGraph
    network : Layers
    inputs : str
    directions : array, shape (y, i)
        Derivatives of the inputs.
    """
    moved, values = "", inputs
    for number, layer in enumerate(network.layers):
        weight = np.asarray(layer.weight)
        values = graph.node("MatMul", values, weight.T)
        if layer.bias is not None:
            values = graph.node("Add", values, _bias(layer))
        moved = graph.node("MatMul", moved, weight.T) if number else graph.constant((directions @ weight.T)[None])
        if number < len(network.layers) - 1:
            values, slope = _activated(graph, network.activation, values)
            moved = graph.node("Mul", moved, graph.across(slope))
    return values, moved


def _activated(graph: OnnxGraph, activation: Any, values: str) -> tuple[str, str]:
    """Return an activation and its slope."""
    if isinstance(activation, DeadZone):
        inside = graph.node("Clip", values, np.array(-1.0), np.array(1.0))
        outside = graph.node("Greater", graph.node("Abs", values), np.array(1.0))
        return graph.node("Sub", values, inside), graph.node("Where", outside, np.array(1.0), np.array(0.0))
    positive = graph.node("Greater", values, np.array(0.0))
    below = LEAK if activation is jax.nn.leaky_relu else 0.0
    slope = graph.node("Where", positive, np.array(1.0), np.array(below))
    return graph.node("Mul", values, slope), slope


def knows_layers(network: Layers) -> bool:
    """Return whether the activation of a network is one that is written here."""
    activation = network.activation
    return isinstance(activation, DeadZone) or activation is jax.nn.leaky_relu or activation is jax.nn.relu


def state_moved(
    graph: OnnxGraph, evolution: StateNetwork | RateNetwork, energy: EnergyWriter, names: tuple[str, str, str, str]
) -> tuple[str, str]:
    """Return ΔZ and its derivatives with respect to the scaled strain increment.

    Parameters
    ----------
    graph : OnnxGraph
    evolution : StateNetwork or RateNetwork
    energy : EnergyWriter
    names : (str, str, str, str)
        Driving variables at the start and at the end, states at the start, increment; scaled.
    """
    start, end, state, increment = names
    weight = np.asarray(evolution.network.layers[0].weight)
    if isinstance(evolution, StateNetwork):
        y = weight.shape[1] - np.asarray(evolution.network.layers[-1].weight).shape[0]
        directions = np.eye(y, weight.shape[1])
        return layers_written(graph, evolution.network, graph.joined(end, state), directions)
    stress, scale = np.asarray(evolution.stress_scale), np.asarray(evolution.increment_scale)
    slope = graph.node("Div", energy.slopes(start, state).stress, stress)
    inputs = graph.joined(slope, start, state, graph.node("Div", increment, scale))
    directions = np.zeros((len(scale), weight.shape[1]))
    directions[:, weight.shape[1] - len(scale) :] = np.diag(1.0 / scale)
    return layers_written(graph, evolution.network, inputs, directions)


def _bias(layer: Any) -> Array:
    return np.zeros(layer.weight.shape[0]) if layer.bias is None else np.asarray(layer.bias)
