"""Resultants of the forces of supports, held against their definitions."""

from __future__ import annotations

from dataclasses import fields

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
    for axis in range(3):
        torque = result.torque(nodes, axis, centre)
        np.testing.assert_allclose(torque, moment[:, axis], rtol=0, atol=1e-13)
    np.testing.assert_array_equal(result.torque(nodes, centre=centre), result.torque(nodes, 2, centre))


def test_without_a_centre_the_axis_goes_through_the_origin() -> None:
    result = history()
    np.testing.assert_array_equal(result.torque([0, 4]), result.torque([0, 4], centre=(0.0, 0.0, 0.0)))


def test_the_centre_shifts_a_torque_by_the_moment_of_the_resultant() -> None:
    result, nodes, centre = history(), [0, 3], np.array([1.0, 2.0, 3.0])
    moved = result.torque(nodes) - np.cross(centre, result.resultant(nodes))[:, 2]
    np.testing.assert_allclose(result.torque(nodes, centre=centre), moved, rtol=0, atol=1e-13)


def test_the_axial_force_is_the_last_component_of_the_resultant() -> None:
    result = history()
    np.testing.assert_array_equal(result.axial_force([1, 2]), result.reactions[:, [1, 2], 2].sum(axis=1))
    np.testing.assert_array_equal(result.axial_force([1, 2], 0), result.resultant([1, 2])[:, 0])


def test_in_the_plane_there_is_no_torque_about_an_axis() -> None:
    with pytest.raises(InputError, match="needs three dimensions"):
        history(dimension=2).torque([0])
