"""Solids in data and finite elements, as any microstructure."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

import microtann as mt
from microtann import fem
from microtann.microstructure.continuum.solid import Solid


@pytest.fixture(scope="module")
def coarse() -> Solid:
    return mt.voided_cell(0.3, divisions=2, layers=1)


def test_data_of_a_solid_are_fit_for_training(coarse: Solid, tmp_path: Path) -> None:
    file = tmp_path / "void.h5"
    mt.generate_data(coarse, mt.WalkPlan(paths=6, steps=5, increment=0.3), file=file)
    dataset = mt.read_dataset(file)
    again = dataset.microstructure
    assert isinstance(again, Solid)
    np.testing.assert_array_equal(again.elastic_stiffness(), coarse.elastic_stiffness())
    assert mt.check_file(file)
    moved = dataset.training.dissipation > 0
    assert moved.any()


def test_a_structure_of_a_voided_material_is_solved_at_both_scales(coarse: Solid) -> None:
    """FE²: in a uniform strain every Gauss point of the plate is the cell."""
    plate = fem.box((2.0, 1.0), (2, 1))
    strain = np.array([0.3, -0.1, 0.2])
    tensor = np.array([[strain[0], strain[2] / 2], [strain[2] / 2, strain[1]]])
    everywhere = [fem.Prescribed(np.arange(6), axis, plate.points @ tensor[axis]) for axis in range(2)]
    result = fem.Model(plate, coarse).solve([fem.Step(everywhere, increments=2)])
    expected = coarse.solve(np.array([0.5, 1.0])[:, None] * strain).stress[-1]
    np.testing.assert_allclose(result.stress, np.broadcast_to(expected, result.stress.shape), atol=1e-10)


def test_a_plate_under_tension_converges_with_consistent_tangents(coarse: Solid) -> None:
    plate = fem.box((1.0, 1.0), (2, 2))
    held = [
        fem.Prescribed(lambda x: x[:, 0] == 0, 0, 0.0),
        fem.Prescribed(lambda x: x[:, 1] == 0, 1, 0.0),
        fem.Prescribed(lambda x: x[:, 0] == 1, 0, 0.5),
    ]
    result = fem.Model(plate, coarse).solve([fem.Step(held, increments=1)])
    stress = result.stress.reshape(-1, 3)
    assert np.abs(stress[:, 1:]).max() < 1e-9  # the other faces are free
    assert stress[:, 0].min() > 0.1


def test_solids_go_to_other_processes(coarse: Solid) -> None:
    move = np.array([[0.4, 0.0, 0.1]])
    sent = pickle.loads(pickle.dumps(coarse))
    np.testing.assert_array_equal(
        sent.update(move, sent.initial_state(1))[0], coarse.update(move, coarse.initial_state(1))[0]
    )


def test_states_are_written_for_paraview(coarse: Solid, tmp_path: Path) -> None:
    import meshio

    response = coarse.solve(np.array([[0.2, 0.0, 0.0], [0.5, 0.0, 0.1]]))
    series = coarse.write(tmp_path, response.coordinates)
    read = meshio.read(tmp_path / "cell-0001.vtu")
    assert series.name == "cell.pvd"
    np.testing.assert_allclose(read.point_data["displacement"][:, :2], response.coordinates["displacement"][1])
    assert read.cell_data["equivalent plastic strain"][0].max() > 0
