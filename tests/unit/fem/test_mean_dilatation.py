"""Mean dilatation: no locking where the flow keeps the volume, where it is on by itself; forces fit the energy."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pytest

import microtann as mt
from microtann.errors import InputError, LockingWarning
from microtann.fem import LinearElastic, Prescribed, Step, VonMises
from microtann.fem.assembly import FiniteElements
from microtann.fem.replay import strain_histories

PLANE, SPACE = VonMises(2.0, 0.3, 0.1, 0.0, plane="strain"), VonMises(2.0, 0.3, 0.1, 0.0)
LINEAR = [(2, "quad"), (3, "hexahedron"), (3, "wedge"), (3, "pyramid")]


def bent(dimension: int, kind: str, count: int = 3, size: float = 0.06) -> mt.fem.Mesh:
    """Return a unit box whose inner nodes have moved."""
    mesh = mt.fem.box((1.0,) * dimension, (count,) * dimension, kind=kind)
    inner = ((mesh.points > 0) & (mesh.points < 1)).all(axis=1)
    move = np.random.default_rng(0).uniform(-size, size, mesh.points.shape)
    return mt.fem.Mesh(mesh.points + np.where(inner[:, None], move, 0.0), mesh.cells, kind)


def solid(dimension: int) -> VonMises:
    return PLANE if dimension == 2 else SPACE


@pytest.mark.parametrize(("dimension", "kind"), LINEAR)
def test_patch(dimension: int, kind: str) -> None:
    mesh, slope = bent(dimension, kind), 0.3 * np.random.default_rng(1).normal(size=(dimension, dimension))
    boundary = ((mesh.points == 0) | (mesh.points == 1)).any(axis=1)
    held = [Prescribed(boundary, i, lambda p, i=i: p @ slope[i]) for i in range(dimension)]
    result = mt.fem.Model(mesh, solid(dimension)).solve([Step(held)])
    assert result.mean_dilatation.all()
    assert result.dissipation[-1] > 0.01
    np.testing.assert_allclose(result.displacement[0], mesh.points @ slope.T, rtol=0, atol=1e-9)
    first = result.strain[0, 0]
    np.testing.assert_allclose(result.strain, np.broadcast_to(first, result.strain.shape), rtol=0, atol=1e-9)


@pytest.mark.parametrize(("dimension", "kind"), LINEAR)
def test_forces_and_tangent_are_derivatives_of_the_energy(dimension: int, kind: str) -> None:
    system = FiniteElements(bent(dimension, kind, 2), solid(dimension), chunk=16)
    u, direction = 0.05 * np.random.default_rng(3).normal(size=(2, system.points.size))
    state, step = system.virgin(), 1e-6

    def at(v: np.ndarray):
        return system.evaluate(state, v, v, 1.0, False)

    ahead, behind = at(u + step * direction), at(u - step * direction)
    response = system.evaluate(state, u, u, 1.0, True)
    assert response.dissipation > 0.0
    potential = (ahead.energy + ahead.dissipation - behind.energy - behind.dissipation) / (2 * step)
    assert potential == pytest.approx(response.force @ direction, rel=1e-6)
    numeric = (ahead.force - behind.force) / (2 * step)
    size = np.abs(numeric).max()
    np.testing.assert_allclose(numeric, response.tangent @ direction, rtol=0, atol=1e-6 * size)
    assert response.tangent.symmetric
    matrix = response.tangent.blocks().toarray()
    np.testing.assert_allclose(matrix, matrix.T, rtol=0, atol=1e-13 * np.abs(matrix).max())


def test_the_change_of_volume_is_one_in_every_cell_and_the_mean_of_the_plain_one() -> None:
    mesh = bent(3, "hexahedron")
    moved = 0.1 * np.random.default_rng(2).normal(size=mesh.points.size)
    changes = []
    for chosen in (True, False):
        system = FiniteElements(mesh, LinearElastic.isotropic(1.0, 0.3), mean_dilatation=chosen)
        strain = system.evaluate(system.virgin(), moved, moved, 1.0, False).state.strain
        changes.append(strain[:, :3].sum(axis=1).reshape(mesh.weights.shape))
    np.testing.assert_allclose(changes[0], np.broadcast_to(changes[0][:, :1], changes[0].shape), rtol=1e-12)
    mean = (changes[1] * mesh.weights).sum(axis=1) / mesh.weights.sum(axis=1)
    np.testing.assert_allclose(changes[0][:, 0], mean, rtol=0, atol=1e-13)


def cylinder(kind: str, mean_dilatation: bool | None = None, widening: float = 0.05) -> float:
    """Return the pressure of a fully plastic thick cylinder, over 2k/√3 ln 2."""
    box = mt.fem.box(
        (1.0, 1.0) if kind == "quad" else (1.0, 1.0, 0.1), (8, 8, 1)[: 2 + (kind != "quad")], kind=kind
    )
    radius, angle = 1.0 + box.points[:, 0], 0.5 * np.pi * box.points[:, 1]
    points = box.points.copy()
    points[:, :2] = (radius * (np.cos(angle), np.sin(angle))).T
    points[np.abs(points) < 1e-12] = 0.0
    mesh = mt.fem.Mesh(points, box.cells, kind)
    inside = np.hypot(*points[:, :2].T) < 1.0 + 1e-9
    held = [Prescribed((points[:, i] == 0) & ~inside, i) for i in range(2)]
    held += [Prescribed(inside, i, lambda p, i=i: widening * p[:, i]) for i in range(2)]
    if kind != "quad":
        held.append(Prescribed(np.arange(len(points)), "z"))
    material = VonMises(210.0, 0.3, 0.24, 0.0, plane="strain" if kind == "quad" else None)
    result = mt.fem.Model(mesh, material, mean_dilatation=mean_dilatation).solve([Step(held, increments=4)])
    radial = (result.reactions[-1] * points)[inside, :2].sum()
    height = 1.0 if kind == "quad" else 0.1
    return radial / (0.5 * np.pi * height) / (2 * 0.24 / np.sqrt(3) * np.log(2))


@pytest.mark.parametrize("kind", ["quad", "hexahedron", "wedge"])
def test_a_thick_cylinder_finds_its_limit_pressure(kind: str) -> None:
    assert cylinder(kind) == pytest.approx(1.0, abs=0.01)


def test_without_it_there_is_no_limit_and_a_warning() -> None:
    with pytest.warns(
        LockingWarning, match=r"64 cells of kind 'quad' are too stiff .* leave their mean dilatation on"
    ):
        assert cylinder("quad", False, 0.3) > 1.3
    assert cylinder("quad", True, 0.3) == pytest.approx(1.0, abs=0.01)


def test_a_lattice_is_left_alone_and_a_region_may_choose() -> None:
    mesh = mt.fem.box((1, 1), (2, 2)).named(regions={"a": lambda x: x[:, 0] < 0.5, "b": lambda x: x[:, 0] > 0.5})
    lattice, rubber = mt.Lattice(mt.square_cell()), LinearElastic.isotropic(1.0, 0.4999, plane="strain")
    held = [Prescribed(lambda x: x[:, 0] == 0, i) for i in "xy"]
    step = Step([*held, Prescribed(lambda x: x[:, 0] == 1, "y", 0.1)])
    alone = mt.fem.Model(mesh, lattice).solve([step])
    assert not alone.mean_dilatation.any()
    mixed = mt.fem.Model(mesh, {"a": lattice, "b": rubber}, mean_dilatation={"b": True}).solve([step])
    np.testing.assert_array_equal(mixed.mean_dilatation, mesh.centres[:, 0] > 0.5)
    change = mixed.region("b").strain[..., :2].sum(axis=-1)
    np.testing.assert_allclose(change, np.broadcast_to(change[:, :1], change.shape), rtol=1e-9, atol=1e-15)
    points = np.arange(mesh.weights.size)
    followed = strain_histories(mixed, points)[:, -1]
    np.testing.assert_allclose(followed, mixed.strain.reshape(len(points), -1), rtol=0, atol=1e-14)
    with pytest.raises(
        InputError, match="mean dilatation is said of 'c', which is no region with its own material"
    ):
        mt.fem.Model(mesh, {"a": lattice, "b": rubber}, mean_dilatation={"c": True})


def test_quadratic_elements_need_none_and_linear_simplices_are_warned_of() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = mt.fem.Model(mt.fem.box((1, 1), (1, 1), kind="quad8"), PLANE)
        mt.fem.Model(
            mt.fem.box((1, 1), (1, 1), kind="triangle"), LinearElastic.isotropic(1.0, 0.3, plane="strain")
        )
    held = [Prescribed(lambda x: x[:, 0] == 0, i) for i in "xy"]
    assert not model.solve([Step(held)]).mean_dilatation.any()
    with pytest.warns(LockingWarning, match=r"2 cells of kind 'triangle' are too stiff .* use 'triangle6'"):
        mt.fem.Model(mt.fem.box((1, 1), (1, 1), kind="triangle"), PLANE)


def tip(kind: str, count: int, mean_dilatation: bool | None = None) -> float:
    """Return how far the middle of Cook's membrane rises, nearly incompressible in plane strain."""
    box = mt.fem.box((1.0, 1.0), (count, count), kind=kind)
    x, y = box.points.T
    mesh = mt.fem.Mesh(np.column_stack([48 * x, 44 * x + (44 - 28 * x) * y]), box.cells, kind)
    right = np.flatnonzero(x == 1.0)
    right = right[np.argsort(y[right])]
    ends = itertools.pairwise(right) if kind == "quad" else zip(right[:-2:2], right[2::2], strict=True)
    middles = right[1::2] if kind != "quad" else [None] * count
    force = np.zeros(len(x))
    for (low, high), middle in zip(ends, middles, strict=True):
        force[[low, high]] += (1 / 6 if kind != "quad" else 0.5) / count
        if middle is not None:
            force[middle] += 4 / 6 / count
    held = [Prescribed(lambda p: p[:, 0] == 0, i) for i in "xy"]
    material = LinearElastic.isotropic(1.0, 0.4999, plane="strain")
    model, options = (
        mt.fem.Model(mesh, material, mean_dilatation=mean_dilatation),
        mt.fem.SolverOptions(tolerance=1e-8, linear_solver="direct"),
    )
    result = model.solve([Step(held, [mt.fem.NodalForce(right, "y", force[right])])], options)
    return float(result.displacement[-1, result.nearest((48.0, 52.0)), 1])


def limit(values: list[float]) -> float:
    """Return what a geometric sequence tends to (Aitken)."""
    first, second = np.diff(values)
    return values[-1] + second**2 / (first - second)


def test_cooks_membrane_nearly_incompressible() -> None:
    """Both kinds rise to one limit, mesh by mesh; plain quadrilaterals hardly move."""
    averaged = [tip("quad", count, True) for count in (4, 8, 16)]
    quadratic = [tip("quad8", count) for count in (8, 16, 32)]
    assert limit(averaged) == pytest.approx(limit(quadratic), rel=2e-3)
    assert averaged[-1] == pytest.approx(limit(averaged), rel=0.015)
    assert tip("quad", 8, False) < 0.4 * averaged[-1]
