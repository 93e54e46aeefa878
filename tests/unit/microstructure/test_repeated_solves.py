"""A solver that knows whole paths alone is a microstructure: data, finite elements, what it may return."""

from types import SimpleNamespace

import numpy as np
import pytest

import microtann as mt
from microtann.data.shards import generate_to
from microtann.errors import InputError
from microtann.fem import Model, Prescribed, Step, box
from parallel_fibres import ParallelFibres

FIBRES = ParallelFibres()
PLAN = mt.WalkPlan(paths=10, steps=12, limit=1.5, increment=0.2)


def foreign(strain: np.ndarray, dt: np.ndarray) -> np.ndarray:
    """Return stresses alone, as a code of others would."""
    return FIBRES.solve(strain).stress


def bent(material: mt.fem.Material) -> mt.fem.Result:
    held = [Prescribed(lambda x: x[:, 0] == 0.0, axis) for axis in range(2)]
    steps = [Step([*held, Prescribed(lambda x: x[:, 0] == 1.0, 1, value)], increments=2) for value in (0.8, 0.3)]
    return Model(box((1.0, 1.0), (2, 1)), material).solve(steps)


def test_updates_are_those_of_a_microstructure_with_states() -> None:
    repeated = mt.RepeatedSolves(FIBRES, 3, coordinate_shapes={"plastic": (4,)}, increments=6)
    state, exact = repeated.initial_state(5), FIBRES.initial_state(5)
    for increment in 0.3 * np.random.default_rng(0).standard_normal((6, 5, 3)):
        stress, tangent, state = repeated.update(increment, state)
        expected, moduli, exact = FIBRES.update(increment, exact)
        np.testing.assert_allclose(stress, expected, atol=1e-14)
        np.testing.assert_allclose(tangent, moduli, atol=1e-5)
        for name in ("energy", "dissipation"):
            np.testing.assert_allclose(state[name], exact[name], atol=1e-14)
        np.testing.assert_allclose(repeated.decode(state)["plastic"], exact["plastic"], atol=1e-14)
    with pytest.raises(InputError, match="histories hold 6 increments"):
        repeated.update(increment, state)


def test_finite_elements_by_repetition() -> None:
    exact, repeated = bent(FIBRES), bent(mt.RepeatedSolves(foreign, 3))
    np.testing.assert_allclose(repeated.displacement, exact.displacement, atol=1e-7)
    # the work of the stress along the path, stored and dissipated together
    assert repeated.energy[-1] == pytest.approx(exact.energy[-1] + exact.dissipation[-1], rel=0.1)


def test_data_from_a_solver_of_stress_alone(tmp_path) -> None:
    repeated = mt.RepeatedSolves(foreign, 3)
    assert repeated.untold == ("energy", "dissipation")
    data, exact = mt.generate_data(repeated, PLAN), mt.generate_data(FIBRES, PLAN)
    np.testing.assert_allclose(data.training.stress_next, exact.training.stress_next, atol=1e-15)
    assert data.training.unknown == ("energy", "dissipation")
    generate_to(tmp_path / "data.h5", repeated, PLAN)
    with pytest.warns(UserWarning, match="kind of microstructure 'rve' is not known here"):
        read = mt.read_dataset(tmp_path / "data.h5")
    np.testing.assert_array_equal(read.training.stress_next, data.training.stress_next)
    assert read.training.unknown == ("energy", "dissipation")
    whole = mt.generate_data(mt.RepeatedSolves(FIBRES, 3), PLAN)
    np.testing.assert_allclose(whole.training.dissipation, exact.training.dissipation, atol=1e-15)


def test_a_solver_of_one_path_at_a_time() -> None:
    def one(strain: np.ndarray, dt: np.ndarray) -> SimpleNamespace:
        found = FIBRES.solve(strain)
        return SimpleNamespace(stress=found.stress, energy=found.energy)

    repeated = mt.RepeatedSolves(SimpleNamespace(solve=one), 3, one_path=True)
    strain = 0.2 * np.random.default_rng(0).standard_normal((3, 5, 3)).cumsum(1)
    np.testing.assert_allclose(repeated.solve(strain).stress, FIBRES.solve(strain).stress)
    np.testing.assert_allclose(repeated.solve(strain[0]).energy, FIBRES.solve(strain[0]).energy)
    assert repeated.untold == ("dissipation",)


@pytest.mark.parametrize(
    ("solver", "sentence"),
    [
        (lambda strain, dt: strain[:, :, :2], r"stress that the solver returned must have shape \(1, 2, 3\)"),
        (lambda strain, dt: np.nan * strain, "not finite in increment 0"),
        (lambda strain, dt: "failed", "must be an array of numbers"),
        (lambda strain, dt: SimpleNamespace(stress=strain, energy=strain), "energy that the solver returned"),
    ],
)
def test_answers_that_cannot_be_used(solver, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        mt.RepeatedSolves(solver, 3).solve(np.zeros((2, 3)))


def test_solvers_that_are_none() -> None:
    with pytest.raises(InputError, match="has one called solve"):
        mt.RepeatedSolves(3, 3)
    with pytest.raises(InputError, match="yield_strain must be positive"):
        mt.RepeatedSolves(foreign, 3, yield_strain=0.0)
    with pytest.raises(InputError, match="tells no coordinates 'plastic'"):
        mt.RepeatedSolves(foreign, 3, coordinate_shapes={"plastic": (4,)}).solve(np.zeros((2, 3)))
