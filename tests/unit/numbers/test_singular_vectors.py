"""Where the fast singular value decomposition fails, the slower one finds the same."""

from __future__ import annotations

import numpy as np
import pytest

import microtann as mt
from microtann.numbers.singular_vectors import singular_vectors


def fails(*_: object, **__: object) -> None:
    raise np.linalg.LinAlgError("SVD did not converge")


@pytest.mark.parametrize("full", [False, True])
def test_both_ways_give_the_same(full: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = np.random.default_rng(0).standard_normal((5, 3))
    usual = singular_vectors(matrix, full)
    monkeypatch.setattr(np.linalg, "svd", fails)
    left, values, right = singular_vectors(matrix, full)
    assert left.shape == usual[0].shape
    np.testing.assert_allclose(values, usual[1], rtol=1e-14)
    np.testing.assert_allclose(left[:, :3] * values @ right, matrix, atol=1e-14)


def test_what_is_not_finite_still_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(np.linalg, "svd", fails)
    with pytest.raises(np.linalg.LinAlgError, match="did not converge"):
        singular_vectors(np.full((2, 2), np.nan))


def test_a_lattice_is_reduced_without_the_fast_one(monkeypatch: pytest.MonkeyPatch) -> None:
    lattice = mt.Lattice(mt.square_cell((2, 2), perturbation=0.2))
    plan = mt.WalkPlan(paths=6, steps=10)
    usual = mt.reduce(lattice, states=6, plan=plan)
    monkeypatch.setattr(np.linalg, "svd", fails)
    again = mt.reduce(lattice, states=6, plan=plan)
    strain = 0.3 * np.linspace(0.0, 1.0, 5)[1:, None] * np.array([1.0, -0.5, 0.4])
    expected = usual.recall(strain, outside_training="none").stress
    found = again.recall(strain, outside_training="none").stress
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9 * np.abs(expected).max())
