"""Pictures: the view by geometry, bodies by the colours that are seen, files by what is in them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest

import microtann as mt
from microtann.plotting import scene
from microtann.plotting.bodies import DPI, LEVELS, DrawnBody, DrawnLattice, draw_bodies, readable_scale
from microtann.plotting.curves import Curve, draw_comparison, draw_errors, draw_training
from microtann.plotting.scene import MARGIN, ROUND, Camera, View, render_bars, render_mesh, window
from microtann.plotting.style import LATTICE
from microtann.studies.study_figures import _median, draw_study

CUBE = np.array([[x, y, z] for z in (0, 1) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))], dtype=float)


def two_cubes() -> tuple[np.ndarray, np.ndarray]:
    points = np.concatenate([CUBE, CUBE[4:] + np.array([0.0, 0.0, 1.0])])
    return points, np.array([range(8), range(4, 12)])


def test_the_camera_axes_are_a_right_handed_frame() -> None:
    axes = Camera(azimuth=37.0, elevation=-12.0).axes
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), rtol=0, atol=1e-15)
    assert np.linalg.det(axes) == pytest.approx(1.0)
    assert axes[0, 2] == 0.0  # the vertical stays vertical


def test_a_view_holds_all_points_and_keeps_their_proportions() -> None:
    axes, low, high = window([CUBE, CUBE + 3.0], Camera(azimuth=-90.0, elevation=0.0))
    # seen from −y: x to the right, z upwards
    np.testing.assert_allclose(axes[:2], [[1, 0, 0], [0, 0, 1]], rtol=0, atol=1e-15)
    np.testing.assert_allclose(high - low, 4.0 * (1.0 + 2 * MARGIN))
    assert View(axes, low, high, 100.0).size == (424, 424)
    flat, _, _ = window([np.eye(2)], Camera())
    np.testing.assert_array_equal(flat, np.eye(3))


def colours_in(picture: np.ndarray) -> set[str]:
    """Return which of red, green and blue dominate somewhere in a picture."""
    channels = picture.astype(int)
    strongest, second = channels.argmax(axis=2), np.sort(channels, axis=2)[..., 1]
    clear = channels.max(axis=2) > second + 60
    return {name for i, name in enumerate(("red", "green", "blue")) if (clear & (strongest == i)).any()}


BOX = np.array([[0.0, 0.0, 0.0], [1.0, 1.0, 2.0]])
RED_AND_BLUE = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])


def view(points: np.ndarray, size: float = 150.0, **angles: float) -> View:
    return View(*window([points], Camera(**angles)), size)


def test_a_mesh_is_drawn_in_the_colours_of_its_cells_and_the_near_one_hides_the_far_one() -> None:
    points, cells = two_cubes()
    picture = render_mesh(view(points), points, cells, RED_AND_BLUE, BOX)
    assert picture.shape[:2] == view(points).size[::-1]
    assert colours_in(picture) == {"red", "blue"}
    assert (picture[0, 0] == 255).all()
    upper, lower = picture[: len(picture) // 3], picture[-len(picture) // 3 :]
    assert colours_in(upper) == {"blue"}
    assert colours_in(lower) == {"red"}
    above = render_mesh(view(points, elevation=90.0), points, cells, RED_AND_BLUE, BOX)
    assert colours_in(above) == {"blue"}


def test_tetrahedra_are_drawn() -> None:
    points = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]])
    picture = render_mesh(view(points), points, np.array([[0, 1, 2, 3]]), np.array([[0.0, 1.0, 0.0]]), BOX)
    assert colours_in(picture) == {"green"}


@pytest.mark.parametrize("most", [ROUND, 0])
def test_bars_are_drawn_in_their_colours(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scene, "ROUND", most)
    points, bars = CUBE[[0, 6, 2, 4]], np.array([[0, 1], [2, 3]])
    picture = render_bars(view(CUBE), points, bars, RED_AND_BLUE, BOX)
    assert colours_in(picture) == {"red", "blue"}
    coloured = (picture.min(axis=2) < 150).mean()
    assert 0.01 < coloured < 0.3  # bars, not faces


def test_bars_of_the_plane_are_drawn_where_they_are() -> None:
    points = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    picture = render_bars(view(points), points, np.array([[0, 1], [2, 3]]), RED_AND_BLUE, points[[0, 3]])
    half = len(picture) // 2
    assert colours_in(picture[:half]) == {"blue"}
    assert colours_in(picture[half:]) == {"red"}


def test_pictures_need_no_display_and_print_nothing(tmp_path: Path) -> None:
    code = (
        "import numpy as np, sys, pathlib, microtann as mt\n"
        "from microtann.plotting.bodies import DrawnLattice, draw_bodies\n"
        "cell = mt.cube_cell()\n"
        "lattice = DrawnLattice('', cell.nodes, cell.bars, 0 * cell.nodes, cell.areas)\n"
        "draw_bodies(pathlib.Path(sys.argv[1]), [lattice], 'area')"
    )
    environment = {key: value for key, value in os.environ.items() if not key.endswith("DISPLAY")}
    command = [sys.executable, "-W", "error", "-c", code, str(tmp_path / "cell.png")]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert is_a_drawing(tmp_path / "cell.png")


def is_a_drawing(path: Path) -> bool:
    image = matplotlib.image.imread(path)
    return image.shape[0] > 200 and image.shape[1] > 200 and float(image[..., :3].std()) > 0.02


def test_bodies_of_every_kind_are_drawn(tmp_path: Path) -> None:
    points, cells = two_cubes()
    cell = mt.cube_cell()
    flat = mt.square_cell()
    zero = np.zeros_like
    body = DrawnBody("FE", points, cells, 0.1 * points[:, ::-1].copy(), np.array([0.0, 1.0]))
    lattice = DrawnLattice("DNS", cell.nodes, cell.bars, zero(cell.nodes), np.linspace(-1, 1, len(cell.bars)))
    draw_bodies(tmp_path / "space.png", [body, lattice], "energy [–]")
    plane = DrawnLattice("cell", flat.nodes, flat.bars, zero(flat.nodes), np.zeros(len(flat.bars)))
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
        "import sys, microtann, microtann.plotting.bodies, microtann.plotting.curves, microtann.report.page\n"
        "assert not {'matplotlib', 'pyvista', 'vtkmodules'} & set(sys.modules), 'plotting was imported'"
    )
    environment = {key: value for key, value in os.environ.items() if key != "DISPLAY"}
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, env=environment)


def test_displacements_are_drawn_so_that_the_shape_is_seen() -> None:
    points = np.array([[0.0, 0.0], [10.0, 0.0]])
    for size, factor in ((1.0, 1.0), (20.0, 1.0), (1e-3, 1000.0), (4000.0, 0.005), (0.0, 1.0)):
        displacement = np.array([[0.0, 0.0], [size, 0.0]])
        assert readable_scale(points, displacement) == factor


def test_pictures_of_bodies_have_few_colours_so_that_their_files_are_small(tmp_path: Path) -> None:
    cell = mt.cube_cell((2, 2, 2))
    body = DrawnLattice("lattice", cell.nodes, cell.bars, np.zeros_like(cell.nodes), cell.areas)
    draw_bodies(tmp_path / "bodies.png", [body], "area")
    picture = matplotlib.image.imread(tmp_path / "bodies.png")
    assert all(len(np.unique(picture[..., channel])) <= LEVELS for channel in range(3))
    assert picture.shape[0] == round(4.6 * DPI)


def test_every_phase_of_a_training_has_its_own_scale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []
    monkeypatch.setattr("microtann.plotting.curves.save_figure", lambda figure, path: drawn.append(figure))
    update = [1000.0, 8000.0, 8050.0, 8100.0]
    losses = {"training": [1e-1, 1e-4, 1e-8, 1e-12]}
    draw_training(tmp_path / "t.png", update, losses, {"descent": 0.0, "polish": 8000.0})
    descent, polish = drawn[0].axes
    assert descent.lines[0].get_xdata().tolist() == [1000.0, 8000.0]
    assert polish.lines[0].get_xdata().tolist() == [8000.0, 8050.0, 8100.0]
    assert polish.get_xlim()[0] > 7900.0
    assert (descent.get_title(loc="left"), polish.get_title(loc="left")) == ("descent", "polish")


def test_runs_that_ran_away_are_seen_above_all_others(tmp_path: Path) -> None:
    """A series of which no run is left takes part in the figure, at the top and in its colour."""
    kept, lost = [(1.0, 1e-3), (2.0, 1e-4)], [(1.0, np.inf), (2.0, np.inf)]
    draw_study(tmp_path / "kept.png", {"kept": kept}, "x", "y")
    draw_study(tmp_path / "both.png", {"kept": kept, "lost": lost}, "x", "y")
    brown = np.array([int(LATTICE[i : i + 2], 16) for i in (1, 3, 5)]) / 255.0

    def rows_of_brown(file: Path) -> np.ndarray:
        picture = matplotlib.image.imread(file)[..., :3]
        middle = picture[:, picture.shape[1] // 8 :]  # without labels
        return np.flatnonzero((np.abs(middle - brown).max(axis=2) < 0.15).any(axis=1))

    assert rows_of_brown(tmp_path / "kept.png").size == 0
    found = rows_of_brown(tmp_path / "both.png")
    height = matplotlib.image.imread(tmp_path / "both.png").shape[0]
    assert found.size > 0
    assert found.max() < height / 3


def test_the_median_is_not_that_of_the_lucky_runs() -> None:
    assert _median([1e-3, 2e-3, np.inf], 0.0) == 2e-3
    assert np.isnan(_median([1e-3, np.inf, np.inf], 0.0))
    assert np.isnan(_median([1e-3, np.inf], 0.0))
    assert _median([1e-14], 1e-9) == 1e-9
