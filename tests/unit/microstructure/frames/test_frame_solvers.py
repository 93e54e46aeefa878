"""Newton's method beam by beam against active sets in the plastic strains, and what both cannot take."""

from __future__ import annotations

import numpy as np
import pytest

import microtann as mt
from microtann.errors import CellError, ReadingNote
from microtann.fem.assembly import FiniteElements

SECTION = mt.CrossSection.rectangle(0.05, 0.08, fibres=(2, 2), shear=True)
SOFT = mt.ElastoplasticBar(hardening=1e-3)


@pytest.fixture(
    scope="module",
    params=[
        (mt.honeycomb_cell(perturbation=0.1), [[True, False]] + [[False, False]] * 5),
        (mt.kelvin_cell(perturbation=0.1), [[False, True]] * 3 + [[False, False]] * 21),
    ],
    ids=["plane", "space"],
)
def frame(request: pytest.FixtureRequest) -> mt.Frame:
    """Return a frame of some pins, with shear and hardly any hardening."""
    cell, pinned = request.param
    return mt.Frame(cell, SECTION, SOFT, sections=3, pinned=pinned)


@pytest.mark.parametrize("size", [0.5, 50.0], ids=["small", "large"])
def test_both_solvers_find_the_same(frame: mt.Frame, size: float) -> None:
    rng = np.random.default_rng(0)
    flow, state = frame.flow, frame.initial_state(9)
    assert frame.exact_states > 64
    for _ in range(3):
        strain = state["strain"] + size * frame.strain_scale * rng.standard_normal((9, frame.components))
        newton = flow.advance(strain, state["plastic_strain"], tangent=True)
        sets = flow.advance(strain, state["plastic_strain"], tangent=True, solver="active-set")
        for name in ("plastic_strain", "energy", "dissipation", "tangent"):
            ours, theirs = getattr(newton, name), getattr(sets, name)
            np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-10 * np.abs(theirs).max())
        state = {"strain": strain, "plastic_strain": newton.plastic_strain}
    assert (state["plastic_strain"] != 0).mean() > 0.01


@pytest.mark.parametrize("hardening", [0.1, 0.0], ids=["newton", "sets"])
def test_finite_elements_of_frames_on_several_threads_give_the_same_bits(hardening: float) -> None:
    """Compiled solvers release the interpreter's lock and keep nothing between calls."""
    mesh = mt.fem.box((1, 1), (6, 6))
    frame = mt.Frame(mt.square_grid_cell(), bar=mt.ElastoplasticBar(hardening=hardening), sections=5)
    moves = 2.0 * np.random.default_rng(2).normal(size=mesh.points.size)
    systems = [FiniteElements(mesh, frame, chunk=16, threads=threads) for threads in (1, 3)]
    one, three = (system.evaluate(system.virgin(), moves, moves, 1.0, True) for system in systems)
    assert one.dissipation == three.dissipation > 0.0
    assert one.energy == three.energy
    np.testing.assert_array_equal(one.force, three.force)
    np.testing.assert_array_equal(one.tangent.data, three.tangent.data)


def test_an_elastic_frame_is_that_of_the_dense_operators(frame: mt.Frame) -> None:
    rng = np.random.default_rng(1)
    elastic, condensed = frame.flow.elastic, frame.flow.condensed
    strain, fibres = rng.standard_normal((4, frame.components)), rng.standard_normal((4, frame.exact_states))
    points = np.pad(fibres, ((0, 0), (0, condensed.count - condensed.fibres)))
    for ours, theirs in (
        (elastic.elasticity, condensed.elasticity),
        (elastic.coupling, condensed.coupling[: condensed.fibres]),
        (elastic.energy(strain, fibres), condensed.energy(strain, points)),
        (elastic.motion(strain, fibres), condensed.motion(strain, points)),
        (elastic.fibre_stress(strain, fibres), condensed.point_stress(strain, points)[:, : condensed.fibres]),
    ):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12 * np.abs(theirs).max())


def test_a_large_cell_in_space_needs_no_dense_operators() -> None:
    frame = mt.Frame(mt.kelvin_cell((2, 2, 2)), mt.CrossSection.circle(0.02, fibres=(1, 6)), sections=3)
    assert frame.exact_states == 8 * 24 * 18
    _, _, state = frame.update(frame.strain_scale * np.ones((1, 6)), frame.initial_state(1))
    assert state["dissipation"] > 0
    assert "condensed" not in vars(frame.flow)


def test_a_square_frame_shears_until_its_beams_are_hinges() -> None:
    # the shear of the cell is 2 M / a³ with the moment at both ends of beams of length a: M_p = k t²/4 at collapse
    thickness, limit = 0.1, 1.0 / 3.0
    bar = mt.ElastoplasticBar(1.0, limit, 1e-6)
    frame = mt.Frame(mt.square_grid_cell(), mt.CrossSection.rectangle(thickness), bar)
    stress = frame.solve(np.linspace(0.0, 60.0, 4)[1:, None] * np.array([0.0, 0.0, 1.0])).stress
    np.testing.assert_allclose(stress[-1], [0.0, 0.0, limit * thickness**2 / 2.0], rtol=1e-3, atol=1e-12)


def test_hinges_that_let_nodes_move_are_told() -> None:
    with pytest.warns(ReadingNote, match=r"no stiffness against a strain of 12"):
        mt.Frame(mt.square_grid_cell(), pinned=np.ones((2, 2))).elastic_stiffness()
    with pytest.warns(ReadingNote, match=r"hinges let node \d+ move along \((0, 1|1, 0)\)"):
        mt.Frame(mt.square_grid_cell((2, 2)), pinned=np.ones((8, 2))).elastic_stiffness()
    honeycomb = mt.honeycomb_cell()
    with pytest.warns(ReadingNote, match="the frame is a mechanism"):
        mt.Frame(honeycomb, pinned=np.ones((6, 2))).elastic_stiffness()


def test_sections_that_do_not_bend_are_refused() -> None:
    with pytest.raises(CellError, match="section of bar 0 lie in one line and do not resist bending"):
        mt.Frame(mt.kelvin_cell(), mt.CrossSection.rectangle(0.1))
    with pytest.raises(CellError, match="section of bar 0 lie on its axis"):
        mt.Frame(mt.square_grid_cell(), mt.CrossSection([[0.0, 0.1, 1.0], [0.0, -0.1, 1.0]]))


def test_beams_of_no_length_are_refused() -> None:
    with pytest.raises(CellError, match="between nodes 0 and 1 has no length"):
        mt.UnitCell(
            [[0.0, 0.0], [0.0, 0.0], [1.0, 0.0], [0.0, 1.0]], [[0, 1], [0, 2], [0, 3]], np.ones(3), np.eye(2)
        )


def test_the_error_of_few_sections_and_fibres_falls_with_more() -> None:
    rows = mt.frame_errors(
        mt.square_grid_cell(),
        lambda fibres: mt.CrossSection.rectangle(0.1, fibres=fibres),
        [(3, (4, 1)), (5, (4, 1)), (5, (8, 1))],
        (8, (16, 1)),
        paths=4,
        increments=25,
    )
    assert [row.count for row in rows] == [24, 40, 80]
    errors = [row.stress for row in rows]
    assert errors[0] > errors[1] > errors[2] > 0.0


def test_errors_against_a_reference_itself_are_none() -> None:
    make = lambda fibres: mt.CrossSection.rectangle(0.1, fibres=fibres)  # noqa: E731
    row = mt.frame_errors(mt.square_grid_cell(), make, [(4, (4, 1))], (4, (4, 1)), paths=1, increments=3)[0]
    assert row.stress == 0.0
