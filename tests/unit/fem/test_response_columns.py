"""Force against displacement, energies and regions of a simulation as CSV, of finite elements and of lattices."""

from __future__ import annotations

import csv

import numpy as np
import pytest

import microtann as mt
from microtann.errors import InputError
from microtann.fem import Prescribed, Step


def table_of(result, path, **options):
    result.to_csv(path, **options)
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: [row[name] for row in rows] for name in rows[0]}


def numbers(column):
    return np.array(column, dtype=float)


def test_finite_elements_write_sets_regions_and_iterations(tmp_path):
    mesh = mt.fem.box((2.0, 1.0), (4, 2)).named(
        regions={"soft": lambda x: x[:, 0] < 1, "stiff": lambda x: x[:, 0] > 1},
        sets={"left": lambda x: x[:, 0] == 0, "right": lambda x: x[:, 0] == 2},
    )
    steel = mt.fem.VonMises(100.0, 0.3, 1.0, 10.0, plane="strain")
    model = mt.fem.Model(
        mesh, {"soft": steel, "stiff": mt.fem.LinearElastic.isotropic(300.0, 0.3, plane="strain")}
    )
    held = [Prescribed("left", "x"), Prescribed("left", "y")]
    result = model.solve([Step([*held, Prescribed("right", "x", 0.1)], increments=3, name="pull")])
    table = table_of(result, tmp_path / "response.csv")
    np.testing.assert_array_equal(
        numbers(table["displacement right x"]), result.displacement[:, mesh.sets["right"], 0].mean(1)
    )
    np.testing.assert_array_equal(numbers(table["reaction left x"]), result.axial_force("left"))
    np.testing.assert_allclose(
        numbers(table["energy soft"]) + numbers(table["energy stiff"]), result.energy, rtol=1e-12
    )
    np.testing.assert_allclose(numbers(table["dissipation soft"]), result.dissipation, rtol=1e-12)
    assert numbers(table["energy soft"])[-1] == pytest.approx(result.region("soft").energy, rel=1e-12)
    assert table["step"] == ["pull"] * 3
    assert [int(n) for n in table["newton"]] == list(result.statistics.newton_per_increment)


def test_the_work_of_supports_is_stored_or_dissipated(tmp_path):
    """By the trapezoidal rule to second order in the increments."""
    model = mt.fem.Model(mt.fem.box((1, 1, 1), (1, 1, 1)), mt.fem.VonMises(100.0, 0.3, 1.0, 10.0))
    held = [Prescribed(lambda x: x[:, 2] == 0, axis) for axis in "xyz"]
    result = model.solve([Step([*held, Prescribed(lambda x: x[:, 2] == 1, "z", 0.05)], increments=40)])
    work = numbers(table_of(result, tmp_path / "response.csv")["support_work"])
    np.testing.assert_allclose(work, result.energy + result.dissipation, rtol=0, atol=2e-3 * work[-1])


def test_a_lattice_without_named_sets_writes_the_faces_that_are_supported(tmp_path):
    body = mt.Structure.tile(mt.cube_cell(), mt.ElastoplasticBar(), (1, 1, 2))
    held = [Prescribed(lambda x: x[:, 2] == 0, axis) for axis in "xyz"]
    result = body.solve([Step([*held, Prescribed(lambda x: x[:, 2] == 2, "z", 0.1)], increments=2)])
    table = table_of(result, tmp_path / "response.csv")
    assert {"reaction z=0 z", "reaction z=2 z", "displacement z=2 z"} <= set(table)
    np.testing.assert_allclose(numbers(table["displacement z=2 z"]), [0.05, 0.1], rtol=1e-14)
    np.testing.assert_allclose(
        numbers(table["reaction z=2 z"]), result.axial_force(lambda x: x[:, 2] == 2), rtol=1e-14
    )
    named = table_of(result, tmp_path / "named.csv", sets={"top": lambda x: x[:, 2] == 2})
    assert named["reaction top z"] == table["reaction z=2 z"]
    assert "reaction z=0 z" not in named
    with pytest.raises(InputError, match="set 'top'"):
        result.to_csv(tmp_path / "none.csv", {"top": lambda x: x[:, 2] == 3})


@pytest.mark.parametrize("side", ["x", "y"])
def test_the_force_of_a_side_is_along_its_normal_in_the_plane(side):
    """A sheet pulled along one axis: the force on its side is stress times length, whichever axis that is."""
    other = "y" if side == "x" else "x"
    i = "xy".index(side)
    mesh = mt.fem.box((2.0, 2.0), (2, 2)).named(
        sets={"low": lambda x: x[:, i] == 0, "high": lambda x: x[:, i] == 2, "edge": lambda x: x[:, 1 - i] == 0}
    )
    model = mt.fem.Model(mesh, mt.fem.LinearElastic.isotropic(100.0, 0.3, plane="stress"))
    held = [Prescribed("low", side), Prescribed("edge", other), Prescribed("high", side, 0.02)]
    result = model.solve(Step(held))
    assert result.axial_force("high")[0] == pytest.approx(100.0 * 0.01 * 2.0, rel=1e-9)
    assert result.axial_force("low")[0] == pytest.approx(-2.0, rel=1e-9)
    assert result.reaction("high")[0][i] == result.axial_force("high", axis=side)[0]
    centre = (0.0, 0.0)
    assert abs(result.torque("high", centre=centre)[0]) == pytest.approx(2.0 * 1.0, rel=1e-9)
