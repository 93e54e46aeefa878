"""The page's driver finds what Python finds, strains prescribed or stresses, with a module or without."""

from __future__ import annotations

import csv
import shutil
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from driven_page import Control, check_agreement, in_node, in_python, mixed_walk

import microtann as mt
from microtann.explorer.exact_twin import exact_twin
from microtann.explorer.touched_material import STEPS, slider_extent
from microtann.export import write
from microtann.forms.variational.slip_update import quadratic_parts
from microtann.microstructure.driven.mixed_control import MaterialSizes

node_needed = pytest.mark.skipif(shutil.which("node") is None, reason="no node")
module_needed = pytest.mark.skipif(
    find_spec("ziglang") is None or shutil.which("node") is None, reason="no compiler for WebAssembly, or no node"
)


def sizes_of_model(model: mt.TANN) -> MaterialSizes:
    moduli = model.update(np.zeros((1, model.components)), model.initial_state(1))[1]
    assert moduli is not None
    return MaterialSizes(1.0, float(np.abs(moduli).max()))


@pytest.fixture(scope="module")
def plays() -> tuple[mt.TANN, dict[str, object]]:
    model = mt.load("cube-play")
    elastic, coupling, _, energy = quadratic_parts(model.point)
    resistance = np.exp(np.asarray(model.evolution.log_resistance))
    told = {"elastic": elastic.tolist(), "coupling": coupling.tolist(), "resistance": resistance.tolist()}
    return model, told | {"energy": energy}


@node_needed
def test_the_driver_finds_free_strains_as_python_does(plays: tuple[mt.TANN, dict[str, object]]) -> None:
    model, arrays = plays
    steps, sizes = mixed_walk(model, 0.1), sizes_of_model(model)
    said = in_node(steps, sizes, arrays=arrays)
    check_agreement(said, in_python(model, steps, sizes), model, 1e-9)
    rows = list(csv.DictReader(said["csv"].splitlines()))
    assert len(rows) == len(steps) + 1
    for row, step, found in zip(rows[1:], steps, said["found"], strict=True):
        assert [float(row[f"stress c{i}"]) for i in range(6)] == found["stress"]
        assert [row[f"free c{i}"] == "1" for i in range(6)] == step.free.tolist()
    again = in_node(
        steps, sizes, arrays=arrays, csv="\n".join(said["csv"].splitlines()[:1] + said["csv"].splitlines()[2:])
    )
    assert np.abs(np.array(again["found"][-1]["stress"]) - said["found"][-1]["stress"]).max() < 1e-9


@node_needed
def test_what_has_no_answer_moves_nothing(plays: tuple[mt.TANN, dict[str, object]]) -> None:
    model, arrays = plays
    arrays = {**arrays, "elastic": np.zeros((6, 6)).tolist(), "coupling": np.zeros((13, 6)).tolist()}
    held = np.array([True, False, False, False, False, False])
    steps = [Control(np.full(6, 0.1), ~held & held), Control(np.full(6, 0.2), held)]
    said = in_node(steps, sizes_of_model(model), arrays=arrays)
    assert [one["reached"] for one in said["found"]] == [True, False]
    assert said["found"][1]["strain"] == said["found"][0]["strain"]


@module_needed
@pytest.mark.parametrize(
    "name", ["cube-play", "cube-residual", "cube-published", "square-2x2-perturbed-variational-12"]
)
def test_the_driver_with_a_module_gives_pythons_numbers(name: str, tmp_path: Path) -> None:
    model = mt.load(name)
    face = next(file for file in write(model, tmp_path, to="wasm") if file.suffix == ".mjs")
    sizes = sizes_of_model(model)
    strained = [Control(target, np.zeros(model.components, dtype=bool)) for target in walk(model)]
    said = in_node(strained, sizes, face=str(face))
    right = model.recall(walk(model), outside_training="none")
    bound = 1e-9
    stress = np.array([one["stress"] for one in said["found"]])
    assert np.abs(stress - right.stress).max() <= bound * np.abs(right.stress).max()
    lost = np.array([one["dissipated"] for one in said["found"]])
    total = np.cumsum(right.dissipation)
    assert np.abs(lost - total).max() <= bound * np.abs(total).max()
    assert right.training_reach is not None
    np.testing.assert_allclose([one["reach"] for one in said["found"]], right.training_reach, rtol=1e-9)
    if "variational" in name or "play" in name:  # nothing is said of tangents of networks: they may be indefinite
        steps = mixed_walk(model, 0.08)
        check_agreement(in_node(steps, sizes, face=str(face)), in_python(model, steps, sizes), model, bound)


def walk(model: mt.TANN) -> np.ndarray:
    """Return a closed path in the two first strains, in increments as the page makes them."""
    turn = np.linspace(0.0, 2.0 * np.pi, 2 * STEPS + 1)[1:]
    extent = 0.6 * slider_extent(model)
    path = np.zeros((len(turn), model.components))
    path[:, 0], path[:, 1] = extent[0] * np.sin(turn), extent[1] * (np.cos(turn) - 1.0) / 2.0
    return path


def test_the_exact_twin_is_the_exact_cell() -> None:
    lattice = mt.Lattice(mt.square_cell((2, 2), perturbation=0.2, seed=3))
    twin = exact_twin(lattice)
    assert twin is not None
    path = np.cumsum(np.random.default_rng().normal(0.0, 0.15, (30, 3)), axis=0)
    own, right = twin.recall(path, decode=True), lattice.solve(path)
    pairs = {"stress": (own.stress, right.stress), "energy": (own.energy, right.energy)}
    pairs |= {name: (own.coordinates[name], right.coordinates[name]) for name in right.coordinates}
    pairs["dissipation"] = (own.dissipation, right.dissipation)
    for name, (found, wanted) in pairs.items():
        assert np.abs(found - wanted).max() <= 1e-12 * np.abs(wanted).max(), name
