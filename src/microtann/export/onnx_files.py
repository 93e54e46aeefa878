"""A model as an ONNX file: strain, increment and states of many points in, stress, tangent and new states out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from microtann.errors import InputError
from microtann.export.exported_model import ExportedModel
from microtann.export.onnx_graph import OnnxGraph
from microtann.export.onnx_parts import NetworkNodes, QuadraticNodes, knows_layers, state_moved
from microtann.forms.published.network_update import BatchedEnergy
from microtann.forms.variational.slip_update import quadratic_parts
from microtann.slips.yield_tolerance import YIELD_TOLERANCE
from microtann.tann.energy import DecoupledQuadraticEnergy
from microtann.tann.evolution import PlayMechanisms
from microtann.tann.network_energy import NetworkEnergy
from microtann.tann.quadratic_energy import QuadraticEnergy
from microtann.tann.rate_network import RateNetwork
from microtann.tann.state_network import StateNetwork


class IncrementNodes(NamedTuple):
    """What an increment gives, in the units of the model.

    Parameters
    ----------
    stress, tangent, state, energy, dissipation : str
    """

    stress: str
    tangent: str
    state: str
    energy: str
    dissipation: str


def onnx_files(exported: ExportedModel) -> Mapping[str, bytes]:
    """Return the file of a model, by its name.

    Its inputs are "strain" (at the beginning of the increment), "increment" and "state", of which zeros are
    virgin; its outputs "stress", "tangent", "new_state", "energy", "dissipation" and "reach", how far points are
    in the range of the training data. Where strain or increment reach farther than the export allows, or an input
    is no number, they are NaN.

    Raises
    ------
    InputError
        If the model has no counterpart in ONNX.
    """
    check_onnx(exported)
    graph = OnnxGraph()
    model, v, z = exported.model, exported.model.components, exported.model.states
    strain, increment, shifted = graph.input("strain", v), graph.input("increment", v), graph.input("state", z)
    state = graph.node("Add", shifted, exported.virgin)
    if isinstance(model.evolution, PlayMechanisms):
        found = _play(graph, exported, strain, increment, state)
    else:
        found = _networks(graph, exported, strain, increment, state)
    after = graph.node("Sub", found.state, exported.virgin)
    reach, near = _reach(graph, exported, strain, increment, after)
    shapes = {
        "stress": (found.stress, (v,)),
        "tangent": (found.tangent, (v, v)),
        "new_state": (after, (z,)),
        "energy": (found.energy, ()),
        "dissipation": (found.dissipation, ()),
    }
    for name, (value, shape) in shapes.items():
        allowed = graph.node("LessOrEqual", near, np.array(exported.farthest))
        if shape:
            allowed = graph.node("Unsqueeze", allowed, np.arange(1, 1 + len(shape)))
        graph.output(name, graph.node("Where", allowed, value, np.array(np.nan)), *shape)
    graph.output("reach", reach)
    described = {"microtann model": exported.described_json(), "order": ", ".join(exported.components)}
    return {f"{exported.prefix}.onnx": graph.written(exported.prefix, described)}


def check_onnx(exported: ExportedModel) -> None:
    """Refuse a model that ONNX has no counterpart of.

    Raises
    ------
    InputError
        The sentence says what can.
    """
    point = exported.model.point
    energy, evolution = point.energy, point.evolution
    if isinstance(evolution, PlayMechanisms) and isinstance(energy, DecoupledQuadraticEnergy):
        return
    known_energy = isinstance(energy, QuadraticEnergy) or (
        isinstance(energy, NetworkEnergy) and BatchedEnergy.known(energy.network)
    )
    if isinstance(evolution, StateNetwork | RateNetwork) and known_energy and knows_layers(evolution.network):
        if isinstance(evolution, RateNetwork) and evolution.timed:
            raise InputError("a model whose states depend on Δt is not written in ONNX: use C or WebAssembly")
        return
    raise InputError(
        f"a model with {type(energy).__name__} and {type(evolution).__name__} (form {exported.model.form!r}) "
        "solves a problem of coupled slips in every increment, which ONNX can only iterate, without a tangent: "
        "use C or WebAssembly"
    )


def _play(graph: OnnxGraph, exported: ExportedModel, strain: str, increment: str, state: str) -> IncrementNodes:
    """Write play mechanisms: force f = B y − Z, which flows down to its resistance k."""
    point = exported.model.point
    assert isinstance(point.evolution, PlayMechanisms)
    elastic, coupling, _, scale = quadratic_parts(point)
    resistance = np.exp(np.asarray(point.evolution.log_resistance))
    end = graph.node("Add", strain, increment)
    force = graph.node("Sub", graph.node("MatMul", end, coupling.T), state)
    size = graph.node("Abs", force)
    flows = graph.node("Greater", size, resistance * (1.0 + YIELD_TOLERANCE))
    held = graph.node("Mul", graph.node("Sign", force), resistance)
    left = graph.node("Where", flows, held, force)
    moved = graph.node("Sub", force, left)
    lame = graph.node("MatMul", end, elastic)
    stress = graph.node("Add", lame, graph.node("MatMul", left, coupling))
    stored = graph.node(
        "Add", graph.total(graph.node("Mul", lame, end)), graph.total(graph.node("Mul", left, left))
    )
    rest = graph.across(graph.node("Where", flows, np.array(0.0), np.array(1.0)))
    tangent = graph.node("MatMul", graph.node("Mul", rest, coupling.T[None]), coupling)
    return IncrementNodes(
        stress=graph.node("Mul", stress, np.array(scale)),
        tangent=graph.node("Mul", graph.node("Add", tangent, elastic), np.array(scale)),
        state=graph.node("Add", state, moved),
        energy=graph.node("Mul", stored, np.array(0.5 * scale)),
        dissipation=graph.node(
            "Mul", graph.total(graph.node("Mul", graph.node("Abs", moved), resistance)), np.array(scale)
        ),
    )


def _networks(
    graph: OnnxGraph, exported: ExportedModel, strain: str, increment: str, state: str
) -> IncrementNodes:
    """Write an evolution that is a network, and the energy at its end."""
    point, v = exported.model.point, exported.model.components
    driving, scale = np.asarray(point.scaling.driving), float(point.scaling.energy)
    start, step = graph.node("Div", strain, driving), graph.node("Div", increment, driving)
    end = graph.node("Add", start, step)
    parts = point.energy
    energy = (
        QuadraticNodes(graph, parts, v) if isinstance(parts, QuadraticEnergy) else NetworkNodes(graph, parts, v)  # type: ignore[arg-type]
    )
    evolution = point.evolution
    assert isinstance(evolution, StateNetwork | RateNetwork)
    change, moved = state_moved(graph, evolution, energy, (start, end, state, step))
    after = graph.node("Add", state, change)
    slopes = energy.slopes(end, after)
    tangent = graph.node("Transpose", energy.tangent(moved), perm=[0, 2, 1])  # directions are the columns
    work = graph.total(graph.node("Mul", slopes.thermodynamic, change))
    return IncrementNodes(
        stress=graph.node("Mul", slopes.stress, scale / driving),
        tangent=graph.node("Mul", tangent, scale / np.outer(driving, driving)),
        state=after,
        energy=graph.node("Mul", slopes.value, np.array(scale)),
        dissipation=graph.node("Mul", work, np.array(-scale)),
    )


def _reach(graph: OnnxGraph, exported: ExportedModel, strain: str, increment: str, after: str) -> tuple[str, str]:
    """Return how far points are in the range of the training, with their states and without."""
    boxes = exported.boxes

    def far(value: str, half: np.ndarray) -> str:
        return graph.node(
            "ReduceMax", graph.node("Div", graph.node("Abs", value), half), np.array([1]), keepdims=0
        )

    end = graph.node("Add", strain, increment)
    # Runtimes may leave out of a largest value what is no number, but not out of a sum.
    numbers = graph.total(graph.node("Mul", np.array(0.0), graph.joined(end, after)))
    far_strain, far_increment = far(end, boxes["strain"]), far(increment, boxes["increment"])
    near = graph.node("Add", graph.node("Max", far_strain, far_increment), numbers)
    states = far(graph.node("Sub", after, boxes["middle"]), boxes["half"])
    return graph.node("Add", graph.node("Max", near, states), numbers), near
