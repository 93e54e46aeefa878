"""Error measures on arrays so small that every number is computed by hand beside it."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import ArrayLike

import microtann as mt
from microtann.evaluation.closed_loop import Evaluation, PathErrors, path_errors, relative_rms
from microtann.evaluation.protocol_paths import EvaluationPath
from microtann.microstructure.bars.condensed.solve import CellResponse
from microtann.tann.information import TrainingRange
from microtann.tann.recall import Recall

NAN = float("nan")
CUBE = mt.load("cube")


def exact_response(stress: ArrayLike, energy: ArrayLike, dissipation: ArrayLike) -> CellResponse:
    """Return a response of one path in one component, with one node in one dimension and two bars."""
    stress = np.array(stress, float).reshape(1, -1, 1)
    steps = stress.shape[1]
    return CellResponse(
        strain=np.zeros_like(stress),
        stress=stress,
        energy=np.array([energy], float),
        dissipation=np.array([dissipation], float),
        displacement=np.full((1, steps, 1, 1), 2.0),
        force=np.tile([3.0, -4.0], (1, steps, 1)),
        plastic_strain=np.zeros((1, steps, 2)),
    )


def recalled(exact: CellResponse, **changes: ArrayLike) -> Recall:
    """Return the recall that equals a response but for some fields."""
    steps = exact.stress.shape[1]
    fields = {name: np.array(changes.get(name, getattr(exact, name)), float) for name in FIELDS}
    return Recall(
        strain=np.zeros((1, steps, 1)),
        stress=fields["stress"].reshape(1, steps, 1),
        energy=fields["energy"].reshape(1, steps),
        dissipation=fields["dissipation"].reshape(1, steps),
        state=np.zeros((1, steps, 1)),
        coordinates={name: fields[name].reshape(getattr(exact, name).shape) for name in ("displacement", "force")},
    )


FIELDS = ("stress", "energy", "dissipation", "displacement", "force")


def errors(exact: CellResponse, found: Recall, name: str = "a", strain: ArrayLike | None = None) -> PathErrors:
    given = np.zeros((1, exact.stress.shape[1], 6)) if strain is None else np.array(strain, float)
    return path_errors(CUBE, EvaluationPath(name, "by hand", given), exact, found)


@pytest.mark.parametrize(
    ("found", "reference", "expected"),
    [
        ([3.0, 4.0], [3.0, 4.0], 0.0),
        ([3.0, 4.0], [3.0, 5.0], 1 / np.sqrt(34)),  # errors 0, 1; squares of the reference 9 + 25
        ([0.0, 0.0], [3.0, 4.0], 1.0),
        ([6.0, 8.0], [3.0, 4.0], 1.0),
        ([[1.0, 1.0], [1.0, 1.0]], [[1.0, -1.0], [1.0, 1.0]], 1.0),  # one error of 2: sqrt(4 / 4)
        ([1.0, NAN], [1.0, 1.0], NAN),
    ],
)
def test_relative_rms(found: ArrayLike, reference: ArrayLike, expected: float) -> None:
    value = relative_rms(np.array(found), np.array(reference))
    assert value == pytest.approx(expected, rel=1e-14, abs=0, nan_ok=True)


def test_relative_rms_does_not_depend_on_units_or_on_the_number_of_paths() -> None:
    found, reference = np.array([1.0, 2.0, 4.0]), np.array([1.0, 3.0, 5.0])
    value = np.sqrt(2 / 35)
    assert relative_rms(found, reference) == pytest.approx(value, rel=1e-14)
    assert relative_rms(1e9 * found, 1e9 * reference) == pytest.approx(value, rel=1e-14)
    assert relative_rms(np.tile(found, (7, 1)), np.tile(reference, (7, 1))) == pytest.approx(value, rel=1e-14)


def test_errors_of_a_recall() -> None:
    exact = exact_response([3.0, 4.0, 0.0], [1.0, 2.0, 2.0], [0.0, 1.0, 1.0])
    found = recalled(
        exact,
        stress=[3.0, 4.0, -1.0],  # one error of 1, reference 9 + 16
        energy=[1.0, 2.5, 2.0],  # one error of ½, reference 1 + 4 + 4
        dissipation=[0.5, 1.0, 0.0],  # accumulated ½ 3/2 3/2 against 0 1 2: errors ½ ½ −½, reference 1 + 4
        displacement=[2.0, 2.0, 2.25],  # one error of ¼, reference 4 + 4 + 4
        force=[3.0, -4.0, 3.0, -4.0, 3.0, 1.0],  # one error of 5, reference 3 · 25
    )
    result = errors(exact, found)
    assert result.stress == pytest.approx(1 / 5, rel=1e-14)
    assert result.energy == pytest.approx(0.5 / 3, rel=1e-14)
    assert result.dissipation == pytest.approx(np.sqrt(0.75 / 5), rel=1e-14)
    assert result.coordinates["displacement"] == pytest.approx(0.25 / np.sqrt(12), rel=1e-14)
    assert result.coordinates["force"] == pytest.approx(5 / np.sqrt(75), rel=1e-14)
    assert dict(result.largest) == {
        "stress": 1.0,
        "energy": 0.5,
        "dissipation": 0.5,
        "displacement": 0.25,
        "force": 5.0,
    }
    assert result.violations == 0
    assert result.drift is None


def test_errors_of_the_dissipation_that_cancel_are_seen() -> None:
    """The accumulated dissipation ends at the right value; on the way it is wrong in one increment of two."""
    exact = exact_response([1.0, 1.0], [1.0, 1.0], [1.0, 1.0])
    result = errors(exact, recalled(exact, dissipation=[2.0, 0.0]))
    assert result.dissipation == pytest.approx(1 / np.sqrt(5), rel=1e-14)  # 2 2 against 1 2
    assert result.largest["dissipation"] == 1.0


def test_a_perfect_recall_has_no_errors() -> None:
    exact = exact_response([3.0, 4.0], [1.0, 2.0], [0.5, 0.5])
    result = errors(exact, recalled(exact))
    assert (result.stress, result.energy, result.dissipation) == (0.0, 0.0, 0.0)
    assert set(result.coordinates.values()) == {0.0}
    assert set(result.largest.values()) == {0.0}


@pytest.mark.parametrize(
    ("dissipation", "count"),
    [
        ([0.0, 0.0, 0.0, 0.0], 0),  # rest is no violation
        ([0.0, -0.0, 1.0, 1e-300], 0),
        ([-1e-12, 0.0, 0.0, 0.0], 0),  # exactly the round-off that is granted
        ([-1.001e-12, 0.0, 0.0, 0.0], 1),
        ([-1.0, 2.0, -1e-6, 0.0], 2),  # a sum above zero excuses nothing
        ([NAN, 0.0, 0.0, 0.0], 1),
        ([NAN, NAN, -1.0, 1.0], 3),
        ([np.inf, 0.0, 0.0, 0.0], 0),
        ([-np.inf, 0.0, 0.0, 0.0], 1),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")  # infinities in the other measures
def test_violations_of_the_second_law_are_counted(dissipation: list[float], count: int) -> None:
    exact = exact_response(np.ones(4), np.ones(4), np.ones(4))
    assert errors(exact, recalled(exact, dissipation=dissipation)).violations == count


@pytest.mark.parametrize("unit", [1e-9, 1e12])
def test_violations_do_not_depend_on_the_unit_of_energy(unit: float) -> None:
    exact = exact_response(np.full(4, unit), np.full(4, unit), np.full(4, unit))
    dissipation = unit * np.array([-0.9e-12, -1.1e-12, -1e-6, 1.0])
    assert errors(exact, recalled(exact, dissipation=dissipation)).violations == 2


def test_a_recall_that_is_not_finite_has_no_finite_errors() -> None:
    exact = exact_response([3.0, 4.0], [1.0, 2.0], [0.5, 0.5])
    result = errors(exact, recalled(exact, stress=[3.0, NAN]))
    assert np.isnan(result.stress)
    assert np.isnan(result.largest["stress"])
    assert result.energy == 0.0


def test_drift_is_the_largest_change_of_the_stress_at_rest() -> None:
    """Path z: 60 steps, 100 zero increments, 100 tiny ones; the stress at rest starts with that of step 60."""
    stress = np.concatenate([np.linspace(0.0, 7.0, 60), np.full(100, 7.0), np.full(100, 9.0)])
    exact = exact_response(stress, np.ones(260), np.ones(260))
    assert errors(exact, recalled(exact), "z").drift == 0.0  # neither the way there nor the tiny steps count
    wrong = stress.copy()
    wrong[100] = 7.5
    wrong[140] = 6.25  # the largest change
    assert errors(exact, recalled(exact, stress=wrong), "z").drift == 0.75
    late = stress.copy()
    late[159] = 7.125  # the last zero increment
    assert errors(exact, recalled(exact, stress=late), "z").drift == 0.125
    slow = stress.copy()
    slow[60:160] += np.arange(1, 101) / 1024  # a steady creep is measured from its start, not step by step
    assert errors(exact, recalled(exact, stress=slow), "z").drift == 100 / 1024
    assert errors(exact, recalled(exact, stress=wrong), "a").drift is None


@pytest.mark.parametrize(
    ("component", "value", "outside"),
    [(0, 0.5, False), (0, -0.5, False), (0, 0.5000001, True), (0, -0.6, True), (5, 0.6, False), (5, -1.1, True)],
)
def test_outside_training_range(component: int, value: float, outside: bool) -> None:
    """Every component has its own range; its bound lies inside."""
    seen = TrainingRange(np.array([0.5, 0.5, 0.5, 1.0, 1.0, 1.0]), np.ones(6))
    tann = replace(CUBE, information=replace(CUBE.information, training_range=seen))
    strain = np.zeros((2, 3, 6))
    strain[1, 1, component] = value
    exact = exact_response(np.ones(3), np.ones(3), np.ones(3))
    found = recalled(exact)
    assert path_errors(tann, EvaluationPath("a", "", strain), exact, found).outside_training_range is outside
    unknown = replace(CUBE, information=replace(CUBE.information, training_range=None))
    assert path_errors(unknown, EvaluationPath("a", "", strain), exact, found).outside_training_range is False


def test_a_path_that_stays_elastic_writes_numbers_that_json_has() -> None:
    exact = exact_response([3.0, 4.0], [1.0, 2.0], [0.0, 0.0])
    assert errors(exact, recalled(exact)).dissipation == 0.0
    wrong = errors(exact, recalled(exact, dissipation=[0.1, 0.0]))
    assert wrong.dissipation == np.inf
    written = Evaluation({"mine": wrong}).to_dict()
    assert written["mine"]["dissipation"] is None
    assert json.loads(json.dumps(written, allow_nan=False)) == written
