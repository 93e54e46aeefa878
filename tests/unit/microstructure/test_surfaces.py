"""Elastic stiffness, first yield and limit surfaces in one call."""

from __future__ import annotations

import numpy as np
import pytest

import microtann as mt
from microtann.errors import InputError

PERFECT = mt.ElastoplasticBar(hardening=0.0)


@pytest.fixture(scope="module")
def lattice() -> mt.Lattice:
    return mt.Lattice(mt.square_cell((2, 2), perturbation=0.2), PERFECT)


@pytest.mark.parametrize("of", ["stress", "strain"])
def test_nothing_flows_within_the_surface_of_first_yield_and_something_beyond(
    lattice: mt.Lattice, of: str
) -> None:
    found = mt.yield_surface(lattice, ("11", "12"), of=of, directions=12)
    whole = np.zeros((12, 3))
    whole[:, [0, 2]] = found.points
    strain = whole if of == "strain" else whole @ np.linalg.inv(mt.elastic_stiffness(lattice)).T
    inside, beyond = (lattice.solve(factor * strain[:, None]).dissipation[:, 0] for factor in (0.999, 1.001))
    assert np.all(inside == 0.0)
    assert np.all(beyond > 0.0)


def test_the_limit_surface_is_that_of_limit_loads_convex_and_around_first_yield(lattice: mt.Lattice) -> None:
    limit, first = (call(lattice, ("11", "22"), directions=24) for call in (mt.limit_surface, mt.yield_surface))
    expected = mt.limit_load(lattice, stress=[1.0, 0.0, 0.0])
    np.testing.assert_allclose(limit.points[0], [expected, 0.0], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(limit.points, -np.roll(limit.points, 12, axis=0), rtol=1e-7, atol=1e-9)
    edges = np.roll(limit.points, -1, axis=0) - limit.points
    turns = edges[:, 0] * np.roll(edges[:, 1], -1) - edges[:, 1] * np.roll(edges[:, 0], -1)
    assert np.all(turns > -1e-9)
    for point in first.points:  # within the polygon of the limit surface
        across = edges[:, 0] * (point[1] - limit.points[:, 1]) - edges[:, 1] * (point[0] - limit.points[:, 0])
        assert np.all(across > -1e-9)


def test_the_stiffness_of_a_model_is_that_of_its_cell() -> None:
    tann = mt.load("square-2x2")
    exact = mt.elastic_stiffness(tann.microstructure)
    np.testing.assert_allclose(mt.elastic_stiffness(tann), exact, rtol=0, atol=1e-10 * np.abs(exact).max())
    points = [mt.yield_surface(of, directions=4).points for of in (tann, tann.microstructure)]
    np.testing.assert_array_equal(*points)
    np.testing.assert_allclose(mt.elastic_stiffness(mt.fem.LinearElastic(exact)), exact)


def test_what_is_wrong_is_said(lattice: mt.Lattice) -> None:
    with pytest.raises(InputError, match=r"two of the components 11, 22, 12, got 11, 33"):
        mt.yield_surface(lattice, ("11", "33"))
    with pytest.raises(InputError, match=r"hardens, so that it carries any stress"):
        mt.limit_surface(mt.Lattice(mt.square_cell((1, 1))))
    with pytest.raises(InputError, match="at least 4 directions"):
        mt.yield_surface(lattice, directions=3)
    with pytest.raises(InputError, match="of stress or strain, not of 'energy'"):
        mt.yield_surface(lattice, of="energy")
    with pytest.raises(InputError, match="limit loads of"):
        mt.limit_surface(mt.SolidPoint(mt.fem.VonMises(young=1.0, poisson=0.3, yield_stress=1.0)))


def test_surfaces_are_drawn_in_one_plane(lattice: mt.Lattice) -> None:
    first, limit = mt.yield_surface(lattice, directions=8), mt.limit_surface(lattice, directions=8)
    figure = mt.plotting.plot_surface(first, limit, unit="MPa")
    axis = figure.axes[0]
    assert axis.get_xlabel() == "stress 11 [MPa]"
    np.testing.assert_array_equal(np.array(axis.lines[0].get_data()).T[:-1], first.points)
    with pytest.raises(InputError, match="one plane"):
        mt.plotting.plot_surface(first, mt.yield_surface(lattice, of="strain", directions=8))
