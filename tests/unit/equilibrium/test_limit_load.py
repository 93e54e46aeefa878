"""Loads around and beyond the limit load of bodies without hardening: right below it, and told as such beyond."""

from __future__ import annotations

import numpy as np
import pytest

import microtann as mt
from microtann.equilibrium.equilibrium_error import BodyLimitError
from microtann.errors import ConvergenceError, LimitLoadError
from microtann.fem import NodalForce, Prescribed, Pressure, SolverOptions, Step

YOUNG, POISSON, YIELD = 210.0, 0.3, 0.24
INNER, OUTER = 100.0, 200.0
LIMIT_PRESSURE = 2.0 * YIELD / np.sqrt(3.0) * np.log(OUTER / INNER)


def cylinder(kind, divisions):
    """Return a quarter of a thick cylinder in plane strain, and its step for a pressure inside."""
    square = mt.fem.box((1.0, 1.0), divisions, kind=kind)
    radius, angle = INNER + (OUTER - INNER) * square.points[:, 0], 0.5 * np.pi * square.points[:, 1]
    points = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    held = [Prescribed(square.points[:, 1] == 0, "y"), Prescribed(square.points[:, 1] == 1, "x")]
    inside = square.points[:, 0] == 0
    steel = mt.fem.VonMises(YOUNG, POISSON, YIELD, 0.0, plane="strain")
    model = mt.fem.Model(mt.fem.Mesh(points, square.cells, kind), steel)
    return model, lambda load, n: Step(held, [Pressure(inside, load * LIMIT_PRESSURE)], increments=n)


def rod(kind, hardening=0.0):
    """Return a bar in tension, free to contract; all of it flows at the yield stress."""
    mesh = mt.fem.box((1.0, 1.0, 2.0), (1, 1, 2), kind=kind)
    corner = (mesh.points == 0).all(axis=1)
    edge = (mesh.points[:, 1:] == 0).all(axis=1)
    held = [Prescribed(mesh.points[:, 2] == 0, "z"), Prescribed(corner, "x"), Prescribed(edge, "y")]
    model = mt.fem.Model(mesh, mt.fem.VonMises(YOUNG, POISSON, YIELD, hardening))
    top = mesh.points[:, 2] == 2
    return model, lambda load, n: Step(held, [Pressure(top, -load * YIELD)], increments=n)


def lattice(cell):
    """Return a lattice pulled by forces in proportion to those of its rigid, strong end at collapse."""
    body = mt.Structure.tile(cell, mt.ElastoplasticBar(hardening=0.0), (2,) * cell.dimension)
    axes, heights = "xyz"[: cell.dimension], body.points[:, -1]
    held = [Prescribed(heights == 0, axis) for axis in axes]
    top = np.flatnonzero(np.isclose(heights, heights.max()))
    driven = body.solve(
        Step([*held, *(Prescribed(top, a, 9.0 if a == axes[-1] else 0.0) for a in axes)], increments=3)
    )
    force = driven.reactions[-1][top]
    return body, lambda load, n: Step(
        held, [NodalForce(top, axis, load * force[:, i]) for i, axis in enumerate(axes)], increments=n
    )


BODIES = {
    "quad8": lambda: cylinder("quad8", (6, 4)),
    "triangle6": lambda: cylinder("triangle6", (4, 3)),
    "hexahedron": lambda: rod("hexahedron"),
    "lattice in the plane": lambda: lattice(mt.square_cell()),
    "lattice in space": lambda: lattice(mt.cube_cell()),
}


def check_limit(name, load, increments, options):
    """Check that a load beyond the limit is told, and that what was reached balances what is carried."""
    body, step = BODIES[name]()
    with pytest.raises(BodyLimitError, match="the displacements run away") as caught:
        body.solve(step(load, increments), options)
    error, result = caught.value, caught.value.result
    assert isinstance(error, LimitLoadError)
    assert error.step == 0
    carried = error.load_factor * load
    assert result.time[-1] == pytest.approx(error.load_factor * increments)
    left = result.reaction(np.arange(len(result.points)))[-1] + carried * total_force(body, step(1.0, 1))
    assert np.abs(left).max() < 1e-8 * np.abs(result.reactions[-1]).max()
    assert result.statistics.increments[-1].cuts > 0
    return carried


@pytest.mark.parametrize("name", BODIES)
def test_beyond_the_limit_load_it_is_told_with_what_was_reached(name):
    """From 0.88 of the limit to 1.1, in parts of a quarter: 0.99 is carried, 1.045 is not."""
    assert check_limit(name, 1.1, 5, SolverOptions(max_cuts=2)) == pytest.approx(0.99)


