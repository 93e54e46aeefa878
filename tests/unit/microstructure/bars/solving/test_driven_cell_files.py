"""Driven cells as files for ParaView: the same series as structures, with the times of the programme."""

import numpy as np
import pyvista

import microtann as mt
from microtann.microstructure.bars.driven.output import write_bars


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
    np.testing.assert_array_equal(grid["force"], response.force[3])
    np.testing.assert_allclose(grid["stress"] * cell.areas, response.force[3], rtol=1e-15)
    assert not grid.points[:, 2].any()
