"""The preconditioner where bars flow without hardening: a hierarchy of the present tangent helps, and is kept."""

import numpy as np
import pytest
from scipy import sparse

import microtann as mt
from microtann.equilibrium import linear_model
from microtann.equilibrium import multigrid as multigrid_module
from microtann.equilibrium.linear import conjugate_gradients
from microtann.equilibrium.preconditioner import ITERATIONS_BEFORE_RENEWAL, Preconditioner
from microtann.evaluation.structures import CASES
from microtann.fem import Prescribed, Step
from microtann.microstructure.bars.full.bar_system import Bars, BarTangent
from microtann.system.crew import Crew

LINKS = 300


def flowing():
    """Return the elastic and a flowing tangent of a twisted lattice, its points, and what is held."""
    lattice = mt.Structure.box(mt.cube_cell(), mt.ElastoplasticBar(hardening=0.0), (6, 6, 6), 1.0)
    bars, points = Bars(lattice.points, lattice.bars, lattice.areas, lattice.bar), lattice.points
    x, y, z = (points - [3, 3, 0]).T
    twisted = np.column_stack([-y * z, x * z, 0 * z]).ravel()
    elastic = bars.evaluate(bars.virgin(), 0 * twisted, 0 * twisted, 1.0, True).tangent
    tangent = bars.evaluate(bars.virgin(), twisted, twisted, 1.0, True).tangent
    assert (tangent.modulus < 1e-3 * elastic.modulus).mean() > 0.2
    held = np.repeat((z == 0)[:, None], 3, axis=1)
    return elastic, tangent, points, held


def test_a_hierarchy_of_the_tangent_saves_most_iterations():
    elastic, tangent, points, held = flowing()
    free = ~held.ravel()
    preconditioner = Preconditioner(elastic, points, held)
    rhs = np.where(free, np.random.default_rng(1).normal(size=points.size), 0.0)

    def iterations():
        solution = conjugate_gradients(
            lambda v: free * (tangent @ v), lambda v: free * preconditioner.present(v), rhs, 1e-6, 2000
        )
        assert np.linalg.norm(free * (tangent @ solution.x) - rhs) <= 1.1e-6 * np.linalg.norm(rhs)
        return solution.iterations

    before = iterations()
    preconditioner.renew(tangent)
    assert preconditioner.present is not preconditioner.elastic
    assert before > ITERATIONS_BEFORE_RENEWAL
    assert iterations() < 0.5 * before


@pytest.mark.parametrize(("hardening", "renewed"), [(0.1, False), (0.0, True)])
def test_it_is_renewed_only_where_the_linear_solver_is_slow(hardening, renewed, monkeypatch):
    calls = []
    renew = Preconditioner.renew
    monkeypatch.setattr(Preconditioner, "renew", lambda self, t: (calls.append(1), renew(self, t)))
    case = CASES["lcT2"](lengths=(6.0, 6.0, 12.0), factor=10.0)
    lattice = mt.Structure.box(mt.cube_cell(), mt.ElastoplasticBar(hardening=hardening), case.lengths, 1.0)
    result = mt.Structure(lattice.points - [3, 3, 0], lattice.bars, lattice.areas, lattice.bar).solve(case.steps)
    assert bool(calls) == renewed
    monkeypatch.setattr(linear_model, "ITERATIONS_BEFORE_RENEWAL", 10**6)
    alone = mt.Structure(lattice.points - [3, 3, 0], lattice.bars, lattice.areas, lattice.bar).solve(case.steps)
    assert result.energy[-1] == pytest.approx(alone.energy[-1], rel=1e-9)
    assert result.dissipation[-1] == pytest.approx(alone.dissipation[-1], rel=1e-9)
    assert (result.statistics.linear_iterations < alone.statistics.linear_iterations) == renewed


def test_the_elastic_hierarchy_is_taken_again_where_a_node_has_no_stiffness():
    elastic, tangent, points, held = flowing()
    preconditioner = Preconditioner(elastic, points, held)
    preconditioner.renew(tangent)
    loose = tangent.modulus.copy()
    loose[(tangent.bars == len(points) - 1).any(axis=1)] = 0.0
    preconditioner.renew(BarTangent(tangent.bars, tangent.gradient, loose, tangent.nodes))
    assert preconditioner.present is preconditioner.elastic


def test_runs_repeat_bit_for_bit_and_leave_the_random_numbers_of_the_user_alone():
    lattice = mt.Structure.box(mt.cube_cell(), mt.ElastoplasticBar(), (6, 6, 6), 1.0)
    base, top = (lambda p: p[:, 2] == 0), (lambda p: p[:, 2] == 6)
    held = [Prescribed(base, axis) for axis in "xyz"]
    steps = [Step([*held, Prescribed(top, "x", 3.0)])]
    before = np.random.get_state()[1]  # noqa: NPY002
    one = lattice.solve(steps)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    other = lattice.solve(steps)
    np.testing.assert_array_equal(one.displacement, other.displacement)
    np.testing.assert_array_equal(one.reactions, other.reactions)


def test_aggregates_all_of_whose_nodes_are_held_leave_no_block():
    """Below the finest level they have no basis function, and the matrix there no entry of their own."""
    block = np.diag(np.arange(2.0, 2.0 + LINKS)) - np.eye(LINKS, k=1) - np.eye(LINKS, k=-1)
    block[-1] = block[:, -1] = 0.0
    matrix = sparse.kron(sparse.csr_array(block), np.eye(6), format="bsr").tobsr((6, 6))
    assert len(matrix.indices) < 3 * LINKS - 2
    modes = np.tile(np.eye(6), (LINKS, 1))
    modes[-6:] = 0.0
    solve = multigrid_module._hierarchy(matrix, modes, Crew())
    held = np.r_[np.ones(6 * LINKS - 6), np.zeros(6)]
    rhs = held * np.random.default_rng(5).normal(size=6 * LINKS)
    solution = conjugate_gradients(lambda v: matrix @ v, lambda v: held * solve(v), rhs, 1e-8, 100)
    assert solution.relative_residual <= 1e-8
