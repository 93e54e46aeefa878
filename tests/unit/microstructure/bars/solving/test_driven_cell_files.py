"""Driven cells as files for ParaView: the same series as structures, with the times of the programme."""

import numpy as np
import pyvista

import microtann as mt
from microtann.microstructure.bars.driven.output import write_bars
from microtann.plotting import driven_cell


def test_bars_are_a_series_with_true_times(tmp_path):
    cell, bar = mt.square_cell(), mt.ElastoplasticBar()
    programme = [mt.CellStep(strain={"11": 0.6}, rest="free", increments=4, dt=0.25)]
    response = mt.drive_cell(cell, bar, programme)
    files = write_bars(tmp_path, cell, response, [1, 3])
    assert [file.name for file in files] == ["cell.pvd", "cell-0000.vtu", "cell-0001.vtu"]
    assert sorted(tmp_path.iterdir()) == sorted(files)
    reader = pyvista.get_reader(files[0])
    np.testing.assert_array_equal(reader.time_values, [0.5, 1.0])
    reader.set_active_time_value(1.0)
    grid = reader.read()[0]
    np.testing.assert_array_equal(grid["displacement"][:, :2], response.displacement[3])
    bars = cell.distinct_bars
    np.testing.assert_allclose(grid["force"], grid["stress"] * bars.area[bars.of_bar], rtol=1e-15)
    np.testing.assert_allclose(grid["force"] * grid["share"], response.force[3], rtol=1e-15)
    assert not grid.points[:, 2].any()


def test_a_picture_and_the_file_show_the_same_force(tmp_path, monkeypatch):
    """A bar on a face is listed on each with half of its area: both show what the whole bar carries."""
    cell, bar = mt.square_cell(), mt.ElastoplasticBar()
    response = mt.drive_cell(cell, bar, [mt.CellStep(strain={"11": 0.6}, increments=2)])
    drawn = []
    monkeypatch.setattr(driven_cell, "draw_bodies", lambda path, bodies, *_, **__: drawn.extend(bodies))
    driven_cell.draw_cell(tmp_path / "force.png", cell, response, 1, "force")
    files = write_bars(tmp_path, cell, response, [1])
    np.testing.assert_allclose(pyvista.read(files[1])["force"], drawn[0].field, rtol=1e-15)
    assert not np.allclose(drawn[0].field, response.force[1])
