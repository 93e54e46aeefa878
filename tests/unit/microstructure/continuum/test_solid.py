"""Solids against closed forms of laminates, identities of energies, and finite differences of their tangents."""

from __future__ import annotations

import numpy as np
import pytest

import microtann as mt
from microtann import fem
from microtann.errors import CellError, InputError
from microtann.microstructure.continuum.solid import Solid
from microtann.microstructure.plastic_points import PlasticPoints
from microtann.microstructure.registry import known_microstructures

SOFT = fem.VonMises(plane="strain")
HARD = fem.LinearElastic.isotropic(10.0, 0.25, plane="strain")


@pytest.fixture(scope="module")
def void() -> Solid:
    return mt.voided_cell(0.3, divisions=2, layers=2)


@pytest.fixture(scope="module")
def walked(void: Solid) -> dict[str, np.ndarray]:
    """A state of two cells that has flowed to and fro."""
    rng, state = np.random.default_rng(3), void.initial_state(2)
    for _ in range(4):
        _, _, state = void.update(0.4 * rng.standard_normal((2, 3)), state, tangent=False)
    return state


def layers(axis: int, kind: str = "quad", phases: tuple[fem.Material, fem.Material] = (SOFT, HARD)) -> Solid:
    """Return a laminate, 1/4 of it of the first phase, stacked along an axis."""
    lengths, divisions = ([1.0, 0.5], [4, 2]) if axis == 0 else ([0.5, 1.0], [2, 4])
    mesh = fem.box(lengths, divisions, kind=kind)
    regions = {"soft": mesh.centres[:, axis] < 0.25, "hard": mesh.centres[:, axis] > 0.25}
    return mt.Solid(mesh.named(regions=regions), dict(zip(("soft", "hard"), phases, strict=True)))


def laminate_stiffness(one: np.ndarray, other: np.ndarray, share: float, axis: int) -> np.ndarray:
    """Return the stiffness of a laminate: normal stresses and tangential strains are the same in both layers."""
    size = len(one)
    d = 2 if size == 3 else 3
    pairs = [(0, 0), (1, 1), (0, 1)] if d == 2 else [(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)]
    normal = [i for i, pair in enumerate(pairs) if axis in pair]
    plain = [i for i in range(size) if i not in normal]
    fractions, moduli = (share, 1.0 - share), (one, other)
    inverse = [np.linalg.inv(c[np.ix_(normal, normal)]) for c in moduli]
    across = [a @ c[np.ix_(normal, plain)] for a, c in zip(inverse, moduli, strict=True)]

    def mean(parts: list[np.ndarray]) -> np.ndarray:
        return sum(f * part for f, part in zip(fractions, parts, strict=True))

    stiff = np.linalg.inv(mean(inverse))
    along = mean(
        [c[np.ix_(plain, plain)] - c[np.ix_(plain, normal)] @ b for c, b in zip(moduli, across, strict=True)]
    )
    found = np.empty((size, size))
    found[np.ix_(normal, normal)] = stiff
    found[np.ix_(normal, plain)] = stiff @ mean(across)
    found[np.ix_(plain, normal)] = found[np.ix_(normal, plain)].T
    found[np.ix_(plain, plain)] = along + mean(across).T @ stiff @ mean(across)
    return found


@pytest.mark.filterwarnings("ignore::microtann.errors.LockingWarning")
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("kind", ["quad", "quad8", "triangle", "triangle6"])
def test_an_elastic_laminate_has_its_closed_form(axis: int, kind: str) -> None:
    found = layers(axis, kind).elastic_stiffness()
    elastic = fem.LinearElastic.isotropic(1.0, 0.3, plane="strain").stiffness
    np.testing.assert_allclose(found, laminate_stiffness(elastic, HARD.stiffness, 0.25, axis), atol=1e-13)


