"""Finite elements in the plane, and quadratic ones: patch tests, tangents, nested spaces, output."""

from __future__ import annotations

import meshio
import numpy as np
import pytest

import microtann as mt
from microtann.errors import InputError
from microtann.fem import Prescribed, Step
from microtann.fem.assembly import FiniteElements
from microtann.fem.elements import RULES, kinds_in

CELL, BAR = mt.square_cell((2, 2), perturbation=0.2), mt.ElastoplasticBar()
SLOPE = np.array([[0.3, 0.1, 0.05], [-0.2, -0.4, 0.1], [0.02, 0.15, 0.2]])
ALL = [(2, kind) for kind in kinds_in(2)] + [(3, kind) for kind in kinds_in(3)]


def material(dimension: int) -> mt.Lattice:
    return mt.Lattice(CELL if dimension == 2 else mt.cube_cell(), BAR)


def distorted(dimension: int, kind: str) -> mt.fem.Mesh:
    """Return a unit box whose inner corners have moved, with straight edges."""
    mesh = mt.fem.box((1.0,) * dimension, (3,) * dimension, kind=kind)
    edges = RULES[kind].edges
    corners = np.unique(mesh.cells[:, : mesh.cells.shape[1] - len(edges)])
    inner = ((mesh.points > 0) & (mesh.points < 1)).all(axis=1)
    move = np.zeros_like(mesh.points)
    moved = np.intersect1d(corners, np.flatnonzero(inner))
    move[moved] = np.random.default_rng(0).uniform(-0.06, 0.06, (len(moved), dimension))
    for place, (a, b) in enumerate(edges, start=mesh.cells.shape[1] - len(edges)):
        move[mesh.cells[:, place]] = 0.5 * (move[mesh.cells[:, a]] + move[mesh.cells[:, b]])
    return mt.fem.Mesh(mesh.points + move, mesh.cells, kind)


@pytest.mark.parametrize(("dimension", "kind"), ALL)
def test_patch(dimension: int, kind: str) -> None:
    """An affine motion of the boundary gives a uniform strain and the stress of the cell, in flow."""
    mesh, slope = distorted(dimension, kind), 2.0 * SLOPE[:dimension, :dimension]
    boundary = ((mesh.points == 0) | (mesh.points == 1)).any(axis=1)
    held = [Prescribed(boundary, i, lambda p, i=i: p @ slope[i]) for i in range(dimension)]
    result = mt.fem.Model(mesh, material(dimension)).solve([Step(held)])
    np.testing.assert_allclose(result.displacement[0], mesh.points @ slope.T, rtol=0, atol=1e-9)
    shear = [(1, 2), (0, 2), (0, 1)] if dimension == 3 else [(0, 1)]
    strain = np.array([*np.diag(slope), *(slope[i, j] + slope[j, i] for i, j in shear)])
    cell = mt.solve_cell(material(dimension).cell, BAR, strain[None])
    assert cell.dissipation[0] > 0.01
    np.testing.assert_allclose(result.strain, np.broadcast_to(strain, result.strain.shape), rtol=0, atol=1e-9)
    stress = np.broadcast_to(cell.stress[0], result.stress.shape)
    np.testing.assert_allclose(result.stress, stress, rtol=0, atol=1e-8)
    assert mesh.volume == pytest.approx(1.0, rel=1e-13)
    assert result.energy[0] == pytest.approx(cell.energy[0], rel=1e-9)
    assert result.dissipation[0] == pytest.approx(cell.dissipation[0], rel=1e-9)


@pytest.mark.parametrize("kind", kinds_in(2))
def test_tangent_and_forces_are_derivatives(kind: str) -> None:
    mesh = distorted(2, kind)
    system = FiniteElements(mesh, material(2), chunk=16)
    u, direction = 0.2 * np.random.default_rng(3).normal(size=(2, mesh.points.size))
    state, step = system.virgin(), 1e-7

    def at(v: np.ndarray):
        return system.evaluate(state, v, v, 1.0, False)

    ahead, behind = at(u + step * direction), at(u - step * direction)
    response = system.evaluate(state, u, u, 1.0, True)
    assert response.dissipation > 0.0
    potential = (ahead.energy + ahead.dissipation - behind.energy - behind.dissipation) / (2 * step)
    assert potential == pytest.approx(response.force @ direction, rel=1e-5)
    exact = response.tangent @ direction
    np.testing.assert_allclose((ahead.force - behind.force) / (2 * step), exact, rtol=0, atol=1e-5)


