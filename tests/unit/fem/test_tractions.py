"""Tractions and shear on faces: resultants, uniform states in patches of any elements, and torsion of a shaft."""

from __future__ import annotations

import numpy as np
import pytest

import microtann as mt
from microtann.equilibrium.steps import resolve
from microtann.errors import InputError
from microtann.fem import LinearElastic, Prescribed, Pressure, Shear, Step, Traction
from microtann.fem.elements import kinds_in

ALL = [(dimension, kind) for dimension in (2, 3) for kind in kinds_in(dimension)]
PAIRS = {2: ((0, 0), (1, 1), (0, 1)), 3: ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))}


def sheared_box(dimension: int, kind: str) -> mt.fem.Mesh:
    """Return a unit box under an affine map, whose sides are named by where they were."""
    box = mt.fem.box((1.0,) * dimension, (2,) * dimension, kind=kind)
    slope = np.array([[1.0, 0.3, 0.1], [-0.2, 1.2, 0.2], [0.1, 0.0, 0.9]])[:dimension, :dimension]
    back = np.linalg.inv(slope.T)
    sides = {
        f"{name} {axis}": lambda x, axis=axis, value=value: np.abs((x @ back)[:, axis] - value) < 1e-9
        for axis in range(dimension)
        for name, value in (("low", 0.0), ("high", 1.0))
    }
    return mt.fem.Mesh(box.points @ slope.T, box.cells, kind, sides=sides)


def normal(mesh: mt.fem.Mesh, side: str) -> np.ndarray:
    """Return the outward normal of a flat side, from its own corners."""
    own = mesh.points[mesh.sets[side]]
    flat = np.linalg.svd(own - own.mean(axis=0))[2][-1]
    return flat if (own.mean(axis=0) - mesh.points.mean(axis=0)) @ flat > 0 else -flat


def resultant(load, mesh: mt.fem.Mesh) -> np.ndarray:
    return resolve(Step(forces=[load]), mesh.points, mesh=mesh).force.sum(axis=0)


@pytest.mark.parametrize(("dimension", "kind"), ALL)
def test_tractions_of_a_uniform_stress_all_around_leave_it_inside(dimension: int, kind: str) -> None:
    """Patch test: t = σ n on every side, with supports that carry nothing, gives σ everywhere."""
    mesh = sheared_box(dimension, kind)
    stress = np.array([[0.4, 0.1, -0.2], [0.1, -0.3, 0.25], [-0.2, 0.25, 0.2]])[:dimension, :dimension]
    loads = [Traction(side, stress @ normal(mesh, side)) for side in mesh.sides]
    material = LinearElastic.isotropic(1.0, 0.3, plane=None if dimension == 3 else "stress")
    voigt = np.array([stress[i, j] for i, j in PAIRS[dimension]])
    strain = np.linalg.solve(material.stiffness, voigt)
    gradient = np.zeros((dimension, dimension))
    for value, (i, j) in zip(strain, PAIRS[dimension], strict=True):
        gradient[i, j] = gradient[j, i] = value if i == j else 0.5 * value
    exact = mesh.points @ gradient
    held = [Prescribed([0], i, exact[0, i]) for i in range(dimension)]
    far = [int(np.argmax(np.abs((mesh.points - mesh.points[0])[:, i]))) for i in range(dimension)]
    held += [Prescribed([far[0]], i, exact[far[0], i]) for i in range(1, dimension)]
    held += [Prescribed([far[1]], 2, exact[far[1], 2])] if dimension == 3 else []
    result = mt.fem.Model(mesh, material).solve(Step(held, loads))
    np.testing.assert_allclose(result.stress, np.broadcast_to(voigt, result.stress.shape), rtol=0, atol=1e-9)
    np.testing.assert_allclose(result.displacement[0], exact, rtol=0, atol=1e-9)
    assert np.abs(result.reactions).max() < 1e-9


@pytest.mark.parametrize(("dimension", "kind"), ALL)
def test_the_resultant_is_traction_times_area(dimension: int, kind: str) -> None:
    mesh = sheared_box(dimension, kind)
    vector = np.array([0.3, -1.0, 0.5])[:dimension]
    slope = np.array([[1.0, 0.3, 0.1], [-0.2, 1.2, 0.2], [0.1, 0.0, 0.9]])[:dimension, :dimension]
    edge = slope[:, 1:]  # along the side whose first coordinate was 1
    area = np.sqrt(np.linalg.det(edge.T @ edge))
    np.testing.assert_allclose(resultant(Traction("high 0", vector), mesh), area * vector, rtol=0, atol=1e-13)
    middle = mesh.points[mesh.sets["high 0"]]
    centre = 0.5 * (middle.min(axis=0) + middle.max(axis=0))
    growing = Traction("high 0", lambda x: np.outer(x[:, 0], vector))
    np.testing.assert_allclose(resultant(growing, mesh), area * centre[0] * vector, rtol=0, atol=1e-13)