@pytest.mark.parametrize("kind", ["hexahedron", "tetra10"])
def test_an_elastic_laminate_in_space_has_its_closed_form(kind: str) -> None:
    mesh = fem.box((1, 1, 1), (2, 2, 2), kind=kind)
    cells = {"a": mesh.centres[:, 2] < 0.5, "b": mesh.centres[:, 2] > 0.5}
    one, other = fem.LinearElastic.isotropic(1.0, 0.3), fem.LinearElastic.isotropic(7.0, 0.2)
    found = mt.Solid(mesh.named(regions=cells), {"a": one, "b": other}).elastic_stiffness()
    np.testing.assert_allclose(found, laminate_stiffness(one.stiffness, other.stiffness, 0.5, 2), atol=1e-13)


@pytest.mark.parametrize("axis", [0, 1])
def test_a_plastic_laminate_solves_the_problem_of_two_points(axis: int) -> None:
    """Normal stress and tangential strain are the same in both layers: two unknown jumps of strain."""
    solid, share = layers(axis), 0.25
    normal = [axis, 2]
    state = solid.initial_state(1)
    states, before = [SOFT.initial_state(1), HARD.initial_state(1)], np.zeros((2, 1, 3))
    rng = np.random.default_rng(1)
    for _ in range(4):
        move = 0.4 * rng.standard_normal((1, 3))
        stress, _, state = solid.update(move, state, tangent=False)
        jump = np.zeros(2)
        for _ in range(30):
            strain = np.repeat(before[:1] * 0.0 + state["strain"], 2, axis=0)
            strain[0, 0, normal] += (1.0 - share) * jump
            strain[1, 0, normal] -= share * jump
            answers = [phase.update(strain[i] - before[i], states[i]) for i, phase in enumerate((SOFT, HARD))]
            gap = (answers[0][0] - answers[1][0])[0, normal]
            slope = (1.0 - share) * answers[0][1][0] + share * answers[1][1][0]
            jump = jump - np.linalg.solve(slope[np.ix_(normal, normal)], gap)
        before, states = strain, [answer[2] for answer in answers]
        expected = share * answers[0][0] + (1.0 - share) * answers[1][0]
        np.testing.assert_allclose(stress, expected, atol=1e-10)


def test_a_cell_of_one_phase_is_that_phase() -> None:
    """The patch test: without a second phase there is no fluctuation."""
    mesh = fem.box((2.0, 1.0), (3, 2))
    moved = mesh.points + np.where((mesh.points > 0).all(1) & (mesh.points < (2, 1)).all(1), 0.1, 0.0)[:, None]
    solid = mt.Solid(fem.Mesh(moved, mesh.cells, "quad"), SOFT)
    move = np.array([[0.7, -0.2, 0.5], [0.1, 0.0, 0.0]])
    stress, tangent, state = solid.update(move, solid.initial_state(2))
    expected, moduli, own = SOFT.update(move, SOFT.initial_state(2))
    np.testing.assert_allclose(stress, expected, atol=1e-14)
    np.testing.assert_allclose(tangent, moduli, atol=1e-13)
    np.testing.assert_allclose(state["energy"], own["energy"], atol=1e-14)
    np.testing.assert_allclose(state["dissipation"], own["dissipation"], atol=1e-14)
    assert np.abs(state["fluctuation"]).max() < 1e-12


def test_work_is_stored_or_dissipated(void: Solid, walked: dict[str, np.ndarray]) -> None:
    """Hill and Mandel, with the backward rule: ½ (S + S⁺)·ΔE ≤ ΔΨ + D, and equal where nothing flows."""
    move = np.array([[0.2, -0.1, 0.3], [-0.3, 0.2, 0.1]])
    before, _, rest = void.update(np.zeros((2, 3)), walked, tangent=False)
    np.testing.assert_allclose(rest["plastic_strain"], walked["plastic_strain"], atol=1e-12)
    stress, _, after = void.update(move, walked, tangent=False)
    work = 0.5 * np.einsum("nv,nv->n", before + stress, move)
    assert (work <= after["energy"] - walked["energy"] + after["dissipation"] + 1e-15).all()
    back = -1e-4 * move
    small, _, unloaded = void.update(back, after, tangent=False)
    work = 0.5 * np.einsum("nv,nv->n", stress + small, back)
    np.testing.assert_allclose(work, unloaded["energy"] - after["energy"] + unloaded["dissipation"], atol=1e-12)


