"""Resultants of the forces of supports, held against their definitions."""

from __future__ import annotations

import csv
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from microtann.equilibrium.history import History, Statistics
from microtann.errors import InputError


def history(dimension: int = 3, nodes: int = 7, increments: int = 4) -> History:
    rng = np.random.default_rng(0)
    points = rng.standard_normal((nodes, dimension))
    vectors = rng.standard_normal((2, increments, nodes, dimension))
    zeros = np.zeros(increments)
    costs = {field.name: 0 for field in fields(Statistics)} | {"increments": ()}
    for name in costs:
        if name.endswith("seconds"):
            costs[name] = 0.0
    return History(points, np.arange(1.0, increments + 1.0), *vectors, zeros, zeros, Statistics(**costs))


@pytest.mark.parametrize("centre", [(0.0, 0.0, 0.0), (0.3, -2.0, 1.5)])
def test_a_torque_is_the_moment_about_an_axis_through_the_centre(centre: tuple[float, float, float]) -> None:
    result, nodes = history(), [1, 2, 5]
    moment = np.cross(result.points[nodes] - centre, result.reactions[:, nodes]).sum(axis=1)
    np.testing.assert_allclose(result.moment(nodes, centre), moment, rtol=0, atol=1e-13)
    for axis, name in enumerate("xyz"):
        np.testing.assert_allclose(result.torque(nodes, axis, centre), moment[:, axis], rtol=0, atol=1e-13)
        np.testing.assert_array_equal(result.torque(nodes, name, centre), result.torque(nodes, axis, centre))


def test_without_a_centre_the_axis_goes_through_the_origin() -> None:
    result = history()
    np.testing.assert_array_equal(result.torque([0, 4], 2), result.torque([0, 4], 2, centre=(0.0, 0.0, 0.0)))


def test_the_centre_shifts_a_torque_by_the_moment_of_the_resultant() -> None:
    result, nodes, centre = history(), [0, 3], np.array([1.0, 2.0, 3.0])
    moved = result.torque(nodes, "z") - np.cross(centre, result.resultant(nodes))[:, 2]
    np.testing.assert_allclose(result.torque(nodes, "z", centre=centre), moved, rtol=0, atol=1e-13)


@pytest.mark.parametrize("dimension", [2, 3])
def test_the_axial_force_is_the_component_of_the_reaction_along_the_axis_that_is_named(dimension: int) -> None:
    result = history(dimension)
    whole = result.reactions[:, [1, 2]].sum(axis=1)
    np.testing.assert_array_equal(result.reaction([1, 2]), whole)
    np.testing.assert_array_equal(result.resultant([1, 2]), whole)
    for axis, name in enumerate("xyz"[:dimension]):
        np.testing.assert_array_equal(result.axial_force([1, 2], name), whole[:, axis])
        np.testing.assert_array_equal(result.axial_force([1, 2], axis), whole[:, axis])
    np.testing.assert_array_equal(result.axial_force([1, 2], -1), whole[:, -1])


@pytest.mark.parametrize("axis", ["w", "z", 2, -3, True])
def test_an_axis_that_does_not_exist_is_refused(axis: object) -> None:
    with pytest.raises(InputError, match=r"there is no axis .* name one of 'x', 'y'"):
        history(2).axial_force([1], axis)  # type: ignore[arg-type]


@pytest.mark.parametrize("dimension", [2, 3])
def test_the_axis_of_a_face_is_its_normal(dimension: int) -> None:
    result = history(dimension)
    for axis in range(dimension):
        result.points[[1, 2, 3], axis] = (0.7, 0.7 + 1e-9, 0.7 - 1e-9)
        np.testing.assert_array_equal(result.axial_force([1, 2, 3]), result.reaction([1, 2, 3])[:, axis])
        if dimension == 3:
            np.testing.assert_array_equal(result.torque([1, 2, 3]), result.torque([1, 2, 3], axis))
        result.points[[1, 2, 3], axis] = (0.7, 0.6, 0.1)


def test_where_nodes_are_no_face_the_axis_is_asked_for() -> None:
    result = history()
    for ask in (result.axial_force, result.torque):
        with pytest.raises(InputError, match=r"no plane normal to an axis.*axis='x' or axis='y' or axis='z'"):
            ask([0, 1, 2, 3])
        with pytest.raises(InputError, match="several planes normal to an axis"):
            ask([0])


def test_a_body_that_is_flat_in_space_has_faces_too() -> None:
    result = history()
    result.points[:, 2], result.points[[0, 1], 0] = 5.0, 0.3
    np.testing.assert_array_equal(result.axial_force([0, 1]), result.reaction([0, 1])[:, 0])


def test_in_the_plane_the_moment_is_a_number_about_z() -> None:
    result, nodes, centre = history(dimension=2), [0, 3], (0.5, -1.0)
    arm, force = result.points[nodes] - centre, result.reactions[:, nodes]
    right = (arm[:, 0] * force[..., 1] - arm[:, 1] * force[..., 0]).sum(axis=1)
    for moment in (
        result.moment(nodes, centre),
        result.torque(nodes, centre=centre),
        result.torque(nodes, "z", centre),
    ):
        np.testing.assert_allclose(moment, right, rtol=0, atol=1e-14)
    with pytest.raises(InputError, match="in the plane a torque is about 'z'"):
        result.torque(nodes, "x")


@pytest.mark.parametrize("centre", [(0.0, 0.0), (0.0, np.nan, 0.0), "middle"])
def test_a_centre_that_is_no_point_is_refused(centre: object) -> None:
    with pytest.raises(InputError, match="centre of a moment"):
        history().moment([0], centre)  # type: ignore[arg-type]


def read(path: Path) -> dict[str, list[str]]:
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: [row[name] for row in rows] for name in rows[0]}


@pytest.mark.parametrize("dimension", [2, 3])
def test_force_against_displacement_is_written_for_every_set(dimension: int, tmp_path: Path) -> None:
    result = history(dimension)
    result.to_csv(tmp_path / "response.csv", {"left": [0, 3], "right": lambda x: x[:, 0] > 0})
    table = read(tmp_path / "response.csv")
    assert table["increment"] == ["0", "1", "2", "3"]
    assert [float(t) for t in table["time"]] == result.time.tolist()
    for i, axis in enumerate("xyz"[:dimension]):
        np.testing.assert_array_equal(np.float64(table[f"reaction left {axis}"]), result.reaction([0, 3])[:, i])
        mean = result.displacement[:, result.points[:, 0] > 0, i].mean(axis=1)
        np.testing.assert_allclose(np.float64(table[f"displacement right {axis}"]), mean, rtol=1e-14)


def test_the_work_of_supports_is_what_they_do_along_the_way(tmp_path: Path) -> None:
    """Reactions K u of supports that move by u do the work ½ u · K u, whatever the increments."""
    result = history()
    stiffness = np.arange(1.0, 22.0).reshape(7, 3)
    displacement = result.time[:, None, None] ** 2 * np.ones((7, 3))
    linear = replace(result, displacement=displacement, reactions=stiffness * displacement)
    linear.to_csv(tmp_path / "response.csv", {"all": range(7)})
    work = np.float64(read(tmp_path / "response.csv")["support_work"])
    np.testing.assert_allclose(work, 0.5 * stiffness.sum() * result.time**4, rtol=1e-13)
