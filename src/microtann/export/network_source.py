"""Networks that move the states in C, with a quadratic energy or one that is a network."""

from __future__ import annotations

from dataclasses import dataclass

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import InputError
from microtann.export.kernel_text import KernelText, KernelWriter
from microtann.export.slips_source import padded_to, upwards
from microtann.tann.energy import Energy
from microtann.tann.evolution import Evolution
from microtann.tann.layers import DeadZone, RePU
from microtann.tann.network_energy import NetworkEnergy
from microtann.tann.point import MaterialPoint
from microtann.tann.quadratic_energy import QuadraticEnergy
from microtann.tann.rate_network import RateNetwork
from microtann.tann.state_network import StateNetwork

Array = NDArray[np.float64]

LEAKS: dict[object, float] = {jax.nn.relu: 0.0, jax.nn.leaky_relu: 0.01}
"""Slopes below zero of the activations that are written, besides the dead zone."""


@dataclass(frozen=True, eq=False)
class NetworkPart:
    """What an energy or an evolution adds to the text of a kernel; the fields are those of `KernelText`."""

    template: str
    counts: dict[str, int]
    numbers: dict[str, float]
    arrays: dict[str, Float[Array, "..."]]
    tables: dict[str, tuple[int, ...]]


def network_text(point: MaterialPoint) -> KernelText:
    """Return the increment of a point whose states a network moves.

    Raises
    ------
    InputError
        If a network is of a kind that is not written.
    """
    energy, evolution = _energy(point), _evolution(point)
    folded = _folded(point, energy, evolution)
    sums = [
        *(["columns.c"] if "HESSIAN" in energy.arrays else []),
        *([] if folded.counts["FOLDED"] else ["rows.c"]),
    ]
    return KernelText(
        template=(*sums, "layers.c", energy.template, evolution.template, "network_point.c"),
        counts=energy.counts | evolution.counts | folded.counts,
        numbers=energy.numbers | evolution.numbers | {"ENERGY": float(point.scaling.energy)},
        arrays=energy.arrays | evolution.arrays | folded.arrays,
        tables=evolution.tables,
        timed=isinstance(point.evolution, RateNetwork) and point.evolution.timed,
    )


def _energy(point: MaterialPoint) -> NetworkPart:
    energy, v = point.energy, point.components
    scale = np.asarray(point.scaling.driving)
    if isinstance(energy, QuadraticEnergy):
        root = np.array(energy.root, dtype=np.float64)
        root[:, :v] /= scale
        width = upwards(v + point.states)
        hessian = padded_to(root.T @ root, width)
        return NetworkPart("quadratic_energy.c", {"GRADIENT": width}, {}, {"HESSIAN": hessian}, {})
    assert isinstance(energy, NetworkEnergy)
    hidden, *others = energy.network.layers
    activation = energy.network.activation
    if len(others) != 1 or not isinstance(activation, RePU) or activation.power < 2:
        raise InputError(
            "an energy network is written in C if it has one hidden layer of rectified powers of two or more, and "
            f"not {len(others)} hidden layers of {activation!r}: it runs in Python alone"
        )
    last = others[0]
    directions, neurons = np.array(hidden.weight, dtype=np.float64).T, upwards(hidden.weight.shape[0])
    directions[:v] /= scale[:, None]
    return NetworkPart(
        "network_energy.c",
        {"GRADIENT": v + point.states, "NEURONS": neurons, "POWER": activation.power},
        {"DATUM": 0.0 if last.bias is None else float(last.bias[0])},
        {
            "DIRECTIONS": padded_to(directions, neurons),
            "THRESHOLDS": padded_to(biases_of(hidden)[None], neurons)[0],
            "OUTPUT": padded_to(np.asarray(last.weight, dtype=np.float64), neurons)[0],
        },
        {},
    )


