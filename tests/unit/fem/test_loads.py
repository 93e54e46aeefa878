"""Pressure on faces, forces on nodes, rotation of faces: resultants, uniform states, balance of work."""

from __future__ import annotations

import numpy as np
import pytest

import microtann as mt
from microtann.equilibrium.steps import resolve
from microtann.errors import InputError
from microtann.evaluation.structures import reference_case
from microtann.fem import LinearElastic, NodalForce, Prescribed, Pressure, Step, VonMises, rigid_rotation
from microtann.fem.elements import RULES, kinds_in

ALL = [(dimension, kind) for dimension in (2, 3) for kind in kinds_in(dimension)]


def skewed(dimension: int, kind: str) -> mt.fem.Mesh:
    """Return a box that an affine map and a shift of its middle have distorted, with flat faces."""
    box = mt.fem.box((1.0,) * dimension, (2,) * dimension, kind=kind)
    slope = np.array([[1.0, 0.3, 0.1], [-0.2, 1.2, 0.2], [0.1, 0.0, 0.9]])[:dimension, :dimension]
    edges = RULES[kind].edges
    first = box.cells.shape[1] - len(edges)
    points = box.points.copy()
    inner = np.isclose(box.points, 0.5).all(axis=1)
    points[inner] += 0.07
    for place, (a, b) in enumerate(edges, start=first):
        points[box.cells[:, place]] = 0.5 * (points[box.cells[:, a]] + points[box.cells[:, b]])
    return mt.fem.Mesh(points @ slope.T, box.cells, kind)


def everywhere(x: np.ndarray) -> np.ndarray:
    return np.ones(len(x), dtype=bool)


@pytest.mark.parametrize(("dimension", "kind"), ALL)
def test_pressure_all_around_is_a_uniform_stress(dimension: int, kind: str) -> None:
    """Patch test of the forces: no shear, and −p in every direction, in a body of any elements."""
    mesh, pressure = skewed(dimension, kind), 0.3
    material = LinearElastic.isotropic(1.0, 0.3, plane=None if dimension == 3 else "stress")
    corner = mesh.points - mesh.points[0]
    far = [int(np.argmax(np.abs(corner[:, i]))) for i in range(dimension)]
    held = [Prescribed([0], i) for i in range(dimension)]
    x, y = corner[far[0]], corner[far[1]]
    # the exact motion shrinks all lengths alike: a few nodes that follow it are enough to hold the body
    shrink = -pressure * (0.4 if dimension == 3 else 0.7)
    held += [Prescribed([far[0]], i, shrink * x[i]) for i in range(1, dimension)]
    held += [Prescribed([far[1]], 2, shrink * y[2])] if dimension == 3 else []
    result = mt.fem.Model(mesh, material).solve([Step(held, [Pressure(everywhere, pressure)])])
    expected = np.zeros(result.stress.shape)
    expected[..., :dimension] = -pressure
    np.testing.assert_allclose(result.stress, expected, rtol=0, atol=1e-9)
    np.testing.assert_allclose(result.displacement[0], shrink * corner, rtol=0, atol=1e-9)
    assert np.abs(result.reactions).max() < 1e-9


@pytest.mark.parametrize(("dimension", "kind"), ALL)
def test_resultant_of_a_pressure_that_grows_with_depth(dimension: int, kind: str) -> None:
    """Buoyancy: the force of a hydrostatic pressure is the weight of the fluid displaced, through its centre."""
    mesh = skewed(dimension, kind)
    step = Step(forces=[Pressure(everywhere, lambda x: 5.0 - 2.0 * x[:, -1])])
    force = resolve(step, mesh.points, mesh=mesh).force
    up = np.zeros(dimension)
    up[-1] = 2.0 * mesh.volume
    np.testing.assert_allclose(force.sum(axis=0), up, rtol=0, atol=1e-12)
    places = np.einsum("gn,end->egd", mesh.element.values, mesh.points[mesh.cells])
    centre = np.einsum("eg,egd->d", mesh.weights, places) / mesh.volume
    moment = (mesh.points[:, 0] - centre[0]) @ force[:, -1] - (mesh.points[:, -1] - centre[-1]) @ force[:, 0]
    assert moment == pytest.approx(0.0, abs=1e-12)


def test_the_same_face_by_name_by_place_and_by_nodes() -> None:
    plain = mt.fem.box((2.0, 3.0, 1.0), (2, 2, 2))
    mesh = plain.named(sets={"nodes": lambda x: x[:, 0] == 2.0}, sides={"side": lambda x: x[:, 0] == 2.0})
    assert mesh.sets["side"].tolist() == mesh.sets["nodes"].tolist()
    assert "sides 'side'" in repr(mesh)
    chosen = ["side", "nodes", mesh.sets["nodes"], plain.points[:, 0] == 2.0, lambda x: x[:, 0] == 2.0]
    forces = [resolve(Step(forces=[Pressure(faces, 2.0)]), mesh.points, mesh=mesh).force for faces in chosen]
    np.testing.assert_allclose(forces[0].sum(axis=0), [-6.0, 0.0, 0.0], rtol=0, atol=1e-13)
    for force in forces[1:]:
        np.testing.assert_array_equal(force, forces[0])
    moved = mesh.named(sides={"side": lambda x: x[:, 0] == 0.0})
    assert moved.points[moved.sets["side"], 0].tolist() == [0.0] * 9


