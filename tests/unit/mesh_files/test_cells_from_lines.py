"""Cells from line meshes of gmsh and VTK: the braced square, whose stiffness is known in closed form."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from test_vtk_files import BARS, HEADER, POLYLINES, SQUARE

import microtann as mt
from microtann.errors import CellError, ReadingNote
from vtk_writer import lines_of, write_vtk

GMSH = """$MeshFormat
2.2 0 8
$EndMeshFormat
$Nodes
5
{nodes}
$EndNodes
$Elements
16
{elements}
$EndElements
"""


def stiffness(cell: mt.UnitCell) -> np.ndarray:
    return mt.solve_cell(cell, mt.ElastoplasticBar(1.0, 1e9, 0.1), 1e-6 * np.eye(3)).stress / 1e-6


def braced(area: float) -> np.ndarray:
    """Bars along the axes and the diagonals of a unit square: C11 = A (1 + 1/√2), C12 = C33 = A/√2."""
    r = np.sqrt(0.5)
    return area * np.array([[1 + r, r, 0], [r, 1 + r, 0], [0, 0, r]])


@pytest.mark.parametrize("seed", range(4))
def test_polygonal_data_of_lines_and_polylines(seed: int, tmp_path: Path) -> None:
    random = np.random.default_rng(seed)
    file, way = write_vtk(lines_of(SQUARE, POLYLINES, {}), tmp_path, random)
    np.testing.assert_allclose(stiffness(mt.read_cell(file)), braced(1.0), atol=1e-12, err_msg=way)


def test_polylines_in_an_unstructured_grid(tmp_path: Path) -> None:
    cells = "\n".join(" ".join(map(str, [len(line), *line])) for line in POLYLINES)
    points = "\n".join(" ".join(map(str, row)) for row in SQUARE.tolist())
    text = f"{HEADER}POINTS 5 float\n{points}\nCELLS 6 20\n{cells}\nCELL_TYPES 6\n3 3 3 3 4 4\n"
    file = tmp_path / "cell.vtk"
    file.write_text(text)
    np.testing.assert_allclose(stiffness(mt.read_cell(file)), braced(1.0), atol=1e-12)
    file.write_text(text + "CELL_DATA 6\nSCALARS Radius double\nLOOKUP_TABLE default\n" + "2 " * 6)
    with pytest.warns(ReadingNote, match="2 bars are copies of others across the periods, and share the area"):
        cell = mt.read_cell(file)
    np.testing.assert_allclose(stiffness(cell), braced(4 * np.pi), atol=1e-10)


def test_lines_of_gmsh_in_two_groups_are_one_bar(tmp_path: Path) -> None:
    rows = [(*bar, tag) for bar in sorted(BARS) for tag in (1, 2)]
    elements = "\n".join(f"{n} 1 2 {tag} 1 {a + 1} {b + 1}" for n, (a, b, tag) in enumerate(rows, start=1))
    nodes = "\n".join(f"{n} {x} {y} {z}" for n, (x, y, z) in enumerate(SQUARE.tolist(), start=1))
    file = tmp_path / "cell.msh"
    file.write_text(GMSH.format(nodes=nodes, elements=elements))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_allclose(stiffness(mt.read_cell(file)), braced(1.0), atol=1e-12)
    file.write_text("nonsense")
    with pytest.raises(CellError, match=r"cell\.msh is damaged or not of the format"):
        mt.read_cell(file)