def _evolution(point: MaterialPoint) -> NetworkPart:
    evolution, v = point.evolution, point.components
    scale = np.asarray(point.scaling.driving)
    assert isinstance(evolution, StateNetwork | RateNetwork)
    weights = [np.array(layer.weight, dtype=np.float64).T for layer in evolution.network.layers]
    first = weights[0]
    if isinstance(evolution, StateNetwork):
        start = 0
        first[:v] /= scale[:, None]
        template = "state_network.c"
    else:
        start = len(first) - v - int(evolution.timed)
        first[:v] *= (scale / np.asarray(evolution.stress_scale))[:, None]
        first[v : 2 * v] /= scale[:, None]
        first[start : start + v] /= (scale * np.asarray(evolution.increment_scale))[:, None]
        if evolution.timed:
            first[-1] /= float(evolution.duration)
        template = "rate_network.c"
    activation = evolution.network.activation
    dead = isinstance(activation, DeadZone)
    if not dead and activation not in LEAKS:
        raise InputError(
            f"a network with the activation {activation!r} is not written in C, but relu, leaky_relu and the dead "
            "zone are: it runs in Python alone"
        )
    wide = [upwards(matrix.shape[1]) for matrix in weights]
    sizes = [matrix.shape[0] * width for matrix, width in zip(weights, wide, strict=True)]
    padded = [padded_to(matrix, width).ravel() for matrix, width in zip(weights, wide, strict=True)]
    shifts = [
        padded_to(biases_of(layer)[None], width)[0]
        for layer, width in zip(evolution.network.layers, wide, strict=True)
    ]
    return NetworkPart(
        template,
        {
            "LAYERS": len(weights),
            "INPUTS": len(first),
            "WIDEST": max(*wide, upwards(point.states)),
            "FIRST": start,
            "DEAD": int(dead),
        },
        {"LEAK": 0.0 if dead else LEAKS[activation]},
        {"WEIGHTS": np.concatenate(padded), "BIASES": np.concatenate(shifts)},
        {
            "OFFSET": (0, *np.cumsum(sizes[:-1]).tolist()),
            "SHIFT": (0, *np.cumsum(wide[:-1]).tolist()),
            "ROWS": tuple(matrix.shape[0] for matrix in weights),
            "ROW": tuple(wide),
        },
    )


def _folded(point: MaterialPoint, energy: NetworkPart, evolution: NetworkPart) -> NetworkPart:
    """Return what the hidden neurons get from the strain and do to the stress, if one layer alone is between."""
    if "HESSIAN" not in energy.arrays or evolution.counts["LAYERS"] != 2:
        return NetworkPart("", {"FOLDED": 0}, {}, {}, {})
    layers, v = point.evolution.network.layers, point.components  # type: ignore[attr-defined]
    hidden, width, start = layers[0].weight.shape[0], evolution.tables["ROW"][0], evolution.counts["FIRST"]
    first = evolution.arrays["WEIGHTS"][: evolution.counts["INPUTS"] * width].reshape(-1, width)
    answer = energy.arrays["HESSIAN"][:v, v : v + point.states] @ np.asarray(layers[1].weight, dtype=np.float64)
    entry = padded_to(first[start : start + v, :hidden].T, upwards(v))
    counts = {"FOLDED": 1, "HIDDEN": hidden, "NARROW": upwards(v)}
    return NetworkPart("", counts, {}, {"ENTRY": entry, "ANSWER": answer}, {})


def biases_of(layer: eqx.nn.Linear) -> Float[Array, "o"]:
    """Return the biases of a layer; zeros where it has none."""
    return np.zeros(layer.weight.shape[0]) if layer.bias is None else np.array(layer.bias, dtype=np.float64)


ENERGIES: tuple[type[Energy], ...] = (QuadraticEnergy, NetworkEnergy)
EVOLUTIONS: tuple[type[Evolution], ...] = (StateNetwork, RateNetwork)
NETWORKS = tuple(KernelWriter(energy, evolution, network_text) for energy in ENERGIES for evolution in EVOLUTIONS)
