"""Coordinates of files: planes to round-off and in single precision, and nodes that are given twice."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

import microtann as mt
from microtann.errors import InputError, ReadingNote
from microtann.fem.node_places import with_doubled_nodes
from microtann.mesh_files.foreign_mesh import ForeignMesh

TWO = """# vtk DataFile Version 3.0
two squares that share an edge, whose nodes each of them has
ASCII
DATASET UNSTRUCTURED_GRID
POINTS 8 double
0 0 {0}
1 0 {0}
1 1 {0}
0 1 {1}
{2} 0 {0}
2 0 {0}
2 1 {0}
{2} 1 {0}
CELLS 2 10
4 0 1 2 3
4 4 5 6 7
CELL_TYPES 2
9 9
POINT_DATA 8
SCALARS left int
1 0 0 1 0 0 0 0
SCALARS middle int
0 0 0 0 1 0 0 1
"""


def save(folder: Path, *values: str) -> Path:
    file = folder / "mesh.vtk"
    file.write_text(TWO.format(*values))
    return file


@pytest.mark.parametrize("middle", ["1", "1.0000001", "0.9999999"])
def test_nodes_at_one_place_are_told_and_merged_if_that_is_asked_for(middle: str, tmp_path: Path) -> None:
    file = save(tmp_path, "0", "0", middle)
    with pytest.warns(ReadingNote, match=r"2 nodes lie where another one does, the first at .*merge_doubled=True"):
        apart = mt.fem.read_mesh(file)
    assert (len(apart.points), len(apart.boundary)) == (8, 8)
    with pytest.warns(ReadingNote, match="2 nodes are merged with others at the same place"):
        mesh = mt.fem.read_mesh(file, merge_doubled=True)
    assert (len(mesh.points), len(mesh.boundary)) == (6, 6)
    assert mesh.volume == pytest.approx(2.0, rel=1e-6)
    assert {name: nodes.tolist() for name, nodes in mesh.sets.items()} == {"left": [0, 3], "middle": [1, 2]}


def test_distinct_nodes_are_not_told_of(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(mt.fem.read_mesh(save(tmp_path, "0", "0", "1.00001")).points) == 8


@pytest.mark.parametrize("size", [1e-120, 1e90])
def test_nodes_at_one_place_are_found_in_any_unit(size: float) -> None:
    points = size * np.array([[0, 0], [1, 0], [1, 1], [0, 1], [1, 0], [2, 0], [2, 1], [1, 1]])
    foreign = ForeignMesh(points, [("quad", np.arange(8).reshape(2, 4))])
    assert len(with_doubled_nodes(foreign, True, []).points) == 6


@pytest.mark.parametrize("place", ["nan", "inf", "-1e200"])
def test_places_without_a_volume_are_refused(place: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"the place of node 4 is not finite, or beyond 1e\+100"):
        mt.fem.read_mesh(save(tmp_path, "0", "0", place))


@pytest.mark.parametrize(("z", "other"), [("5", "5"), ("0", "1e-17"), ("-3", "-3.0000000001")])
def test_a_plane_to_round_off_is_one(z: str, other: str, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert mt.fem.read_mesh(save(tmp_path, z, other, "1.5")).volume == 1.5


def test_a_plane_in_single_precision_is_one_and_is_told(tmp_path: Path) -> None:
    with pytest.warns(ReadingNote, match=r"z differs by 1e-06 between its points, which are taken to be in one"):
        assert mt.fem.read_mesh(save(tmp_path, "5", "5.000001", "1.5")).dimension == 2
    with pytest.raises(InputError, match="a surface in space"):
        mt.fem.read_mesh(save(tmp_path, "5", "5.00001", "1.5"))
