"""Exported C against the model in Python at a hundred thousand random updates of every shipped model."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import microtann as mt
from microtann.export import CompiledModel, compile_source, write
from microtann.fem import State
from microtann.tann.network_energy import NetworkEnergy
from microtann.tann.state_network import StateNetwork

pytestmark = [pytest.mark.verify, pytest.mark.skipif(shutil.which("gcc") is None, reason="no gcc")]
POINTS = 25_000
COMPILERS = [name for name in ("gcc", "clang") if shutil.which(name)] or ["gcc"]


@pytest.fixture(params=COMPILERS)
def compiler(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compile with every compiler that is here."""
    monkeypatch.setenv("CC", request.param)


def away_from_kinks(model: mt.TANN, increment: np.ndarray, state: State) -> np.ndarray:
    """Return the points at which round-off does not decide the tangent of a network with a dead zone."""
    evolution = model.evolution
    if not isinstance(evolution, StateNetwork):
        return np.ones(len(increment), dtype=bool)
    hidden = evolution.network.layers[0]
    driving = (state["strain"] + increment) / np.asarray(model.scaling.driving)
    inputs = np.concatenate([driving, state["isv"]], axis=1) @ np.asarray(hidden.weight).T
    inputs += 0.0 if hidden.bias is None else np.asarray(hidden.bias)
    return (np.abs(np.abs(inputs) - 1.0) > 1e-9).all(axis=1)


def terms_of_energy(model: mt.TANN) -> float:
    """Return the sum of the sizes of what a network adds up to the energy of the virgin state, which is zero."""
    energy = model.point.energy
    if not isinstance(energy, NetworkEnergy):
        return 0.0
    hidden, output = energy.network.layers
    neurons = np.asarray(energy.network.activation(hidden.bias))
    return float(model.scaling.energy * (np.abs(output.weight) @ np.abs(neurons)).item())


@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("name", mt.shipped_models())
def test_a_hundred_thousand_updates_agree(name: str, tmp_path: Path) -> None:
    model = mt.load(name)
    compiled = CompiledModel(compile_source(write(model, tmp_path, name="model")[0]), model)
    known = model.information.training_range
    assert known is not None
    rng, state = np.random.default_rng(), model.initial_state(POINTS)
    for std in (0.1, 0.15, 0.05, 0.15, 0.005, 0.05):
        increment = rng.normal(0.0, std, (POINTS, model.components))
        leaves = np.abs(state["strain"] + increment) > known.strain
        increment = np.where(leaves, -increment, increment)
        state = model.update(increment, state, tangent=False)[2]
    for std in (0.005, 0.05, 0.15, 0.5):
        increment = rng.normal(0.0, std, (POINTS, model.components))
        chosen = away_from_kinks(model, increment, state)
        before = {key: values[chosen] for key, values in state.items()}
        stress, tangent, after = model.update(increment[chosen], before)
        own_stress, own_tangent, own_after = compiled.update(increment[chosen], before)
        pairs = {"stress": (own_stress, stress), "tangent": (own_tangent, tangent)}
        pairs |= {key: (own_after[key], after[key]) for key in after}
        for quantity, (own, right) in pairs.items():
            assert right is not None
            noise = (
                4 * np.finfo(float).eps * terms_of_energy(model) if quantity == "energy" else 0.0
            )  # fourth powers
            assert np.abs(own - right).max() <= 1e-12 * np.abs(right).max() + noise, (std, quantity)
        reach = model.training_reach(before, after)
        np.testing.assert_allclose(compiled.training_reach(before, after), reach, rtol=1e-12)


@pytest.mark.parametrize("kind", ["frame", "known coordinates", "solid"])
def test_other_microstructures_go_to_c(kind: str, tmp_path: Path) -> None:
    """Reduced without training: a frame and a lattice by slips, a solid by groups or slips."""
    micro: mt.Microstructure
    if kind == "frame":
        micro = mt.Frame(mt.honeycomb_cell())
    elif kind == "solid":
        micro = mt.voided_cell(radius=0.3, divisions=4)
    else:
        micro = mt.Lattice(mt.square_cell((2, 2), perturbation=0.2), mt.ElastoplasticBar())
    model = mt.reduce(micro, states=6)
    compiled = CompiledModel(compile_source(write(model, tmp_path, name="model", farthest=np.inf)[0]), model)
    state, rng = model.initial_state(200), np.random.default_rng()
    known = model.information.training_range
    size = np.full(model.components, 0.1) if known is None else known.strain_increment
    for _ in range(4):
        increment = rng.normal(size=(200, model.components)) * size
        stress, tangent, after = model.update(increment, state)
        own_stress, own_tangent, own_after = compiled.update(increment, state)
        for own, right in [(own_stress, stress), (own_tangent, tangent), (own_after["isv"], after["isv"])]:
            assert right is not None
            assert np.abs(own - right).max() <= 1e-11 * np.abs(right).max()
        state = after