def test_work_of_pressure_and_forces_is_energy_and_dissipation() -> None:
    """A beam that bends into flow under a pressure and forces of several sizes, and is then released."""
    mesh = mt.fem.box((4.0, 1.0, 1.0), (4, 1, 1), kind="hexahedron20").named(
        sets={"wall": lambda x: x[:, 0] == 0.0, "tip": lambda x: x[:, 0] == 4.0},
        sides={"top": lambda x: x[:, 2] == 1.0},
    )
    held = [Prescribed("wall", axis) for axis in "xyz"]
    along = 1e-3 * np.arange(1.0, 1.0 + len(mesh.sets["tip"]))
    loads = [Pressure("top", lambda x: 0.01 * x[:, 0]), NodalForce("tip", "x", along)]
    model = mt.fem.Model(mesh, VonMises(1.0, 0.3, 0.2, 0.05))
    full = resolve(Step(held, loads), mesh.points, mesh=mesh).force
    defects = []
    for increments in (4, 8, 16):
        result = model.solve([Step(held, loads, increments), Step(held, increments=increments)])
        up = np.linspace(0.0, 1.0, increments + 1)
        share = np.concatenate([up, up[-2::-1]])
        u = np.concatenate([np.zeros((1, *mesh.points.shape)), result.displacement])
        mean = 0.5 * (share[1:] + share[:-1])
        work = mean * np.einsum("nd,tnd->t", full, np.diff(u, axis=0))
        defect = work - np.diff(result.energy, prepend=0.0) - np.diff(result.dissipation, prepend=0.0)
        assert result.dissipation[-1] > 0.05 * result.energy.max()
        assert np.abs(result.reactions[-1].sum(axis=0)).max() < 1e-9
        defects.append(abs(defect.sum()) / result.dissipation[-1])
    assert defects[0] > 3 * defects[1] > 9 * defects[2] > 0


def test_a_rotated_face_is_the_twist_of_the_reference_structures() -> None:
    case = reference_case("lcT2")
    points = mt.fem.box(case.lengths, (2, 2, 4), case.origin).points
    own, expected = (
        resolve(Step(prescribed), points)
        for prescribed in (
            [
                *(Prescribed(lambda x: x[:, 2] == 0, axis) for axis in "xyz"),
                *rigid_rotation(lambda x: x[:, 2] == 20, 60.0, free_along_axis=True),
            ],
            case.steps[0].prescribed,
        )
    )
    np.testing.assert_array_equal(own.held, expected.held)
    np.testing.assert_allclose(own.target, expected.target, rtol=0, atol=1e-14)


@pytest.mark.parametrize("axis", ["x", "y", "z"])
def test_a_rotation_keeps_lengths_and_its_axis(axis: str) -> None:
    points, centre = np.random.default_rng(0).normal(size=(6, 3)), np.array([1.0, -2.0, 0.5])
    moved = points + resolve(Step(rigid_rotation(range(6), 90.0, axis, centre)), points).target
    k = "xyz".index(axis)
    before, after = points - centre, moved - centre
    np.testing.assert_allclose(after[:, k], before[:, k], rtol=0, atol=1e-14)
    np.testing.assert_allclose(after[:, (k + 1) % 3], -before[:, (k + 2) % 3], rtol=0, atol=1e-14)
    np.testing.assert_allclose(after[:, (k + 2) % 3], before[:, (k + 1) % 3], rtol=0, atol=1e-14)


def test_a_rotation_in_the_plane() -> None:
    points = np.array([[1.0, 0.0], [0.0, 2.0]])
    step = Step(rigid_rotation([0, 1], 90.0, free_along_axis=True))
    np.testing.assert_allclose(points + resolve(step, points).target, [[0.0, 1.0], [-2.0, 0.0]], atol=1e-15)


MESH = mt.fem.box((1, 1, 1), (2, 2, 2))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Pressure("lid", 1.0), "step, force 1: there is no set of nodes 'lid'; the mesh has: none"),
        (lambda: Pressure([13], 1.0), "no face of the boundary has all its nodes among those"),
        (lambda: Pressure(everywhere, np.nan), "step, force 1: the pressure is not finite"),
        (lambda: Pressure(everywhere, lambda x: x), "one number, or a function that returns one per point"),
        (lambda: rigid_rotation([0], 1.0, axis="w"), "'x', 'y' or 'z', got 'w'"),
        (lambda: rigid_rotation([0], np.inf), "the angle of a rotation must be finite"),
        (lambda: rigid_rotation([0], 1.0, centre=(0, 0))[0], "the centre of a rotation has 3 finite coordinates"),
    ],
)
def test_wrong_loads_are_refused(make, words: str) -> None:
    def apply() -> None:
        item = make()
        step = Step([item]) if isinstance(item, Prescribed) else Step(forces=[item])
        resolve(step, MESH.points, mesh=MESH)

    with pytest.raises(InputError, match=words):
        apply()


def test_a_lattice_has_no_faces() -> None:
    lattice = mt.Structure.box(mt.cube_cell(), mt.ElastoplasticBar(), (1, 1, 1), 1.0)
    held = [Prescribed(everywhere, axis) for axis in "xyz"]
    with pytest.raises(
        InputError, match="step 1, force 1: a pressure acts on faces of a mesh, and a lattice has none"
    ):
        lattice.solve([Step(held, [Pressure(everywhere, 1.0)])])
    with pytest.raises(InputError, match="there is no set of nodes 'base'; the mesh has: none"):
        lattice.solve([Step([Prescribed("base", "x")])])