def test_tangents_are_those_of_finite_differences(void: Solid, walked: dict[str, np.ndarray]) -> None:
    move, step = np.array([[0.3, 0.1, -0.2], [0.01, 0.0, 0.0]]), 1e-6
    _, tangent, after = void.update(move, walked)
    sides = [
        [void.update(move + sign * step * np.eye(3)[i], walked, tangent=False) for sign in (1, -1)]
        for i in range(3)
    ]
    differences = np.stack([(a[0] - b[0]) / (2 * step) for a, b in sides], axis=2)
    np.testing.assert_allclose(tangent, differences, atol=1e-8)
    np.testing.assert_allclose(tangent, tangent.transpose(0, 2, 1), atol=1e-14)
    assert (after["dissipation"] > 0).any()


def test_stress_is_the_derivative_of_the_energy_at_given_plastic_strains(
    void: Solid, walked: dict[str, np.ndarray]
) -> None:
    plastic, strain, step = void.decode(walked), walked["strain"], 1e-5
    stress, _, _ = void.update(np.zeros((2, 3)), walked, tangent=False)
    for i in range(3):
        up, down = (void.state_of(plastic, strain + sign * step * np.eye(3)[i]) for sign in (1, -1))
        slope = (_energy(void, up) - _energy(void, down)) / (2 * step)
        np.testing.assert_allclose(stress[:, i], slope, atol=1e-8)


def _energy(void: Solid, state: dict[str, np.ndarray] | None) -> np.ndarray:
    """Return the energy with the plastic strains held, from the modes that these are."""
    assert state is not None
    points = void.plastic_points()
    assert points is not None
    modes = np.moveaxis(void.decode(state)["plastic_strain"], 0, 2)
    c, b, k = points.project(modes)
    strain = state["strain"]
    own = 0.5 * np.einsum("nv,vw,nw->n", strain, c, strain) - np.einsum("nv,nv->n", strain, b)
    return own + 0.5 * np.diag(k)


def test_states_come_back_from_their_coordinates(void: Solid, walked: dict[str, np.ndarray]) -> None:
    state = void.state_of(void.decode(walked), walked["strain"])
    assert state is not None
    for name in ("plastic_strain", "fluctuation", "energy"):
        np.testing.assert_allclose(state[name], walked[name], atol=1e-12)
    np.testing.assert_allclose(_energy(void, state), walked["energy"], atol=1e-12)


def test_the_points_that_flow_tell_what_they_dissipate(void: Solid, walked: dict[str, np.ndarray]) -> None:
    points = void.plastic_points()
    assert isinstance(points, PlasticPoints)
    _, _, after = void.update(np.full((2, 3), 0.2), walked, tangent=False)
    change = void.decode(after)["plastic_strain"] - void.decode(walked)["plastic_strain"]
    dissipated = np.linalg.norm(change, axis=2) @ (points.volume_fraction * points.resistance)
    np.testing.assert_allclose(dissipated, after["dissipation"], atol=1e-14)
    assert points.volume_fraction.sum() == pytest.approx(void.volume_fractions[""])


def test_phases_that_stay_elastic_have_no_plastic_strains() -> None:
    solid = mt.inclusion_cell(0.3, divisions=2, layers=2)
    points = solid.plastic_points()
    assert points is not None
    assert points.volume_fraction.sum() == pytest.approx(solid.volume_fractions["matrix"])
    assert solid.coordinate_shapes["plastic_strain"] == (4 * 2 * 4 * 2, 3)
    assert mt.Solid(fem.box((1, 1), (2, 2)), HARD).plastic_points() is None