@pytest.mark.verify
@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("increments", [1, 5, 20])
@pytest.mark.parametrize("load", [1.002, 1.05])
def test_the_limit_load_is_found_between_small_parts_of_an_increment(name, increments, load):
    """Up to what the smallest part is, and the discretisation of the cylinder."""
    assert check_limit(name, load, increments, None) == pytest.approx(1.0, abs=1e-3)


def total_force(body, step):
    """Return the sum of the forces of a step."""
    mesh = getattr(body, "mesh", None)
    force = np.zeros(body.mesh.dimension if mesh else body.dimension)
    for load in step.forces:
        if isinstance(load, NodalForce):
            force["xyz".index(load.component)] += np.sum(load.value)
        else:
            force += load.nodal_forces(mesh, "here").sum(axis=0)
    return force


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("load", [0.98, 0.999])
def test_below_the_limit_load_there_is_equilibrium_without_a_cut(name, load):
    body, step = BODIES[name]()
    result = body.solve(step(load, 5))
    assert result.statistics.cuts == 0
    accepted = body.solve(step(load, 5), SolverOptions(smallest_stiffness=0.0))
    np.testing.assert_array_equal(result.displacement[-1], accepted.displacement[-1])


def test_below_the_limit_load_a_cylinder_is_that_of_the_closed_form():
    """p = 0.18: u(b) = 0.154048 by own one-dimensional finite elements."""
    model, step = cylinder("quad8", (12, 8))
    result = model.solve(step(0.18 / LIMIT_PRESSURE, 20))
    outer = np.hypot(*result.points.T) > OUTER - 1e-6
    moved = np.hypot(*result.displacement[-1][outer].T)
    np.testing.assert_allclose(moved, 0.154048, rtol=1e-4)


def test_where_conjugate_gradients_are_slow_a_factorisation_takes_over():
    """Multigrid of the elastic stiffness needed some 100 iterations per Newton step of this isochoric flow."""
    model, step = cylinder("quad8", (12, 8))
    result = model.solve(step(0.999, 5))
    direct = model.solve(step(0.999, 5), SolverOptions(linear_solver="direct"))
    np.testing.assert_allclose(result.displacement[-1], direct.displacement[-1], rtol=0, atol=1e-7)
    assert result.statistics.linear_iterations < 20 * result.statistics.newton_iterations


@pytest.mark.parametrize("hardening", [1e-4 * YOUNG, 1e-2 * YOUNG])
@pytest.mark.parametrize("load", [1.05, 3.0])
def test_a_body_that_hardens_is_followed_however_far_it_goes(hardening, load):
    model, step = rod("hexahedron", hardening)
    result = model.solve(step(load, 2))
    strain = load * YIELD / YOUNG + (load - 1.0) * YIELD / hardening
    np.testing.assert_allclose(result.strain[..., 2], strain, rtol=1e-9)


def test_a_body_that_is_pulled_by_displacements_collapses_under_its_limit_load():
    """A load that does not change, and displacements that drive the mechanism."""
    model, step = rod("hexahedron")
    points, held = model.mesh.points, step(0.0, 1).prescribed
    top = Prescribed(points[:, 2] == 2, "z", 2.0)
    side = Pressure(points[:, 0] == 1, 0.01 * YIELD)
    opposite = Pressure(points[:, 0] == 0, 0.01 * YIELD)
    result = model.solve([Step(held, [side, opposite]), Step([*held, top], [side, opposite], increments=4)])
    force = result.axial_force(points[:, 2] == 2)
    assert force[-1] == pytest.approx(force[1], rel=1e-6)
    assert result.statistics.cuts == 0


def test_the_motion_is_followed_where_that_is_asked_for():
    model, step = cylinder("quad8", (3, 2))
    far = model.solve(step(1.05, 5), SolverOptions(smallest_stiffness=0.0))
    assert np.abs(far.displacement[-1]).max() > 10.0


def test_the_error_of_a_recorded_simulation_holds_what_is_in_the_record(tmp_path):
    model, step = rod("hexahedron")
    with pytest.raises(LimitLoadError) as caught:
        model.solve(step(1.05, 5), record=tmp_path / "run")
    assert len(caught.value.result.time) == 4
    with pytest.raises(LimitLoadError) as caught:
        model.solve(step(9.0, 1), record=tmp_path / "short", options=SolverOptions(max_cuts=0))
    assert caught.value.result is None


def test_an_error_of_any_kind_holds_the_increments_before_it():
    model, step = rod("hexahedron", 0.1 * YOUNG)
    with pytest.raises(ConvergenceError) as caught:
        model.solve(step(2.0, 4), SolverOptions(max_cuts=0, max_iterations=1))
    assert not isinstance(caught.value, LimitLoadError)
    assert len(caught.value.result.time) == 2
    np.testing.assert_allclose(caught.value.result.stress[..., 2], YIELD, rtol=1e-9)
