"""Load stepping: cuts with roll-back, failures that explain themselves, progress, release, general tangents."""

import numpy as np
import pytest

import microtann as mt
from microtann.errors import ConvergenceError, InputError
from microtann.fem import Prescribed, SolverOptions, Step
from plain_materials import Elastic, Fragile

MESH = mt.fem.box((1, 1, 1), (2, 2, 2))
BOTTOM = [Prescribed(lambda p: p[:, 2] == 0, axis) for axis in "xyz"]


def pull(value):
    return Prescribed(lambda p: p[:, 2] == 1, "z", value)


def test_an_increment_is_cut_with_roll_back_where_the_material_fails():
    whole = mt.fem.Model(MESH, Elastic()).solve([Step([*BOTTOM, pull(0.4)], dt=2.0)])
    fragile = Fragile(largest=0.2)
    result = mt.fem.Model(MESH, fragile).solve([Step([*BOTTOM, pull(0.4)], dt=2.0)])
    assert result.statistics.cuts > 0
    np.testing.assert_allclose(result.displacement, whole.displacement, rtol=0, atol=1e-10)
    np.testing.assert_allclose(result.state["elapsed"], 2.0, rtol=1e-14)  # the parts add up to one increment


def test_failure_names_increment_history_and_nodes():
    steps = [Step([*BOTTOM, pull(0.01)], name="touch"), Step([*BOTTOM, pull(1.0)], name="pull")]
    with pytest.raises(ConvergenceError) as caught:
        mt.fem.Model(MESH, Fragile(largest=1e-6, after=1)).solve(steps, SolverOptions(max_cuts=2))
    error = caught.value
    assert error.increment == 1
    assert error.worst
    for words in ("increment 1 (step 'pull')", "1/4 of its size", "element", "worst nodes", "Use more increments"):
        assert words in str(error)


def test_failure_of_newton_itself_shows_its_residuals():
    model = mt.fem.Model(MESH, mt.Lattice(mt.cube_cell()))
    with pytest.raises(ConvergenceError, match="no convergence in 1 iterations") as caught:
        model.solve([Step([*BOTTOM, pull(2.0)])], SolverOptions(max_iterations=1, max_cuts=0))
    assert len(caught.value.residuals) == 1
    assert "relative residuals" in str(caught.value)


def test_progress_sees_every_iteration_and_may_interrupt():
    seen = []
    model = mt.fem.Model(MESH, mt.Lattice(mt.cube_cell()))
    steps = [Step([*BOTTOM, pull(1.0)], increments=2, name="pull")]
    result = model.solve(steps, progress=seen.append)
    assert len(seen) == result.statistics.newton_iterations == sum(result.statistics.newton_per_increment)
    assert [p.increment for p in seen if p.converged] == [0, 1]
    assert all(p.increments == 2 and p.step == "pull" for p in seen)

    def interrupt(report):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model.solve(steps, progress=interrupt)
    again = model.solve(steps)
    np.testing.assert_array_equal(again.displacement, result.displacement)


def test_elastic_increments_go_on_with_the_motion_of_the_first():
    model = mt.fem.Model(MESH, Elastic())
    result = model.solve([Step([*BOTTOM, pull(0.4)], increments=5)])
    assert result.statistics.newton_per_increment[1:] == (1, 1, 1, 1)
    again = model.solve([Step([*BOTTOM, pull(0.4)])])
    assert result.statistics.linear_iterations <= again.statistics.linear_iterations
    np.testing.assert_allclose(result.displacement[-1], again.displacement[-1], rtol=0, atol=1e-9)


def test_where_increments_begin_does_not_change_where_they_end():
    lattice = mt.Structure.box(mt.cube_cell(), mt.ElastoplasticBar(), (2, 2, 2), 1.0)
    base = [Prescribed(lambda p: p[:, 2] == 0, axis) for axis in "xyz"]
    top = [lambda p: p[:, 2] == 2, "z"]
    shear = [lambda p: p[:, 2] == 2, "x"]
    whole = lattice.solve([Step([*base, Prescribed(*top, 1.6), Prescribed(*shear, 0.8)], increments=8)])
    parts = [Step([*base, Prescribed(*top, 0.2 * k), Prescribed(*shear, 0.1 * k)]) for k in range(1, 9)]
    apart = lattice.solve(parts)  # a new step begins with the elastic prediction
    assert apart.dissipation[-1] > 0.01
    for name in ("displacement", "reactions", "energy", "dissipation", "plastic_strain"):
        np.testing.assert_allclose(getattr(whole, name), getattr(apart, name), rtol=0, atol=1e-8)
    assert whole.statistics.linear_iterations < apart.statistics.linear_iterations


