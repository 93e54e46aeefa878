"""Without the extra for pictures a figure says what to install, and a report ends with a sentence in its place."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import microtann as mt
from microtann.errors import MissingExtraError
from microtann.plotting.bodies import DrawnLattice, draw_bodies


def test_a_figure_names_the_extra_and_a_report_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "pyvista", None)
    cell = mt.square_cell((1, 1))
    response = mt.solve_cell(cell, mt.ElastoplasticBar(), np.array([[0.1, 0.0, 0.0]]))
    with pytest.raises(MissingExtraError, match=r'pip install "microtann\[pictures\]"'):
        mt.plotting.plot_cell(cell, response)
    still = np.zeros_like(cell.nodes)
    lattice = DrawnLattice("", cell.nodes, np.asarray(cell.bars), still, np.ones(len(cell.bars)))
    draw_bodies(tmp_path / "cell.png", [lattice], "force")
    assert (tmp_path / "cell.png").stat().st_size > 1000
    assert "microtann[pictures]" in caplog.text
