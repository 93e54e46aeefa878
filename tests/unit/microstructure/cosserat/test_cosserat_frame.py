"""Cosserat frames against closed forms, against the frame itself, and against the laws."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks._sheared_layers import DEPTH, cut_grid

import microtann as mt
from microtann import fem
from microtann.data.check import check_file
from microtann.errors import CellError, InputError
from microtann.microstructure.cosserat.nodal_motion import TURN

BENDING = DEPTH**3 / 12.0


def honeycomb() -> mt.Frame:
    return mt.Frame(mt.honeycomb_cell(thickness=0.1, perturbation=0.1), sections=4)


def walked(frame: mt.CosseratFrame, steps: int = 12) -> dict[str, np.ndarray]:
    """Return states of eight points after random walks that yield."""
    state = frame.initial_state(8)
    generator = np.random.default_rng(3)
    for _ in range(steps):
        state = frame.update(frame.strain_metric().strains(generator.normal(0.0, 0.15, (8, 6))), state)[2]
    return state


def test_a_grid_whose_beams_are_listed_once_has_the_moduli_of_grid_frameworks() -> None:
    # Bažant and Christensen (1972), rows and columns alike
    stiffness = mt.CosseratFrame(mt.Frame(mt.square_grid_cell(thickness=DEPTH))).elastic_stiffness()
    shear = 12.0 * BENDING  # of a beam between two nodes that do not turn against the chord of the other
    expected = np.diag([DEPTH, DEPTH, 0.5 * shear, 2.0 * shear, BENDING, BENDING])
    np.testing.assert_allclose(stiffness, expected, atol=1e-12)


def test_a_grid_cut_at_its_nodes_bends_its_edges_too() -> None:
    rail, column = 0.125 * BENDING, BENDING
    stiffness = mt.CosseratFrame(cut_grid()).elastic_stiffness()
    np.testing.assert_allclose(stiffness[5, 5], column + 3.0 * rail, rtol=1e-10)
    np.testing.assert_allclose(stiffness[4, 4], rail + 3.0 * column, rtol=1e-10)
    np.testing.assert_allclose(stiffness[:4, 4:], 0.0, atol=1e-15)


@pytest.mark.parametrize("frame", [cut_grid(), honeycomb()], ids=["grid", "honeycomb"])
def test_without_moment_the_strain_meets_the_stress_of_the_frame(frame: mt.Frame) -> None:
    cosserat = mt.CosseratFrame(frame)
    path = np.cumsum(np.random.default_rng(1).normal(0.0, 0.3, (6, 3)), axis=0) @ frame.strain_metric().unit.T
    exact = frame.solve(path)
    state, before = cosserat.initial_state(1), np.zeros(3)
    for step, strain in enumerate(path):
        increment = np.zeros((1, 6))
        increment[0, :TURN] = strain - before
        for _ in range(30):
            stress, tangent, new = cosserat.update(increment, state)
            if abs(stress[0, TURN]) < 1e-13:
                break
            increment[0, TURN] -= stress[0, TURN] / tangent[0, TURN, TURN]
        np.testing.assert_allclose(stress[0, :TURN], exact.stress[step], rtol=1e-8, atol=1e-11)
        np.testing.assert_allclose(new["energy"][0], exact.energy[step], rtol=1e-8)
        np.testing.assert_allclose(new["dissipation"][0], exact.dissipation[step], rtol=1e-7, atol=1e-12)
        state, before = new, strain
    assert exact.dissipation.sum() > 0.0


@pytest.mark.parametrize("frame", [cut_grid(), honeycomb()], ids=["grid", "honeycomb"])
def test_work_in_the_cell_is_work_on_the_continuum(frame: mt.Frame) -> None:
    # Hill and Mandel: stresses in equilibrium, strains of another state
    cosserat = mt.CosseratFrame(frame)
    state, condensed = walked(cosserat), cosserat.condensed
    plastic = cosserat._all_points(state["plastic_strain"])
    assert np.abs(plastic).max() > 0.1
    stress = condensed.point_stress(state["strain"], plastic)
    strain = condensed.point_strain(state["strain"][::-1], plastic[::-1])
    outside = (condensed.stress(state["strain"], plastic) * state["strain"][::-1]).sum(axis=1)
    np.testing.assert_allclose((stress * strain) @ condensed.volume_fraction, outside, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("frame", [cut_grid(), honeycomb()], ids=["grid", "honeycomb"])
def test_its_tangent_is_the_derivative_of_the_stress(frame: mt.Frame) -> None:
    cosserat = mt.CosseratFrame(frame)
    state, scale = walked(cosserat), cosserat.strain_metric()
    increment = scale.strains(np.random.default_rng(5).normal(0.0, 0.3, (8, 6)))
    _, tangent, _ = cosserat.update(increment, state)
    np.testing.assert_allclose(tangent, tangent.transpose(0, 2, 1), rtol=1e-12)
    step = 1e-6
    for column, direction in enumerate(scale.unit.T):
        ends = [cosserat.update(increment + sign * step * direction, state, 1.0, False)[0] for sign in (1, -1)]
        slope = (ends[0] - ends[1]) / (2.0 * step)
        error = np.abs(scale.measured(slope - tangent @ direction)).max(axis=1)
        assert np.median(error) < 1e-6, column  # a fibre may begin to flow within the step


def test_it_keeps_the_laws() -> None:
    report = mt.examine_laws(mt.CosseratFrame(cut_grid()), components=6, increments=200)
    assert report.negative_dissipation == 0
    assert report.not_finite == 0


def test_rotations_of_the_nodes_have_the_mean_of_the_continuum() -> None:
    frame = honeycomb()
    cosserat, state = mt.CosseratFrame(frame), walked(mt.CosseratFrame(frame))
    state["strain"] = state["strain"].copy()
    state["strain"][:, TURN + 1 :] = 0.0
    nodes = cosserat.decode(state)["rotation"][:, frame.cell.distinct_nodes.first, 0]
    np.testing.assert_allclose(nodes.mean(axis=1), state["strain"][:, TURN], atol=1e-12)


def test_its_data_are_checked_trained_on_and_read_as_those_of_others(tmp_path) -> None:
    cosserat = mt.CosseratFrame(cut_grid())
    data = mt.generate_data(cosserat, plan=mt.WalkPlan(paths=8, steps=20))
    mt.write_dataset(tmp_path / "data.h5", data)
    report = check_file(tmp_path / "data.h5")
    assert [found for found in report.findings if found.level != "note"] == []
    tann = mt.train(mt.read_dataset(tmp_path / "data.h5"), mt.forms.Variational(states=8, slips=8, updates=20))
    tann.save(tmp_path / "model.safetensors")
    again = mt.load(tmp_path / "model.safetensors")
    assert again.information.strain_names == cosserat.strain_names
    np.testing.assert_allclose(again.microstructure.elastic_stiffness(), cosserat.elastic_stiffness())
    _, tangent, _ = again.update(np.zeros((1, 6)), again.initial_state(1))
    np.testing.assert_allclose(tangent[0], cosserat.elastic_stiffness(), atol=1e-10)


def test_finite_elements_of_meshes_refuse_it() -> None:
    mesh = fem.box((1.0, 1.0, 1.0), (1, 1, 1))
    held = [fem.Prescribed(lambda x: x[:, 2] == 0, axis) for axis in "xyz"]
    with pytest.raises(InputError, match="driven by 11, 22, 12, turn, bend1, bend2"):
        fem.Model(mesh, mt.CosseratFrame(cut_grid())).solve(fem.Step(held))


def test_a_frame_in_space_is_refused() -> None:
    with pytest.raises(CellError, match="lies in the plane"):
        mt.CosseratFrame(mt.Frame(mt.kelvin_cell(), sections=3))