def test_a_material_that_refuses_the_motion_of_the_last_increment_gets_the_elastic_prediction():
    class RefusesOnce(Elastic):
        refused = 0

        def update(self, strain_increment, state, dt=1.0, tangent=True):
            if state["elapsed"][0] == 1.0 and not self.refused:
                self.refused += 1
                raise ConvergenceError("no")
            return super().update(strain_increment, state, dt, tangent)

    material = RefusesOnce()
    result = mt.fem.Model(MESH, material).solve([Step([*BOTTOM, pull(0.4)], increments=3)])
    assert material.refused == 1
    assert result.statistics.cuts == 0
    whole = mt.fem.Model(MESH, Elastic()).solve([Step([*BOTTOM, pull(0.4)])])
    np.testing.assert_allclose(result.displacement[-1], whole.displacement[-1], rtol=0, atol=1e-9)


def test_released_supports_fade_to_zero():
    model = mt.fem.Model(MESH, mt.Lattice(mt.cube_cell()))
    result = model.solve([Step([*BOTTOM, pull(0.8)]), Step(BOTTOM, increments=4, dt=0.5)])
    force = result.axial_force(lambda p: p[:, 2] == 1)
    np.testing.assert_allclose(force, force[0] * np.array([1, 0.75, 0.5, 0.25, 0]), rtol=1e-12, atol=1e-14)
    bottom = result.axial_force(lambda p: p[:, 2] == 0)
    np.testing.assert_allclose(bottom, -force, rtol=0, atol=1e-9 * abs(force[0]))
    assert result.displacement[-1, :, 2].max() > 0.01  # plastic strain stays
    np.testing.assert_allclose(result.time, [1.0, 1.5, 2.0, 2.5, 3.0])


def test_nodal_forces_ramp_and_are_carried_by_the_supports():
    top = MESH.points[:, 2] == 1
    load = mt.fem.NodalForce(top, "z", 0.01)
    result = mt.fem.Model(MESH, Elastic()).solve([Step(BOTTOM, [load], increments=2), Step(BOTTOM, increments=2)])
    np.testing.assert_allclose(
        result.axial_force(lambda p: p[:, 2] == 0), [-0.045, -0.09, -0.045, 0.0], rtol=0, atol=1e-11
    )
    np.testing.assert_allclose(result.displacement[-1], 0.0, rtol=0, atol=1e-10)


def test_rigid_motion_gives_no_stress():
    def motion(p):
        return 0.1 + 0.2 * p[:, 1] - 0.3 * p[:, 2], -0.2 - 0.2 * p[:, 0], 0.4 + 0.3 * p[:, 0]

    held = [Prescribed(lambda p: p[:, 2] == 0, i, lambda p, i=i: motion(p)[i]) for i in range(3)]
    for system in (
        mt.fem.Model(MESH, Elastic()),
        mt.Structure.box(mt.cube_cell(), mt.ElastoplasticBar(), (1, 1, 1), 0.5),
    ):
        result = system.solve([Step(held)])
        np.testing.assert_allclose(result.displacement[0], np.transpose(motion(result.points)), rtol=0, atol=1e-10)
        np.testing.assert_allclose(result.stress, 0.0, rtol=0, atol=1e-10)
        np.testing.assert_allclose(result.reactions, 0.0, rtol=0, atol=1e-10)


