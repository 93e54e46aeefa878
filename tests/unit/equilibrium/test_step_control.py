"""Parts of increments: limits that the user chooses, growth into the next increment, and what is told of them."""

from __future__ import annotations

import numpy as np
import pytest

import microtann as mt
from microtann.equilibrium.increment_table import ROWS_SHOWN, IncrementRow, increment_table
from microtann.equilibrium.step_control import StepControl
from microtann.errors import ConfigurationError, ConvergenceError, InputError
from microtann.fem import Prescribed, SolverOptions, Step
from plain_materials import Elastic, Fragile

MESH = mt.fem.box((1, 1, 1), (2, 2, 2))
BOTTOM = [Prescribed(lambda p: p[:, 2] == 0, axis) for axis in "xyz"]


def pulled(value: float, **step: object) -> list[Step]:
    top = Prescribed(lambda p: p[:, 2] == 1, "z", value)
    return [Step([*BOTTOM, top], **step)]


def smallest_that_fails(steps: list[Step], options: SolverOptions, material: Elastic) -> ConvergenceError:
    with pytest.raises(ConvergenceError) as caught:
        mt.fem.Model(MESH, material).solve(steps, options)
    return caught.value


def test_parts_shrink_with_failures_and_grow_with_success() -> None:
    control = StepControl(cut=0.25, growth=1.5, largest_fraction=0.5, smallest_fraction=0.01, max_cuts=2)
    assert control.first == 0.5
    assert control.after_failure(0.4, 1) == pytest.approx(0.1)
    assert control.after_failure(0.4, 3) is None
    assert control.after_failure(0.03, 1) is None
    assert control.after_success(0.1) == pytest.approx(0.15)
    assert control.after_success(0.4) == 0.5
    assert control.goal(0.7, 0.295) == 1.0
    assert control.goal(0.7, 0.2) == pytest.approx(0.9)


def test_limits_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="smallest_fraction must not exceed"):
        StepControl(smallest_fraction=0.2, first_fraction=0.1)
    with pytest.raises(ConfigurationError, match="cut must be less than 1"):
        SolverOptions(cut=1.0)


def test_a_step_may_begin_with_a_small_part_that_grows() -> None:
    model = mt.fem.Model(MESH, mt.Lattice(mt.cube_cell()))
    result = model.solve(pulled(1.2, dt=2.0), SolverOptions(first_fraction=0.1, growth=2.0, largest_fraction=0.4))
    assert [part.fraction for part in result.parts] == pytest.approx([0.1, 0.3, 0.7])
    np.testing.assert_allclose([part.time for part in result.parts], [0.2, 0.6, 1.4])
    assert np.all(np.diff([*(part.dissipation for part in result.parts), result.dissipation[0]]) >= 0.0)
    row = result.statistics.increments[0]
    assert (row.parts, row.cuts, row.smallest) == (4, 0, 0.1)
    whole = model.solve(pulled(1.2, dt=2.0))
    np.testing.assert_allclose(result.displacement, whole.displacement, rtol=0, atol=1e-8)


def test_an_increment_begins_with_the_part_that_the_last_one_ended_with() -> None:
    """Without growth, no further increment of the step fails as the first one did."""
    material = Fragile(largest=0.06)
    result = mt.fem.Model(MESH, material).solve(pulled(0.4, increments=2), SolverOptions(growth=1.0))
    first, second = result.statistics.increments
    assert first.cuts > 0
    assert second.cuts == 0
    assert second.parts == first.parts > 1
    assert len(first.failures) == first.cuts
    assert first.failures[0].start == 0.0
    assert first.failures[0].end == 1.0
    assert "too large" in first.failures[0].reason


def test_the_smallest_part_and_the_number_of_equilibria_end_a_simulation() -> None:
    steps = pulled(0.4)
    options = SolverOptions(max_cuts=100, smallest_fraction=0.1, cut=0.5)
    error = smallest_that_fails(steps, options, Fragile(largest=1e-6))
    assert "even when cut to 1/8 of its size" in str(error)
    options = SolverOptions(growth=1.0, max_increments=3)
    error = smallest_that_fails(steps, options, Fragile(largest=0.06))
    assert "step 1 is not done after 3 equilibria (max_increments)" in str(error)
    with pytest.raises(InputError, match=r"step 1 has 5 increments, but max_increments is 3"):
        mt.fem.Model(MESH, Elastic()).solve(pulled(0.4, increments=5), options)


def test_the_table_has_a_row_per_increment() -> None:
    material = Fragile(largest=0.2)
    result = mt.fem.Model(MESH, material).solve(pulled(0.8, increments=2, name="pull"))
    lines = result.statistics.table().splitlines()
    assert len(lines) == 3
    assert lines[0].split() == [
        "inc",
        "step",
        "time",
        "parts",
        "cuts",
        "smallest",
        "Newton",
        "linear",
        "residual",
        "CPU",
        "s",
    ]
    row = result.statistics.increments[0]
    assert lines[1].split()[:7] == [
        "0",
        "pull",
        "1",
        str(row.parts),
        str(row.cuts),
        f"1/{1 / row.smallest:.0f}",
        str(row.newton),
    ]
    assert result.statistics.table() in str(result.statistics)
    assert sum(row.newton for row in result.statistics.increments) == result.statistics.newton_iterations


def test_a_long_table_is_shortened_in_the_middle() -> None:
    lines = increment_table([IncrementRow(k) for k in range(3 * ROWS_SHOWN)]).splitlines()
    assert len(lines) == ROWS_SHOWN + 2
    assert lines[1 + ROWS_SHOWN // 2].split() == ["...", str(2 * ROWS_SHOWN), "more"]
    assert lines[-1].split()[0] == str(3 * ROWS_SHOWN - 1)
