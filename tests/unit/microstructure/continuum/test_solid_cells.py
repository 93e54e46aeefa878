"""Cells of solids from functions, images and files, and what is refused."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

import microtann as mt
from microtann import fem
from microtann.errors import CellError, LockingWarning
from microtann.microstructure.continuum.image_file import read_image

SOFT = fem.VonMises(plane="strain")
HARD = fem.LinearElastic.isotropic(10.0, 0.25, plane="strain")


def test_round_cells_have_the_volume_of_their_polygons() -> None:
    side = np.linspace(-1.0, 1.0, 9)
    polygon = 4.0 * 0.5 * 0.3**2 * np.sin(np.diff(np.arctan(side))).sum()
    void = mt.voided_cell(0.3)
    assert void.volume_fractions[""] == pytest.approx(1.0 - polygon)
    filled = mt.inclusion_cell(0.3)
    assert filled.volume_fractions["inclusion"] == pytest.approx(polygon)
    assert sum(filled.volume_fractions.values()) == pytest.approx(1.0)


@pytest.mark.parametrize("kind", ["hexahedron", "hexahedron20"])
def test_round_cells_in_space_fill_the_cube(kind: str) -> None:
    solid = mt.inclusion_cell(0.3, dimension=3, divisions=2, layers=2, kind=kind)
    assert sum(solid.volume_fractions.values()) == pytest.approx(1.0)
    assert solid.components == 6


def test_a_function_and_its_image_make_one_cell() -> None:
    def disc(x: np.ndarray) -> np.ndarray:
        return np.linalg.norm(x - (0.4, 0.6), axis=1) < 0.25

    one = mt.solid_of_function(disc, {0: SOFT, 1: HARD}, (6, 6))
    centres = (np.stack(np.meshgrid(np.arange(6), np.arange(6), indexing="ij"), -1).reshape(-1, 2) + 0.5) / 6
    other = mt.solid_of_image(disc(centres).reshape(6, 6).astype(int), {0: SOFT, 1: HARD})
    np.testing.assert_allclose(one.elastic_stiffness(), other.elastic_stiffness(), atol=1e-14)


@pytest.mark.parametrize("shift", [(1, 0), (2, 3), (0, 5)])
def test_a_cell_may_be_cut_out_of_the_medium_anywhere(shift: tuple[int, int]) -> None:
    image = np.ones((6, 6), dtype=int)
    image[1:3, 2:5] = 0
    whole, cut = (
        mt.solid_of_image(one, {1: SOFT}, voids=[0]).elastic_stiffness()
        for one in (image, np.roll(image, shift, axis=(0, 1)))
    )
    np.testing.assert_allclose(whole, cut, atol=1e-13)


def test_random_inclusions_come_back_by_their_seed() -> None:
    one, same, other = (mt.random_inclusions(3, 0.15, seed=seed, divisions=10) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.elastic_stiffness(), same.elastic_stiffness())
    assert np.abs(one.elastic_stiffness() - other.elastic_stiffness()).max() > 1e-4
    voids = mt.random_inclusions(3, 0.15, void=True, seed=1, divisions=10)
    assert voids.volume_fractions[""] == pytest.approx(one.volume_fractions["phase 0"])


def test_images_come_from_files(tmp_path: Path) -> None:
    from matplotlib.image import imsave

    seen = np.array([[1, 0, 0], [1, 1, 0]])  # as one sees it: two rows, the second one below
    (tmp_path / "seen.csv").write_text("1, 0, 0\n1, 1, 0\n")
    imsave(tmp_path / "seen.png", np.repeat(seen[..., None] * 255, 3, axis=2).astype(np.uint8))
    np.save(tmp_path / "seen.npy", read_image(tmp_path / "seen.csv"))
    expected = np.array([[1, 1], [1, 0], [0, 0]])
    np.testing.assert_array_equal(read_image(tmp_path / "seen.csv"), expected)
    np.testing.assert_array_equal(read_image(tmp_path / "seen.npy"), expected)
    np.testing.assert_array_equal(read_image(tmp_path / "seen.png"), 255 * expected)


def test_meshes_come_from_files(tmp_path: Path) -> None:
    import meshio

    mesh = mt.inclusion_cell(0.3, divisions=2, layers=2).mesh
    material = np.zeros(mesh.cell_count, dtype=int)
    material[mesh.regions["inclusion"]] = 1
    points = np.pad(mesh.points, ((0, 0), (0, 1)))
    file = tmp_path / "cell.vtu"
    meshio.Mesh(points, [("quad", mesh.cells)], cell_data={"material": [material]}).write(file)
    solid = mt.Solid(fem.read_mesh(file), {"material=0": SOFT, "material=1": HARD})
    expected = mt.inclusion_cell(0.3, divisions=2, layers=2).elastic_stiffness()
    np.testing.assert_allclose(solid.elastic_stiffness(), expected, atol=1e-13)


@pytest.mark.parametrize(
    ("image", "phases", "voids", "message"),
    [
        (np.ones((4, 4), dtype=int), {1: SOFT}, (), "the number 1 alone"),
        (np.zeros((4, 4), dtype=int), {}, (0,), "the number 0 alone"),
        (np.eye(4, dtype=int), {}, (0, 1), "void everywhere"),
        (np.eye(4, dtype=int), {1: SOFT}, (), "0 is neither a phase nor a void"),
        (np.eye(4, dtype=int), {1: SOFT, 2: HARD}, (0,), "the phase 2 is nowhere"),
        (np.eye(4), {1: SOFT}, (0,), "array of integers"),
        (np.diag([1, 0, 1, 0]), {1: SOFT}, (0,), "2 parts that nothing joins"),
    ],
)
def test_images_that_make_no_cell_are_refused(
    image: np.ndarray, phases: dict[int, fem.Material], voids: tuple[int, ...], message: str
) -> None:
    with pytest.raises(CellError, match=message):
        mt.solid_of_image(image, phases, voids)


def test_pixels_that_meet_in_corners_are_a_mechanism() -> None:
    solid = mt.solid_of_image(np.eye(4, dtype=int), {1: SOFT}, voids=(0,))
    with pytest.raises(CellError, match=r"mechanism|no stiffness"):
        solid.elastic_stiffness()


def test_islands_may_be_left_out() -> None:
    image = np.ones((7, 7), dtype=int)
    image[1:6, 1:6] = 0
    image[3, 3] = 1
    with pytest.raises(CellError, match="2 parts"):
        mt.solid_of_image(image, {1: SOFT}, voids=[0])
    kept = mt.solid_of_image(image, {1: SOFT}, voids=[0], keep_largest=True)
    assert kept.mesh.cell_count == 24


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: mt.voided_cell(0.5), "less than half"),
        (lambda: mt.voided_cell(0.3, dimension=4), "2 or 3 dimensions"),
        (lambda: mt.voided_cell(0.3, divisions=1), "at least 2 divisions"),
        (lambda: mt.voided_cell(0.3, kind="triangle"), "made of quad or quad8"),
        (lambda: mt.random_inclusions(50, 0.2), "do not fit"),
        (lambda: mt.random_inclusions(0), "at least one ball"),
        (lambda: mt.Solid(fem.box((1, 1), (2, 2)), SOFT, periods=(1, 0.5)), "more than its cell"),
        (lambda: mt.Solid(fem.box((1, 1), (2, 2)), SOFT, periods=((1, 1), (2, 2))), "enclose no volume"),
    ],
)
def test_wrong_arguments_are_refused(make: object, message: str) -> None:
    with pytest.raises(CellError, match=message):
        make()  # type: ignore[operator]


def test_images_that_are_none_are_refused(tmp_path: Path) -> None:
    for name, text, message in (
        ("a.csv", "1, 2\n3\n", "not understood"),
        ("b.csv", "1.5, 2\n", "whole numbers"),
        ("c.png", "nothing", "not understood"),
    ):
        (tmp_path / name).write_text(text)
        with pytest.raises(CellError, match=message):
            read_image(tmp_path / name)
    with pytest.raises(CellError, match="cannot be read"):
        read_image(tmp_path / "none.csv")


def test_phases_that_hardly_change_their_volume_want_other_elements() -> None:
    mesh = fem.box((1, 1), (2, 2)).named(regions={"soft": [0, 3], "rubber": [1, 2]})
    rubber = fem.LinearElastic.isotropic(1.0, 0.499, plane="strain")
    with pytest.warns(LockingWarning, match="the phase rubber resists a change of volume .* times as much"):
        mt.Solid(mesh, {"soft": SOFT, "rubber": rubber})
    mt.Solid(mesh, {"soft": SOFT, "rubber": rubber}, mean_dilatation=True)
    with pytest.warns(LockingWarning, match="use 'triangle6'"):
        stiff = mt.Solid(fem.box((1, 1), (2, 2), kind="triangle"), SOFT)
    for again in (mt.Solid.of_groups(stiff.groups()), pickle.loads(pickle.dumps(stiff))):  # told once
        assert again.mesh.cell_count == stiff.mesh.cell_count
