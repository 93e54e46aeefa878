"""Structures against closed forms and each other: uniform fields, FE and full lattices, energy balance."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import brentq

import microtann as mt
from microtann.errors import CellError, InputError
from microtann.evaluation.structures import CASES, reference_case
from microtann.fem import Prescribed, SolverOptions, Step
from microtann.microstructure.bars.full.bar_system import Bars

CELL, BAR = mt.cube_cell(), mt.ElastoplasticBar()


def lateral_strain(axial):
    """Return the lateral strain at which the cell has no lateral stress, and the response of the cell."""

    def response(lateral):
        return mt.solve_cell(CELL, BAR, np.array([[lateral, lateral, axial, 0, 0, 0]]))

    lateral = brentq(lambda e: response(e).stress[0, 0], -1.0, 1.0, xtol=1e-15, rtol=1e-14)
    return lateral, response(lateral)


@pytest.mark.parametrize("name", ["lcU1", "lcU2"])
def test_uniform_compression_is_the_cell_problem(name):
    case = reference_case(name)
    lateral, cell = lateral_strain({"lcU1": -0.3, "lcU2": -0.5}[name])
    fe = mt.fem.Model(mt.fem.box(case.lengths, (2, 2, 2), case.origin), mt.Lattice(CELL, BAR))
    result = fe.solve(case.steps)
    exact = {
        "u_x(5, 5, 10)": 10 * lateral,
        "energy": 1000 * cell.energy[0],
        "dissipation": 1000 * cell.dissipation[0],
        "axial_force": 100 * cell.stress[0, 2],
    }
    for quantity, values in case.quantities(result).items():
        assert values[-1] == pytest.approx(exact[quantity], rel=1e-12, abs=1e-12)
    spread = result.stress.reshape(-1, 6) - cell.stress[0]
    assert np.abs(spread).max() <= 1e-12
    if name == "lcU2":
        assert cell.dissipation[0] > 0
    for cell_size in (10.0, 5.0, 2.5):
        lattice = mt.Structure.box(CELL, BAR, case.lengths, cell_size, case.origin).solve(case.steps)
        for quantity, values in case.quantities(lattice).items():
            assert values[-1] == pytest.approx(exact[quantity], rel=1e-11, abs=1e-11), (quantity, cell_size)


def test_areas_of_a_tiled_structure_are_shares_of_the_box():
    """Bars inside have full area, those on faces a half and on edges a quarter; volumes tile the box."""
    lattice = mt.Structure.box(CELL, BAR, (3, 2, 2), 0.5)
    full = 0.25
    assert lattice.areas.max() == pytest.approx(full, rel=1e-15)
    edges = lattice.bars[(lattice.areas < 0.3 * full)]
    ends = lattice.points[edges]
    on_faces = ((np.abs(ends) < 1e-12) | (np.abs(ends - [3, 2, 2]) < 1e-12)).all(axis=1).sum(axis=1)
    assert (on_faces == 2).all()
    assert len(edges) == 4 * (6 + 4 + 4)
    one = mt.Structure.box(CELL, BAR, (0.5, 0.5, 0.5), 0.5)
    assert lattice.areas @ lattice.lengths == pytest.approx(96 * (one.areas @ one.lengths), rel=1e-12)


@pytest.mark.parametrize(
    "cell", [mt.cube_cell((2, 2, 2), perturbation=0.2), mt.square_cell((3, 3), perturbation=0.2)]
)
def test_an_affine_motion_of_one_cell_gives_its_shares(cell):
    """A structure of one cell is the cell itself."""
    d = cell.dimension
    one = mt.Structure.tile(cell, BAR, (1,) * d)
    assert one.points.shape == cell.nodes.shape
    order = np.lexsort(np.round(one.points.T, 9)), np.lexsort(np.round(cell.nodes.T, 9))
    np.testing.assert_allclose(one.points[order[0]], cell.nodes[order[1]], rtol=0, atol=1e-14)
    assert np.sort(one.areas) == pytest.approx(np.sort(cell.areas), rel=1e-14)
    assert np.sort(one.lengths) == pytest.approx(np.sort(cell.lengths), rel=1e-13)


def test_properties_of_bars_are_carried_over():
    cell = mt.square_cell((2, 2), perturbation=0.2)
    generator = np.random.default_rng(0)
    of_bar = cell.distinct_bars.of_bar
    young, strength, hardening = generator.uniform(0.5, 2.0, (3, cell.distinct_bars.count))[:, of_bar]
    varied = mt.ElastoplasticBar(young, strength, hardening)
    lattice = mt.Structure.box(cell, varied, (2, 2), 1.0)
    # every length of a perturbed cell is its own, and tells the bar
    lengths = cell.lengths[cell.distinct_bars.representative]
    for k in np.flatnonzero(np.abs(lengths[:, None] - lengths).__lt__(1e-9).sum(axis=1) == 1):
        copies = np.abs(lattice.lengths - lengths[k]) < 1e-9
        assert copies.sum() >= 4
        assert set(lattice.bar.young[copies]) == {young[cell.distinct_bars.representative[k]]}


def test_fresh_perturbations_move_interior_nodes_only():
    cell = mt.cube_cell((2, 2, 2))
    plain = mt.Structure.box(cell, BAR, (2, 2, 2), 1.0)
    fresh = mt.Structure.box(cell, BAR, (2, 2, 2), 1.0, perturbation=0.2, seed=3)
    moved = np.abs(fresh.points - plain.points).max(axis=1)
    inside = (np.abs(plain.points % 1.0 - 0.5) < 1e-9).all(axis=1)
    assert inside.sum() == 8
    assert (moved[inside] > 0).all()
    assert not moved[~inside].any()
    assert np.abs(fresh.points - plain.points).max() <= 0.45 * 0.5
    assert len(np.unique(np.round((fresh.points - plain.points)[inside], 12), axis=0)) == 8
    again = mt.Structure.box(cell, BAR, (2, 2, 2), 1.0, perturbation=0.2, seed=3)
    np.testing.assert_array_equal(again.points, fresh.points)
    with pytest.raises(CellError, match="no node lies in one cell only"):
        mt.Structure.box(CELL, BAR, (2, 2, 2), 1.0, perturbation=0.2)


def twist(increments):
    case = CASES["lcT2"](lengths=(4.0, 4.0, 8.0), factor=1.5)
    (step,) = case.steps
    return case, [Step(step.prescribed, increments=increments)]


@pytest.mark.parametrize("which", ["fe", "dns"])
def test_energy_balance(which):
    """The work of the supports is the energy and the dissipation, up to second order in the increment."""
    defects = []
    for increments in (4, 8, 16):
        case, steps = twist(increments)
        if which == "fe":
            model = mt.fem.Model(mt.fem.box(case.lengths, (2, 2, 4), case.origin), mt.Lattice(CELL, BAR))
        else:
            model = mt.Structure.box(CELL, BAR, case.lengths, 2.0, case.origin)
        result = model.solve(steps)
        u = np.concatenate([np.zeros((1, *result.points.shape)), result.displacement])
        r = np.concatenate([np.zeros((1, *result.points.shape)), result.reactions])
        work = (0.5 * (r[1:] + r[:-1]) * np.diff(u, axis=0)).sum(axis=(1, 2))
        defect = work - np.diff(result.energy, prepend=0.0) - np.diff(result.dissipation, prepend=0.0)
        assert (defect <= 1e-12 * result.energy[-1]).all()
        assert result.dissipation[-1] > 0.1 * result.energy[-1]
        assert (np.diff(result.dissipation, prepend=0.0) >= 0).all()
        defects.append(-defect.sum() / result.energy[-1])
    assert defects[0] > 2 * defects[1] > 4 * defects[2] > 0


def test_bars_forces_and_tangent():
    """Forces are the derivative of energy + dissipation, the tangent that of the forces; its two forms agree."""
    for cell in (mt.cube_cell((2, 2, 2), perturbation=0.2), mt.square_cell((2, 2), perturbation=0.2)):
        lattice = mt.Structure.tile(cell, BAR, (2,) * cell.dimension)
        system = Bars(lattice.points, lattice.bars, lattice.areas, BAR)
        generator = np.random.default_rng(5)
        u, direction = 0.3 * generator.normal(size=(2, lattice.points.size))

        def answer(v, system=system):
            return system.evaluate(system.virgin(), v, v, 1.0, True)

        response, step = answer(u), 1e-5
        ahead, behind = answer(u + step * direction), answer(u - step * direction)
        work = (ahead.energy + ahead.dissipation - behind.energy - behind.dissipation) / (2 * step)
        scale = np.abs(response.force) @ np.abs(direction)  # the work itself is what is left of many terms
        assert work == pytest.approx(response.force @ direction, rel=0, abs=1e-9 * scale)
        product = response.tangent @ direction
        numeric = (ahead.force - behind.force) / (2 * step)
        np.testing.assert_allclose(numeric, product, rtol=0, atol=1e-9 * np.abs(product).max())
        np.testing.assert_allclose(
            response.tangent.blocks() @ direction, product, rtol=0, atol=1e-13 * np.abs(product).max()
        )


def test_bars_follow_the_return_mapping():
    from microtann.microstructure.bars.cells.bar import return_mapping

    lattice = mt.Structure([[0.0, 0.0], [2.0, 0.0]], [[0, 1]], [0.5], BAR)
    system = Bars(lattice.points, lattice.bars, lattice.areas, BAR)
    state, plastic, total = system.virgin(), np.zeros(1), 0.0
    for strain in np.random.default_rng(0).normal(0, 0.7, 200):
        response = system.evaluate(state, np.array([0, 0, 2 * strain, 0]), np.zeros(4), 1.0, True)
        exact = return_mapping([strain], plastic, 1.0, 1 / 3, 0.1)
        state, plastic = response.state, exact.plastic_strain
        assert response.state.stress[0] == pytest.approx(exact.stress[0], abs=1e-15)
        assert response.energy == pytest.approx(exact.energy[0], abs=1e-14)
        assert response.dissipation == pytest.approx(exact.dissipation[0], abs=1e-14)
        assert response.tangent.modulus[0] == pytest.approx(exact.tangent[0], rel=1e-14)
        total += response.dissipation
    assert total > 10


def test_history_of_loads_ends_without_reactions():
    case = CASES["lcH"](lengths=(2.0, 2.0, 4.0))
    assert len(case.steps) == len(case.angles) == 16
    lattice = mt.Structure.box(CELL, BAR, case.lengths, 1.0, case.origin).solve(case.steps)
    fe = mt.fem.Model(mt.fem.box(case.lengths, (2, 2, 4), case.origin), mt.Lattice(CELL, BAR)).solve(case.steps)
    for result in (lattice, fe):
        assert result.statistics.newton_iterations <= 25
        torque = case.quantities(result)["torque"]
        assert np.abs(torque[:-1][np.abs(case.angles[:-1]) > 1]).min() > 0.1
        assert abs(torque[-1]) <= 1e-12 * np.abs(torque).max()
        released = result.reactions[:, case.top(result.points)]
        assert np.abs(released[-1]).max() <= 1e-11 * np.abs(released).max()


@pytest.mark.parametrize("factor", [1.0, 30.0])
def test_torsion_in_one_increment_converges_far_beyond_yield(factor):
    case = CASES["lcT2"](factor=factor)
    result = mt.Structure.box(CELL, BAR, case.lengths, 2.5, case.origin).solve(case.steps)
    assert result.statistics.cuts == 0
    assert result.statistics.newton_iterations <= 20
    assert result.dissipation[0] > 0


def test_bars_without_hardening_converge_far_beyond_yield():
    case = CASES["lcT2"](factor=10.0)
    lattice = mt.Structure.box(CELL, mt.ElastoplasticBar(hardening=0.0), case.lengths, 2.5, case.origin)
    result = lattice.solve(case.steps)
    assert result.statistics.cuts == 0
    assert result.statistics.newton_iterations <= 20
    assert np.abs(result.stress).max() <= 1 / 3 * (1 + 1e-12)
    balance = result.reactions[0].sum(axis=0)
    np.testing.assert_allclose(balance, 0.0, rtol=0, atol=1e-11)


def test_reference_cases_are_named():
    with pytest.raises(InputError, match="lcU1"):
        reference_case("lcX")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"lengths": (10, 10, 10.2)}, "no whole number of cells"),
        ({"lengths": (10, 10)}, "3 positive numbers"),
        ({"cell_size": 0.0}, "cell_size must be positive"),
        ({"origin": (0, 0)}, "origin must be 3 numbers"),
        ({"perturbation": 0.6}, "perturbation lies between"),
        ({"law": "cauchy", "perturbation": 0.1}, "law is"),
    ],
)
def test_bad_boxes_are_refused(arguments, words):
    with pytest.raises(CellError, match=words):
        mt.Structure.box(CELL, BAR, **({"lengths": (1, 1, 1), "cell_size": 1.0} | arguments))


@pytest.mark.parametrize(
    ("points", "bars", "areas", "words"),
    [
        ([[0, 0], [1, 0]], [[0, 2]], [1], "names a node that does not exist"),
        ([[0, 0], [0, 0], [1, 0]], [[0, 1], [1, 2]], [1, 1], "has no length"),
        ([[0, 0], [1, 0]], [[0, 1]], [-1], "areas must be positive"),
        ([[0, 0], [1, 0], [2, 0]], [[0, 1]], [1], "no bar holds node 2"),
        ([[0, 0], [1, 0]], [[0, 1]], [1, 1], "one per bar"),
        ([[0], [1]], [[0, 1]], [1], "shape .N, 2."),
    ],
)
def test_bad_structures_are_refused(points, bars, areas, words):
    with pytest.raises(CellError, match=words):
        mt.Structure(points, bars, areas, BAR)


def test_a_loose_node_is_named():
    line = mt.Structure([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]], [[0, 1], [1, 2]], [1.0, 1.0], BAR)
    held = [Prescribed([0, 2], axis) for axis in "xy"]
    with pytest.raises(InputError, match="nodes 1 have no stiffness in some direction"):
        line.solve([Step(held)])


@pytest.mark.verify
def test_lattices_tend_to_the_homogenised_material():
    """Displacement and energy of lcT2 differ by less at each finer cell, the mesh being that of the cells."""
    case = reference_case("lcT2")
    gaps = []
    for divisions in (10, 20):
        mesh = mt.fem.box(case.lengths, (divisions, divisions, 2 * divisions), case.origin)
        fe = case.quantities(mt.fem.Model(mesh, mt.Lattice(CELL, BAR)).solve(case.steps, SolverOptions()))
        lattice = mt.Structure.box(CELL, BAR, case.lengths, 10 / divisions, case.origin).solve(case.steps)
        gaps.append(abs(case.quantities(lattice)["energy"][0] / fe["energy"][0] - 1))
    assert gaps[1] < gaps[0] < 0.05


@pytest.mark.verify
@pytest.mark.timeout(1800)  # two CPU minutes, longer where the machine is shared
def test_cyclic_torsion_with_fine_elements():
    """lcH down to elements of 0.25, 413 000 unknowns: few iterations, one limit, and a free top at the end."""
    case, tann = reference_case("lcH"), mt.load("cube")
    options = SolverOptions(linear_tolerance=1e-8, outside_training="none")
    torque, dissipation = [], []
    for size in (1.0, 0.5, 0.25):
        mesh = mt.fem.box(case.lengths, case.elements(size), case.origin)
        result = mt.fem.Model(mesh, tann).solve(case.steps, options)
        quantities = case.quantities(result)
        assert result.statistics.newton_iterations <= 25
        torque.append(quantities["torque"])
        dissipation.append(quantities["dissipation"])
        assert abs(torque[-1][-1]) < 1e-6 * np.abs(torque[-1]).max()
    for values in (torque, dissipation):
        first, second = (np.abs(fine - coarse).max() for coarse, fine in pairwise(values))
        assert second < 0.75 * first
        assert second < 0.06 * np.abs(values[-1]).max()
