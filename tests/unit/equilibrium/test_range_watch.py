"""Material points that leave the range of their model's data are counted per increment, told of, and written."""

from __future__ import annotations

import warnings

import meshio
import numpy as np
import pytest

from microtann import fem
from microtann.errors import ConvergenceError, InputError, TrainingRangeError, TrainingRangeWarning
from plain_materials import Elastic

BOUND = 0.1
"""Largest strain e11 in the data that the materials here were learnt from."""


class Learnt(Elastic):
    """Elasticity that has seen strains up to a bound, and remembers the strain in its state."""

    answer = None

    def initial_state(self, n):
        return super().initial_state(n) | {"seen": np.zeros(n)}

    def update(self, strain_increment, state, dt=1.0, tangent=True):
        stress, moduli, new = super().update(strain_increment, state, dt, tangent)
        return stress, moduli, new | {"seen": state["seen"] + strain_increment[:, 0]}

    def training_reach(self, before, after):
        if self.answer is not None:
            return self.answer
        return np.maximum(np.abs(after["seen"]) / BOUND, np.abs(after["seen"] - before["seen"]) / BOUND)


class RefusesLargeIncrements(Learnt):
    """Learnt elasticity that takes no increment of strain beyond a limit."""

    limit = 0.06

    def update(self, strain_increment, state, dt=1.0, tangent=True):
        if np.abs(strain_increment).max() > self.limit:
            raise ConvergenceError("too large")
        return super().update(strain_increment, state, dt, tangent)


def stretch(material, strains=(0.05, 0.09, 0.13, -0.02), **options):
    """Stretch two elements, the second one twice as much as the first one."""
    mesh = fem.box((2, 1, 1), (2, 1, 1))
    steps = []
    for strain in strains:
        moved = [fem.Prescribed(lambda x: x[:, 0] >= 0, i, 0.0) for i in (1, 2)]
        along = fem.Prescribed(
            lambda x: x[:, 0] >= 0, 0, lambda x, e=strain: e * np.array([0, 1, 3])[x[:, 0].astype(int)] / 2
        )
        steps.append(fem.Step([*moved, along]))
    return fem.Model(mesh, material).solve(steps, fem.SolverOptions(**options))


def test_points_outside_are_counted_in_every_increment(tmp_path):
    with pytest.warns(
        TrainingRangeWarning, match=r"from increment 2 on: up to 8 of 16.*increment 3\) .* 1.5 t"
    ) as told:
        result = stretch(Learnt())
    assert len(told) == 1
    assert result.points_outside.tolist() == [0, 0, 8, 8]  # back from 0.13 to −0.02: a large increment
    np.testing.assert_allclose(result.training_reach, [0.5, 0.9, 1.3, 1.5])
    np.testing.assert_allclose(result.fields[2]["training_reach"], [0.65, 1.3])
    result.write(tmp_path, "learnt")
    written = meshio.read(tmp_path / "learnt-0002.vtu").cell_data["training_reach"][0]
    np.testing.assert_array_equal(written, result.fields[2]["training_reach"])


def test_the_policy():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        silent = stretch(Learnt(), outside_training="none")
        stretch(Learnt(), strains=(0.05, 0.09))
    assert silent.points_outside.tolist() == [0, 0, 8, 8]
    with pytest.raises(TrainingRangeError, match=r"from increment 2 on: up to 8 of 16"):
        stretch(Learnt(), outside_training="error")
    with pytest.raises(InputError, match="outside_training must be one of"):
        fem.SolverOptions(outside_training="strict")


def test_of_an_increment_that_is_cut_the_farthest_part_counts():
    result = stretch(RefusesLargeIncrements(), strains=(0.06, -0.06), outside_training="none")
    assert result.statistics.cuts > 0
    np.testing.assert_allclose(result.training_reach, [0.6, 0.6])  # the parts are no larger than 0.06 each


def test_a_failure_says_that_points_had_left_the_range():
    with pytest.raises(ConvergenceError, match="material points leave the range"):
        stretch(RefusesLargeIncrements(), strains=(0.05, 0.105, 0.5), max_cuts=0)


def test_a_material_that_does_not_know_is_not_judged():
    result = stretch(Elastic())
    assert (result.training_reach, result.points_outside) == (None, None)
    assert "training_reach" not in result.fields[-1]


@pytest.mark.parametrize("answer", [np.zeros(3), "far", [["a"] * 16]])
def test_a_wrong_answer_is_refused(answer):
    material = Learnt()
    material.answer = answer
    with pytest.raises(InputError, match=r"training_reach must be None or numbers of shape \(16,\)"):
        stretch(material)
