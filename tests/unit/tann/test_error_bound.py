"""The bound of the error holds on walks, is none where the model is exact, and does not grow for ever."""

from __future__ import annotations

import numpy as np
import pytest
from random_tann import random_tann

import microtann as mt
from microtann.errors import InputError
from microtann.tann.error_bound import bound_errors

ROUND_OFF = 1e-9


def walks(components: int, count: int, steps: int, size: float) -> np.ndarray:
    draw = np.random.default_rng(3)
    return np.clip(size * draw.standard_normal((count, steps, components)).cumsum(axis=1), -0.7, 0.7)


@pytest.mark.parametrize("name", ["square-2x2-perturbed-variational-12", "cube-2x2x2-perturbed"])
@pytest.mark.parametrize("size", [0.02, 0.15])
def test_errors_stay_below_the_bound(name: str, size: float) -> None:
    tann = mt.load(name)
    strain = walks(tann.components, 8, 60, size)
    found = tann.recall(strain, bound=True, decode=True, outside_training="none")
    exact = tann.microstructure.solve(strain)
    assert found.bound is not None
    error = np.abs(found.stress - exact.stress)
    assert (error <= found.bound.stress + ROUND_OFF).all()
    # it says something: less than the largest stresses of the exact cell, on the first steps at least
    assert found.bound.stress[:, :10].mean() < 0.5 * np.abs(exact.stress).max()
    assert error.max() > 1e-3 * np.abs(exact.stress).max()


@pytest.mark.parametrize("hardening", [0.02, 0.5])
def test_any_plastic_strains_are_bounded(hardening: float) -> None:
    """Those of no model, but exact ones with errors that come and go: the bound knows nothing of models."""
    cell, bar = mt.square_cell((2, 2), perturbation=0.2), mt.ElastoplasticBar(hardening=hardening)
    problem, strain = mt.Lattice(cell, bar).slip_problem(), walks(3, 6, 40, 0.1)
    exact = mt.solve_cell(cell, bar, strain)
    plastic = exact.plastic_strain[..., cell.distinct_bars.representative]
    for size in (1e-6, 1e-2, 1.0):
        wrong = plastic + size * np.random.default_rng(0).standard_normal(plastic.shape)
        stress = problem.stress(strain, wrong)
        bound = bound_errors(problem, strain, stress, wrong, np.zeros(problem.count))
        error = wrong - plastic
        norm = np.sqrt(((error @ problem.hessian) * error).sum(axis=-1))
        assert (norm <= bound.plastic_strain * (1.0 + ROUND_OFF)).all()
        assert (np.abs(stress - exact.stress) <= bound.stress * (1.0 + ROUND_OFF)).all()


def test_an_exact_model_has_no_bound_to_speak_of() -> None:
    tann = mt.load("square-2x2-perturbed")  # as many states as bars
    strain = walks(3, 4, 30, 0.1)
    bound = tann.recall(strain, bound=True, outside_training="none").bound
    assert bound is not None
    assert bound.stress.max() < 1e-4  # the root of a round-off that adds up


def test_the_bound_ends_growing() -> None:
    """Over a thousand cycles what adds up stays below what admissible forces allow."""
    tann = mt.load("square-2x2-perturbed-variational-12")
    turns = np.tile([0.5, -0.5], 400)[:, None] * np.array([1.0, 0.2, -0.5])
    bound = tann.recall(turns, bound=True, outside_training="none").bound
    assert bound is not None
    assert bound.stress[-2:].max() == pytest.approx(bound.stress[-202:-200].max(), rel=1e-3)


def test_one_path_and_many_are_the_same() -> None:
    tann, strain = mt.load("square-2x2-perturbed-variational-12"), walks(3, 3, 20, 0.1)
    many = tann.recall(strain, bound=True, outside_training="none").bound
    one = tann.recall(strain[1], bound=True, outside_training="none").bound
    assert many is not None
    assert one is not None
    np.testing.assert_allclose(one.stress, many.stress[1], rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(one.plastic_strain, many.plastic_strain[1], rtol=1e-12, atol=1e-14)


def test_what_cannot_be_bounded_is_said() -> None:
    with pytest.raises(InputError, match="decode the slips of their microstructure"):
        random_tann().recall(np.zeros((2, 6)), bound=True)
    cell, bar = mt.square_cell((2, 2), perturbation=0.2), mt.ElastoplasticBar(hardening=0.0)
    problem = mt.Lattice(cell, bar).slip_problem()
    zeros = np.zeros((1, 2, 3))
    with pytest.raises(InputError, match="no hardening"):
        bound_errors(problem, zeros, zeros, np.zeros((1, 2, problem.count)), np.zeros(problem.count))


def test_a_virgin_state_that_decodes_wrongly_counts() -> None:
    cell, bar = mt.square_cell((2, 2), perturbation=0.2), mt.ElastoplasticBar()
    problem, strain = mt.Lattice(cell, bar).slip_problem(), np.zeros((1, 2, 3))
    virgin = np.full(problem.count, 0.01)
    plastic = np.broadcast_to(virgin, (1, 2, problem.count))
    bound = bound_errors(problem, strain, problem.stress(strain, plastic), plastic, virgin)
    assert bound.plastic_strain[0, 0] >= np.sqrt(virgin @ problem.hessian @ virgin) * (1.0 - ROUND_OFF)