@pytest.mark.parametrize(("dimension", "kind"), ALL)
def test_a_traction_against_the_normal_is_a_pressure_and_one_along_the_face_is_shear(
    dimension: int, kind: str
) -> None:
    mesh = sheared_box(dimension, kind)
    for side in mesh.sides:
        outward = normal(mesh, side)
        by_pressure, by_traction = (
            resolve(Step(forces=[load]), mesh.points, mesh=mesh).force
            for load in (Pressure(side, 0.7), Traction(side, -0.7 * outward))
        )
        np.testing.assert_allclose(by_traction, by_pressure, rtol=0, atol=1e-14)
        wanted = np.array([1.0, 2.0, -0.5])[:dimension]
        inside = wanted - (wanted @ outward) * outward
        shear = resolve(Step(forces=[Shear(side, 0.7, wanted)]), mesh.points, mesh=mesh).force
        vector = resolve(
            Step(forces=[Traction(side, 0.7 * inside / np.linalg.norm(inside))]), mesh.points, mesh=mesh
        ).force
        np.testing.assert_allclose(shear, vector, rtol=0, atol=1e-14)


@pytest.mark.parametrize("kind", ["hexahedron20", "tetra10"])
def test_shear_around_a_shaft_twists_it(kind: str) -> None:
    """Shear that turns about the axis: its moment is τ r times the area, whatever the faces are."""
    box = mt.fem.box((2.0, 2.0, 1.0), (4, 4, 2), origin=(-1.0, -1.0, 0.0), kind=kind)
    x, y, z = box.points.T
    points = np.column_stack([x * np.sqrt(1 - 0.5 * y**2), y * np.sqrt(1 - 0.5 * x**2), z])  # a square to a circle
    mesh = mt.fem.Mesh(points, box.cells, kind).named(
        sides={"skin": lambda c: np.hypot(c[:, 0], c[:, 1]) > 0.9},
        sets={"base": lambda x: x[:, 2] == 0.0},
    )
    held = [Prescribed("base", axis) for axis in "xyz"]
    load = Shear("skin", 0.01, along=lambda x: np.cross((0.0, 0.0, 1.0), x))
    result = mt.fem.Model(mesh, LinearElastic.isotropic(1.0, 0.3)).solve(Step(held, [load]))
    assert -result.torque("base")[0] == pytest.approx(0.01 * 2.0 * np.pi, rel=2e-3)
    np.testing.assert_allclose(result.reaction("base")[0], 0.0, atol=1e-9)


def test_in_the_plane_shear_around_a_hole_has_the_moment_of_its_circle() -> None:
    square = mt.fem.box((1.0, 1.0), (3, 16), kind="quad8")
    radius, angle = 1.0 + square.points[:, 0], 0.5 * np.pi * square.points[:, 1]
    points = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    mesh = mt.fem.Mesh(points, square.cells, "quad8")
    outer = square.points[:, 0] == 1.0
    held = [Prescribed(outer, axis) for axis in "xy"]
    load = Shear(square.points[:, 0] == 0.0, 0.1, along=lambda x: np.column_stack([-x[:, 1], x[:, 0]]))
    result = mt.fem.Model(mesh, LinearElastic.isotropic(1.0, 0.3, plane="strain")).solve(Step(held, [load]))
    assert -result.torque(outer)[0] == pytest.approx(0.1 * 0.5 * np.pi, rel=1e-6)


MESH = mt.fem.box((1, 1, 1), (1, 1, 1))


def top(x: np.ndarray) -> np.ndarray:
    return x[:, 2] == 1.0


@pytest.mark.parametrize(
    ("load", "words"),
    [
        (Traction("lid", (0, 0, 1)), "there is no set of nodes 'lid'"),
        (Traction([0], (0, 0, 1)), "no face of the boundary has all its nodes among those of the traction"),
        (Traction(top, 1.0), "force 1: the traction must be a vector of 3 components, or a function"),
        (Traction(top, (1.0, 0.0)), "the traction must be a vector of 3 components"),
        (Traction(top, (1.0, 0.0, np.inf)), "force 1: the traction is not finite"),
        (Traction(top, lambda x: x[:, 0]), "returns a vector per point"),
        (Traction(top, "up"), "the traction must be an array of numbers"),
        (Shear(top, 1.0, (0.0, 0.0, 1.0)), "direction of the shear is normal to a face, or zero"),
        (Shear(top, 1.0, (0.0, 0.0, 0.0)), "direction of the shear is normal to a face, or zero"),
        (Shear(top, lambda x: x, (1.0, 0.0, 0.0)), "the shear must be one number"),
        (Shear(top, np.nan, (1.0, 0.0, 0.0)), "the shear is not finite"),
        (Shear(top, 1.0, 1.0), "the direction of the shear must be a vector of 3 components"),
    ],
)
def test_wrong_tractions_are_refused(load, words: str) -> None:
    with pytest.raises(InputError, match=words):
        resolve(Step(forces=[load]), MESH.points, mesh=MESH)


def test_a_lattice_has_no_faces_for_tractions() -> None:
    lattice = mt.Structure.box(mt.cube_cell(), mt.ElastoplasticBar(), (1, 1, 1), 1.0)
    held = [Prescribed(lambda x: x[:, 2] == 0, axis) for axis in "xyz"]
    with pytest.raises(InputError, match="force 1: a traction acts on faces of a mesh, and a lattice has none"):
        lattice.solve(Step(held, [Traction(top, (0, 0, 1))]))
