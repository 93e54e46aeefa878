"""VTU and PVD files: readable by meshio and pyvista, with true times and nothing left half-written."""

import meshio
import numpy as np
import pytest
import pyvista

import microtann as mt
from microtann.fem import Prescribed, Step
from microtann.numbers import voigt
from plain_materials import Elastic


@pytest.fixture(scope="module")
def results():
    base = [Prescribed(lambda p: p[:, -1] == 0, axis) for axis in (0, 1)]
    top = Prescribed(lambda p: p[:, -1] == 2, 1, 0.6)
    lattice = mt.Structure.box(mt.square_cell(), mt.ElastoplasticBar(), (1, 2), 0.5)
    flat = lattice.solve([Step([*base, top], increments=2, dt=0.25), Step(base, dt=3.0)], fields=True)
    mesh = mt.fem.box((1, 1, 2), (2, 2, 4))
    base = [Prescribed(lambda p: p[:, 2] == 0, axis) for axis in "xyz"]
    top = Prescribed(lambda p: p[:, 2] == 2, "z", 0.6)
    model = mt.fem.Model(mesh, mt.Lattice(mt.cube_cell()))
    return flat, model.solve([Step([*base, top], increments=2, dt=0.25), Step(base, dt=3.0)])


@pytest.mark.parametrize("which", [0, 1])
def test_files_hold_the_result(results, which, tmp_path):
    result = results[which]
    reader = pyvista.get_reader(result.write(tmp_path, "twist"))
    np.testing.assert_array_equal(reader.time_values, [0.25, 0.5, 3.5])
    last = meshio.read(tmp_path / "twist-0002.vtu")
    d = result.points.shape[1]
    np.testing.assert_array_equal(last.points[:, :d], result.points)
    np.testing.assert_array_equal(last.point_data["displacement"][:, :d], result.displacement[-1])
    stress = result.fields[-1]["stress"]
    written = stress if which == 0 else voigt.to_order(stress, "vtk", "stress")
    np.testing.assert_array_equal(last.cell_data["stress"][0], written)
    reader.set_active_time_value(0.5)
    np.testing.assert_array_equal(reader.read()[0]["reaction"][:, :d], result.reactions[1])
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "twist-0000.vtu",
        "twist-0001.vtu",
        "twist-0002.vtu",
        "twist.pvd",
    ]


def test_fields_of_a_lattice_are_those_of_its_bars(results):
    flat = results[0]
    np.testing.assert_array_equal(flat.fields[-1]["force"], flat.force)
    np.testing.assert_allclose(flat.force, flat.stress * flat.structure.areas)
    assert len(flat.fields) == 3


def test_a_lattice_writes_every_increment_even_if_its_fields_were_not_kept(results, tmp_path):
    """Also through the parts of increments that were solved in parts."""
    base = [Prescribed(lambda p: p[:, -1] == 0, axis) for axis in (0, 1)]
    pull = Prescribed(lambda p: p[:, -1] == 2, 1, 2.0)
    steps = [Step([*base, pull], increments=2, dt=0.25), Step(base, dt=3.0)]
    options = mt.fem.SolverOptions(first_fraction=0.5)
    every, last = (results[0].structure.solve(steps, options, fields=kept) for kept in (True, False))
    assert last.parts
    assert len(last.fields) == 1
    assert np.abs(last.plastic_strain).max() > 0
    for made, kept in zip(last.frames(), every.frames(), strict=True):
        assert (made.number, made.time) == (kept.number, kept.time)
        for name, value in {**kept.point_data, **kept.cell_data}.items():
            np.testing.assert_array_equal({**made.point_data, **made.cell_data}[name], value)
    reader = pyvista.get_reader(last.write(tmp_path))
    np.testing.assert_array_equal(reader.time_values, [0.25, 0.5, 3.5])


def test_nothing_is_left_when_writing_fails(results, tmp_path, monkeypatch):
    def full(path, *_, **__):
        path.write_bytes(b"half a file")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(meshio, "write", full)
    with pytest.raises(OSError, match="No space"):
        results[1].write(tmp_path)
    assert not list(tmp_path.iterdir())


def test_paraview_sees_the_principal_directions_of_a_shear(tmp_path):
    """Six components are a symmetric tensor to VTK: pure σ23 must not look like σ12."""
    mesh = mt.fem.box((1, 1, 1), (1, 1, 1))
    shear = [Prescribed(lambda p: p[:, 0] >= 0, i, v) for i, v in enumerate((0.0, lambda p: 0.1 * p[:, 2], 0.0))]
    result = mt.fem.Model(mesh, Elastic(young=1.0, poisson=0.25)).solve([Step(shear)])
    result.write(tmp_path, "shear")
    read = pyvista.read(tmp_path / "shear-0000.vtu")
    for name, component in (("stress", 0.04), ("strain", 0.05)):
        xx, yy, zz, xy, yz, xz = read[name][0]
        tensor = np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])
        expected = np.zeros((3, 3))
        expected[1, 2] = expected[2, 1] = component
        np.testing.assert_allclose(tensor, expected, rtol=0, atol=1e-15)
