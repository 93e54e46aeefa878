"""Strain histories and accumulated dissipation of Gauss points, from the displacements that a result keeps."""

from __future__ import annotations

import numpy as np
import pytest

import microtann as mt
from microtann.errors import ConvergenceError
from microtann.fem import Prescribed, SolverOptions, Step
from microtann.fem.replay import durations, follow, strain_histories

MESH = mt.fem.box((1, 1, 2), (2, 2, 3))


class Timid(mt.Lattice):
    """Refuses increments of strain beyond a limit, so that they are cut."""

    largest = 0.2

    def update(self, strain_increment, state, dt=1.0, tangent=True):
        if np.abs(strain_increment).max() > self.largest:
            raise ConvergenceError("the increment is too large")
        return super().update(strain_increment, state, dt, tangent)


def twisted(material: mt.fem.Material) -> mt.fem.Result:
    """Return a box that is bent, bent back, and cut on the way if the material wants it."""
    bottom = [Prescribed(lambda x: x[:, 2] == 0, axis, 0.0) for axis in "xyz"]

    def top(size: float) -> list[Prescribed]:
        return [Prescribed(lambda x: x[:, 2] == 2, "x", size), Prescribed(lambda x: x[:, 2] == 2, "z", 0.5 * size)]

    steps = [Step([*bottom, *top(1.2)], increments=2, dt=0.5), Step([*bottom, *top(-0.4)], dt=3.0)]
    return mt.fem.Model(MESH, material).solve(steps, SolverOptions(max_cuts=8))


@pytest.mark.parametrize("kind", [mt.Lattice, Timid])
def test_the_material_arrives_where_the_structure_did(kind: type[mt.Lattice]) -> None:
    material = kind(mt.cube_cell(), mt.ElastoplasticBar())
    result = twisted(material)
    assert (result.statistics.cuts > 0) == (kind is Timid)
    assert bool(result.parts) == (kind is Timid)
    points = np.array([95, 3, 17, 3])
    strain = strain_histories(result, points)
    flat = result.strain.reshape(-1, 6)
    np.testing.assert_allclose(strain[:, -1], flat[points], rtol=0, atol=1e-12)
    *_, (stress, state) = follow(material, strain, durations(result))
    np.testing.assert_allclose(stress, result.stress.reshape(-1, 6)[points], rtol=0, atol=1e-12)
    plastic = result.state["plastic_strain"].reshape(len(flat), -1)[points]
    assert np.abs(plastic).max() > 0.01
    np.testing.assert_allclose(state["plastic_strain"], plastic, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", [mt.Lattice, Timid])
def test_what_points_have_dissipated_is_what_the_structure_has(kind: type[mt.Lattice]) -> None:
    """Increments that are cut included; the material along the strains of a point says the same."""
    material = kind(mt.cube_cell(), mt.ElastoplasticBar())
    result = twisted(material)
    assert (MESH.weights * result.dissipated).sum() == pytest.approx(result.dissipation[-1], rel=1e-12)
    volumes = MESH.weights.sum(axis=1)
    assert volumes @ result.fields[-1]["dissipated"] == pytest.approx(result.dissipation[-1], rel=1e-12)
    points = np.array([95, 3, 17])
    steps = follow(material, strain_histories(result, points), durations(result))
    along = sum(state["dissipation"] for _, state in steps)
    np.testing.assert_allclose(result.dissipated.ravel()[points], along, rtol=0, atol=1e-12)


def test_equilibria_come_in_the_order_of_time_and_last_as_long_as_the_steps() -> None:
    result = twisted(Timid(mt.cube_cell(), mt.ElastoplasticBar()))
    times = [time for time, _ in result.accepted()]
    assert np.all(np.diff(times) > 0)
    assert set(result.time) <= set(times)
    assert durations(result).sum() == pytest.approx(4.0)
    assert len(times) == len(result.time) + len(result.parts)