def test_a_virgin_solid_comes_back_to_no_strain(void: Solid) -> None:
    path = 0.02 * np.array([1.0, 2.0, 1.0, 0.0])[:, None] * np.array([1.0, 0.3, 0.2])
    assert np.abs(void.solve(path).stress[-1]).max() < 1e-12


def test_first_yield_is_where_the_first_point_flows(void: Solid) -> None:
    direction = np.array([[1.0, 0.0, 0.0], [0.3, -0.5, 0.8]])
    limit = void.first_yield(direction)
    for share, flows in ((0.999, False), (1.001, True)):
        _, _, state = void.update(share * limit[:, None] * direction, void.initial_state(2), tangent=False)
        assert ((state["dissipation"] > 0) == flows).all()


@pytest.mark.parametrize("solid", [mt.voided_cell(0.2, divisions=2, layers=1), layers(0, "quad8")])
def test_solids_come_back_from_their_arrays(solid: Solid) -> None:
    again = known_microstructures()["solid"].of_groups(solid.groups())
    move = np.array([[0.4, -0.1, 0.2]])
    one, other = (s.update(move, s.initial_state(1)) for s in (solid, again))
    np.testing.assert_array_equal(one[0], other[0])
    assert again.coordinate_shapes == solid.coordinate_shapes


def test_a_mesh_whose_faces_do_not_match_is_refused() -> None:
    mesh = fem.box((1, 1), (2, 2))
    moved = mesh.points + np.where((mesh.points == (1.0, 0.5)).all(1), 1.0, 0.0)[:, None] * (0.0, 0.1)
    with pytest.raises(CellError, match=r"1 of 3 nodes on the .* face along x have no partner"):
        mt.Solid(fem.Mesh(moved, mesh.cells, "quad"), SOFT)


def test_parts_that_nothing_joins_are_refused() -> None:
    mesh = fem.box((1, 1), (5, 5))
    ring = np.abs(mesh.centres - 0.5).max(axis=1) > 0.3
    core = np.abs(mesh.centres - 0.5).max(axis=1) < 0.1
    used, cells = np.unique(mesh.cells[ring | core], return_inverse=True)
    with pytest.raises(CellError, match="2 parts that nothing joins; the smallest, of 4 nodes"):
        mt.Solid(fem.Mesh(mesh.points[used], cells.reshape(-1, 4), "quad"), SOFT)


def test_a_cell_that_does_not_hang_together_is_refused() -> None:
    strip = mt.Solid(fem.box((1, 0.5), (2, 1)), SOFT, periods=(1, 1))
    with pytest.raises(CellError, match="no stiffness against average strain"):
        strip.elastic_stiffness()


def test_phases_of_another_dimension_are_refused() -> None:
    with pytest.raises(CellError, match="has 6 strain components, but the cell is in the plane"):
        mt.Solid(fem.box((1, 1), (2, 2)), fem.VonMises())
    with pytest.raises(InputError, match="no such region"):
        mt.Solid(fem.box((1, 1), (2, 2)), {"steel": SOFT})


def test_pictures_show_phases_and_where_it_has_flowed(void: Solid, walked: dict[str, np.ndarray]) -> None:
    virgin, one = void.picture(), {name: value[0] for name, value in walked.items()}
    assert virgin.label == "phase"
    picture = void.picture(one)
    assert picture.values.shape == (void.mesh.cell_count,)
    assert picture.values.max() > 0
    np.testing.assert_array_equal(picture.displacement, void.decode(one)["displacement"])
    ball = mt.inclusion_cell(0.3, dimension=3, divisions=2, layers=1).picture()
    assert sum(len(cells) for cells in ball.cells) == len(ball.values) == 4 * 6 + 8 + 4 * 6
    assert ball.drawn is not None
    assert ball.drawn.sum() == len(ball.values) // 2