def test_an_unsymmetric_tangent_is_solved_with_gmres():
    material = Elastic(skew=0.3)
    mesh = mt.fem.box((1, 1, 2), (3, 3, 6))
    steps = [Step([*BOTTOM, Prescribed(lambda p: p[:, 2] == 2, "z", 0.2)])]
    result = mt.fem.Model(mesh, material).solve(steps)
    residual = result.reactions[0].copy()
    held = (mesh.points[:, 2] == 0) | (mesh.points[:, 2] == 2)
    assert not residual[~held].any()
    np.testing.assert_allclose(result.stress, result.strain @ material.moduli.T, rtol=0, atol=1e-12)
    np.testing.assert_allclose(result.resultant(np.arange(len(mesh.points))), 0.0, rtol=0, atol=1e-9)
    symmetric = mt.fem.Model(mesh, Elastic()).solve(steps)
    assert np.abs(result.displacement - symmetric.displacement).max() > 1e-3


def test_bad_calls_are_refused():
    model = mt.fem.Model(MESH, Elastic())
    with pytest.raises(InputError, match="no loading step"):
        model.solve([])
    with pytest.raises(InputError, match=r"step 1 .loose.: the supports leave the body free"):
        model.solve([Step([pull(0.1)], name="loose")])
    with pytest.raises(InputError, match="tolerance must be larger than 0"):
        SolverOptions(tolerance=0.0)
    with pytest.raises(InputError, match="max_iterations must be at least 1"):
        SolverOptions(max_iterations=0)


@pytest.mark.timeout(60)
@pytest.mark.filterwarnings("ignore:invalid value")
def test_a_tangent_that_is_not_finite_fails_in_a_sentence():
    class Broken(Elastic):
        def update(self, strain_increment, state, dt=1.0, tangent=True):
            stress, moduli, new = super().update(strain_increment, state, dt, tangent)
            if tangent and strain_increment.any():
                stress, moduli = stress + 0.1, np.full_like(moduli, np.nan)
            return stress, moduli, new

    steps = [Step([*BOTTOM, pull(0.4)])]
    with pytest.raises(ConvergenceError, match="tangent that the material returned is not finite in element"):
        mt.fem.Model(MESH, Broken()).solve(steps, SolverOptions(max_cuts=1))


def test_large_displacements_of_soft_bars_are_equilibria():
    """Far beyond yield under a force, nearly without hardening: a long way, but the forces do balance."""
    bar = mt.ElastoplasticBar(hardening=2e-4)
    line = mt.Structure([[0.0, 0.0], [1.0, 0.0]], [[0, 1]], [1.0], bar)
    held = [Prescribed([0], "x"), Prescribed([0, 1], "y")]
    result = line.solve([Step(held, [mt.fem.NodalForce([1], "x", 0.4)])])
    assert result.displacement[0, 1, 0] == pytest.approx(0.4 + (0.4 - 1 / 3) / 2e-4, rel=1e-8)


def test_a_part_that_nothing_holds_is_named():
    bar, one = mt.ElastoplasticBar(), mt.Structure.box(mt.cube_cell(), mt.ElastoplasticBar(), (1, 1, 1), 1.0)
    points = np.vstack([one.points, one.points + np.array([5, 0, 0])])
    bars = np.vstack([one.bars, one.bars + len(one.points)])
    two = mt.Structure(points, bars, np.tile(one.areas, 2), bar)
    held = [Prescribed(points[:, 0] == 0, axis) for axis in "xyz"]
    pulled = mt.fem.NodalForce([len(points) - 1], "x", 0.01)
    with pytest.raises(InputError, match=r"one of 2 parts .* of 8 nodes .8, 9, 10, 11, ....* free to move"):
        two.solve([Step(held, [pulled])])
    mesh = mt.fem.Mesh(np.vstack([MESH.points, MESH.points + 5]), np.vstack([MESH.cells, MESH.cells + 27]))
    with pytest.raises(InputError, match=r"one of 2 parts .* of 27 nodes .27, "):
        mt.fem.Model(mesh, Elastic()).solve([Step([*BOTTOM, pull(0.1)])])
    both = [Prescribed(lambda p: (p[:, 2] == 0) | (p[:, 2] == 5), axis) for axis in "xyz"]
    result = mt.fem.Model(mesh, Elastic()).solve([Step([*both, pull(0.1)])])
    assert not result.displacement[0, 27:].any()
