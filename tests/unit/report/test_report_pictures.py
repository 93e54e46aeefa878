"""Pictures: the projection and the painter's order by geometry, the files by what is in them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest

import microtann as mt
from microtann.report.bodies import Body, Lattice, draw_bodies
from microtann.report.curves import Curve, draw_comparison, draw_errors, draw_training
from microtann.report.scene import Camera, boundary_faces, paint_faces, paint_segments

CUBE = np.array([[x, y, z] for z in (0, 1) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))], dtype=float)


def two_cubes() -> tuple[np.ndarray, np.ndarray]:
    points = np.concatenate([CUBE, CUBE[4:] + np.array([0.0, 0.0, 1.0])])
    return points, np.array([range(8), range(4, 12)])


def test_the_camera_axes_are_a_right_handed_frame() -> None:
    axes = Camera(azimuth=37.0, elevation=-12.0).axes
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-15)
    assert np.linalg.det(axes) == pytest.approx(1.0)
    assert axes[0, 2] == 0.0  # the vertical stays vertical


def test_the_boundary_of_two_cubes_has_ten_faces_that_look_outwards() -> None:
    points, cells = two_cubes()
    faces, owner = boundary_faces(cells)
    assert len(faces) == 10
    corners = points[faces]
    normal = np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1])
    outwards = corners.mean(axis=1) - points[cells[owner]].mean(axis=1)
    assert (np.einsum("fi,fi->f", normal, outwards) > 0).all()


def test_the_boundary_of_a_tetrahedron_looks_outwards() -> None:
    points = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]])
    faces, _ = boundary_faces(np.array([[0, 1, 2, 3]]))
    corners = points[faces]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert (np.einsum("fi,fi->f", normal, corners.mean(axis=1) - points.mean(axis=0)) > 0).all()


def test_three_faces_of_a_cube_are_seen_and_the_top_is_brightest() -> None:
    faces, _ = boundary_faces(np.array([range(8)]))
    painted = paint_faces(CUBE[faces], Camera())
    assert len(painted.source) == 3
    top = [i for i, source in enumerate(painted.source) if (CUBE[faces[source], 2] == 1).all()]
    assert painted.brightness.argmax() == top[0]


def test_near_segments_are_painted_last() -> None:
    towards = Camera().axes[2]
    ends = np.array([[s * towards, s * towards + [0, 0, 1.0]] for s in (2.0, -1.0, 0.5)])
    painted = paint_segments(ends, Camera())
    assert list(painted.source) == [1, 2, 0]
    assert painted.nearness[0] == 0.0
    assert painted.nearness[-1] == 1.0


def is_a_drawing(path: Path) -> bool:
    image = matplotlib.image.imread(path)
    return image.shape[0] > 200 and image.shape[1] > 200 and float(image[..., :3].std()) > 0.02


def test_bodies_of_every_kind_are_drawn(tmp_path: Path) -> None:
    points, cells = two_cubes()
    cell = mt.cube_cell()
    flat = mt.square_cell()
    zero = np.zeros_like
    body = Body("FE", points, cells, 0.1 * points[:, ::-1].copy(), np.array([0.0, 1.0]))
    lattice = Lattice("DNS", cell.nodes, cell.bars, zero(cell.nodes), np.linspace(-1, 1, len(cell.bars)))
    draw_bodies(tmp_path / "space.png", [body, lattice], "energy [–]")
    plane = Lattice("cell", flat.nodes, flat.bars, zero(flat.nodes), np.zeros(len(flat.bars)))
    draw_bodies(tmp_path / "plane.png", [plane], "force [–]", signed=True)
    assert is_a_drawing(tmp_path / "space.png")
    assert is_a_drawing(tmp_path / "plane.png")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["plane.png", "space.png"]


def test_curves_are_drawn(tmp_path: Path) -> None:
    x = np.linspace(0.0, 1.0, 20)
    draw_comparison(tmp_path / "loops.png", [Curve("path a", x, x, x**2, "x", "y")] * 4, "TANN")
    draw_errors(tmp_path / "errors.png", {"a": 1e-5, "b": 2e-5}, {"a": 3e-3, "b": None}, "TANN")
    losses = {"training": [1.0, 0.1, 0.01], "validation": [1.0, 0.2, 0.1]}
    draw_training(tmp_path / "training.png", [10, 20, 30], losses, {"descent": 0, "polish": 20})
    for name in ("loops", "errors", "training"):
        assert is_a_drawing(tmp_path / f"{name}.png")


def test_a_failure_while_drawing_leaves_no_file(tmp_path: Path) -> None:
    x = np.linspace(0.0, 1.0, 20)
    (tmp_path / "loops.png").mkdir()
    with pytest.raises(OSError, match="no regular file"):
        draw_comparison(tmp_path / "loops.png", [Curve("a", x, x, x, "x", "y")], "TANN")
    assert [p.name for p in tmp_path.iterdir()] == ["loops.png"]


def test_importing_the_reports_imports_no_plotting_library() -> None:
    code = (
        "import sys, microtann, microtann.report.bodies, microtann.report.curves, microtann.report.page\n"
        "assert not {'matplotlib', 'pyvista', 'vtkmodules'} & set(sys.modules), 'plotting was imported'"
    )
    environment = {key: value for key, value in os.environ.items() if key != "DISPLAY"}
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, env=environment)
