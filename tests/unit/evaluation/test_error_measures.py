"""Error measures on arrays so small that every number is computed by hand beside it."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import ArrayLike

import microtann as mt
from microtann.errors import TrainingRangeWarning
from microtann.evaluation.closed_loop import Evaluation, PathErrors, path_errors, relative_rms, sizes_of_groups
from microtann.evaluation.protocol_paths import EvaluationPath
from microtann.microstructure.bars.condensed.solve import CellResponse
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


@pytest.mark.parametrize(("reach", "outside"), [([0.2, 1.0, 0.3], False), ([0.2, 1.0000001, 0.3], True)])
def test_outside_the_training_range_means_what_recall_means(reach: list[float], outside: bool) -> None:
    exact = exact_response(np.ones(3), np.ones(3), np.ones(3))
    found = errors(exact, replace(recalled(exact), training_reach=np.array([reach])))
    assert (found.outside_training_range, found.training_reach) == (outside, max(reach))
    unknown = errors(exact, recalled(exact))
    assert (unknown.outside_training_range, unknown.training_reach) == (False, None)


def test_a_state_outside_its_range_is_seen_where_strains_are_inside() -> None:
    """A model with small ranges of its states, on a path whose strains are well inside."""
    seen = CUBE.information.training_range
    assert seen is not None
    narrow = replace(seen, state=0.1 * seen.state)
    tann = replace(CUBE, information=replace(CUBE.information, training_range=narrow))
    strain = 0.6 * np.linspace(0.0, 1.0, 11)[1:, None] * np.eye(6)[0]
    with pytest.warns(TrainingRangeWarning):
        reach = tann.recall(strain).training_reach
    own = mt.evaluate(tann, strain=strain).paths["own"]
    assert own.outside_training_range
    assert own.training_reach == reach.max()
    assert not mt.evaluate(CUBE, strain=strain).paths["own"].outside_training_range


def directions_response(size: int) -> CellResponse:
    """Return paths of one increment: stress 2, energy 100, no dissipation but on the last."""
    stress = np.full((size, 1, 1), 2.0)
    dissipation = np.zeros((size, 1))
    dissipation[-1] = 4.0
    return CellResponse(
        strain=np.zeros_like(stress),
        stress=stress,
        energy=np.full((size, 1), 100.0),
        dissipation=dissipation,
        displacement=np.full((size, 1, 1, 1), 2.0),
        force=np.full((size, 1, 2), 3.0),
        plastic_strain=np.zeros((size, 1, 2)),
    )


def test_every_direction_of_path_r_is_judged_by_itself() -> None:
    """Eleven directions with stress errors of 0, 1, … 10 tenths of the stress; pooled they are sqrt(0.35)."""
    exact = directions_response(11)
    off = np.arange(11.0) / 10
    found = Recall(
        strain=exact.strain,
        stress=exact.stress * (1 + off[:, None, None]),
        energy=exact.energy,
        dissipation=exact.dissipation + 0.5,
        state=np.zeros((11, 1, 1)),
        coordinates={name: exact.coordinates[name] for name in ("displacement", "force")},
    )
    path = EvaluationPath("r", "by hand", np.zeros((11, 1, 6)))
    result = path_errors(CUBE, path, exact, found)
    assert result.stress == pytest.approx(np.sqrt(0.35), rel=1e-14)
    assert result.directions is not None
    assert result.directions["stress"] == pytest.approx({"median": 0.5, "90 %": 0.9, "worst": 1.0}, rel=1e-14)
    # of Ψ/100 = 1 where nothing flows; of D = 4 on the last
    assert result.directions["dissipation"] == pytest.approx({"median": 0.5, "90 %": 0.5, "worst": 0.5}, rel=1e-14)
    assert result.worst("stress") == 1.0
    assert set(result.directions) == {"stress", "energy", "dissipation", "displacement", "force"}
    lines = str(Evaluation({"r": result})).splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["r", "median", "90", "worst"]
    assert len({len(line) for line in lines[2:]}) == 1
    assert path_errors(CUBE, replace(path, name="a"), exact, found).directions is None


def test_a_direction_in_which_the_model_runs_away_is_infinite_and_said() -> None:
    exact = directions_response(11)
    stress = exact.stress.copy()
    stress[3] = NAN
    found = Recall(exact.strain, stress, exact.energy, exact.dissipation, np.zeros((11, 1, 1)), {})
    result = path_errors(CUBE, EvaluationPath("r", "", np.zeros((11, 1, 6))), exact, found)
    assert result.directions is not None
    assert result.directions["stress"] == {"median": 0.0, "90 %": 0.0, "worst": np.inf}
    assert result.ran_away
    assert "the model ran away" in str(Evaluation({"r": result}))
    assert json.loads(json.dumps(result.to_dict(), allow_nan=False))["directions"]["stress"]["worst"] is None


def test_a_path_that_stays_elastic_writes_numbers_that_json_has() -> None:
    exact = exact_response([3.0, 4.0], [1.0, 2.0], [0.0, 0.0])
    assert errors(exact, recalled(exact)).dissipation == 0.0
    wrong = errors(exact, recalled(exact, dissipation=[0.1, 0.0]))
    assert wrong.dissipation == np.inf
    written = Evaluation({"mine": wrong}).to_dict()
    assert written["mine"]["dissipation"] is None
    assert json.loads(json.dumps(written, allow_nan=False)) == written


def test_a_group_that_vanishes_by_symmetry_is_held_against_its_size_elsewhere() -> None:
    """Forces of 1e-17 where other strains make them 2: an error of 0.1 is 5 %; without a size there is none."""
    exact = directions_response(11)
    there = {"force": exact.coordinates["force"].copy(), "displacement": exact.coordinates["displacement"]}
    there["force"][3] = 1e-17
    off = there["force"] + 0.1
    vanishing = replace(exact, force=there["force"])
    found = Recall(
        exact.strain,
        exact.stress,
        exact.energy,
        exact.dissipation,
        np.zeros((11, 1, 1)),
        {"force": off, "displacement": there["displacement"]},
    )
    path = EvaluationPath("r", "by hand", np.zeros((11, 1, 6)))
    result = path_errors(CUBE, path, vanishing, found, lambda: {"force": 2.0})
    assert result.directions is not None
    assert result.directions["force"]["worst"] == pytest.approx(0.05, rel=1e-12)
    nothing = replace(exact, force=np.zeros_like(exact.force))
    only = replace(path, name="a")
    assert path_errors(CUBE, only, nothing, found, lambda: {"force": 2.0}).coordinates["force"] == pytest.approx(
        np.sqrt(np.mean(off**2)) / 2.0, rel=1e-12
    )
    assert set(path_errors(CUBE, only, nothing, found).coordinates) == {"displacement"}


def test_the_size_of_a_group_is_that_of_the_strain_that_moves_it_most() -> None:
    """The forces of a square: under shear along its sides the crossing bars alone carry any."""
    lattice = mt.Lattice(mt.square_cell())
    unit = lattice.strain_metric().unit
    by_hand = [
        lattice.solve(2.0 / 3.0 * np.outer([0.25, 0.5, 0.75, 1.0], unit[:, i])).coordinates["force"]
        for i in range(3)
    ]
    largest = max(float(np.sqrt(np.mean(force**2))) for force in by_hand)
    assert sizes_of_groups(lattice)["force"] == pytest.approx(largest, rel=1e-12)