def energy_of(dimension: int, kind: str, divisions: int) -> float:
    """Return the energy of an elastic body that is sheared between two fixed ends."""
    lengths = (1.0,) * (dimension - 1) + (2.0,)
    mesh = mt.fem.box(lengths, np.rint(np.array(lengths) * divisions).astype(int), kind=kind)
    low, high = (lambda x: x[:, -1] == 0.0), (lambda x: x[:, -1] == 2.0)
    held = [Prescribed(low, i) for i in range(dimension)] + [Prescribed(high, i) for i in range(1, dimension)]
    step = Step([*held, Prescribed(high, 0, 0.02)])
    result = mt.fem.Model(mesh, material(dimension)).solve([step])
    assert result.dissipation[0] == 0.0
    return float(result.energy[0])


@pytest.mark.parametrize(
    ("dimension", "kind", "higher"),
    [
        (2, "quad", "quad8"),
        (2, "triangle", "triangle6"),
        (3, "hexahedron", "hexahedron20"),
        (3, "tetra", "tetra10"),
    ],
)
def test_energy_falls_with_every_larger_space_of_functions(dimension: int, kind: str, higher: str) -> None:
    """Halved elements, and quadratic ones, contain the functions of the mesh: elastic energy can only be lower."""
    coarse, halved, quadratic = (
        energy_of(dimension, kind, 2),
        energy_of(dimension, kind, 4),
        energy_of(dimension, higher, 2),
    )
    assert quadratic < halved < coarse


def test_a_strip_in_the_plane_agrees_with_its_lattice() -> None:
    """Uniform compression with free sides: any mesh and any lattice give the response of the cell."""
    cell, lengths = mt.square_cell(), (1.0, 2.0)

    def steps(low: float) -> list[Step]:
        base, top = (lambda x: x[:, 1] == 0.0), (lambda x: np.abs(x[:, 1] - 2.0) < 1e-12)
        corner = lambda x: (x[:, 0] == 0.0) & (x[:, 1] == 0.0)  # noqa: E731
        return [Step([Prescribed(base, "y"), Prescribed(corner, "x"), Prescribed(top, "y", low)])]

    lattice = mt.Structure.box(cell, BAR, lengths, 0.5).solve(steps(-1.0))
    for kind in kinds_in(2):
        mesh = mt.fem.box(lengths, (2, 3), kind=kind)
        result = mt.fem.Model(mesh, mt.Lattice(cell, BAR)).solve(steps(-1.0))
        assert result.dissipation[-1] > 0.01
        assert result.energy[-1] == pytest.approx(lattice.energy[-1], rel=1e-9)
        assert result.dissipation[-1] == pytest.approx(lattice.dissipation[-1], rel=1e-9)
        corner = result.displacement[-1][result.nearest((1.0, 2.0))]
        np.testing.assert_allclose(corner, lattice.displacement[-1][lattice.nearest((1.0, 2.0))], atol=1e-9)


@pytest.mark.parametrize("kind", ["quad8", "triangle6"])
def test_output_in_the_plane(kind: str, tmp_path) -> None:
    """Stress and strain are tensors of space, whose components out of the plane vanish."""
    mesh = mt.fem.box((1, 1), (2, 2), kind=kind)
    sides = [Prescribed(lambda x: x[:, 0] >= 0, a, lambda x, a=a: 0.1 * x @ SLOPE[:2, :2][a]) for a in (0, 1)]
    result = mt.fem.Model(mesh, material(2)).solve([Step(sides)])
    result.write(tmp_path)
    mt.plotting.plot_body(result)
    written = meshio.read(tmp_path / "fe-0000.vtu")
    (stress,) = written.cell_data["stress"]
    xx, yy, xy = result.fields[0]["stress"].T
    np.testing.assert_allclose(stress, np.column_stack([xx, yy, 0 * xx, xy, 0 * xx, 0 * xx]), rtol=0, atol=1e-15)
    assert written.points.shape == (len(mesh.points), 3)
    assert written.cells[0].type == kind


def test_mesh_and_material_must_share_their_dimension() -> None:
    held = [Prescribed(lambda x: x[:, 0] == 0, axis) for axis in "xy"]
    with pytest.raises(InputError, match=r"6 strain components, but finite elements are in the plane and need 3"):
        mt.fem.Model(mt.fem.box((1, 1), (1, 1)), material(3)).solve([Step(held)])
    with pytest.raises(InputError, match="a box in 2 dimensions is made of quad, quad8, triangle, triangle6"):
        mt.fem.box((1, 1), (1, 1), kind="hexahedron")
    with pytest.raises(InputError, match="two positive integers"):
        mt.fem.box((1, 1), (1, 1, 1))
    with pytest.raises(InputError, match=r"shape \(N, 2\)"):
        mt.fem.Mesh(np.zeros((4, 3)), [[0, 1, 2, 3]], "quad")
