"""What the solver tells the logger of its room."""

from __future__ import annotations

import logging

import pytest

import microtann as mt
from microtann.fem import Prescribed, SolverOptions, Step

BASE = [Prescribed(lambda x: x[:, 2] == 0, axis) for axis in "xyz"]
STEP = Step([*BASE, Prescribed(lambda x: x[:, 2] == 2, "z", 2.0)], increments=2, name="pull")


def solved(**options):
    body = mt.Structure.tile(mt.cube_cell(), mt.ElastoplasticBar(), (2, 2, 2))
    return body.solve([STEP], SolverOptions(**options))


def test_nothing_is_said_by_default(capfd):
    solved()
    assert capfd.readouterr() == ("", "")


def test_every_increment_is_one_message(caplog):
    with caplog.at_level(logging.INFO, logger="microtann.equilibrium"):
        result = solved()
    messages = [record.getMessage() for record in caplog.records if record.name == "microtann.equilibrium"]
    assert len(messages) == 2
    newton = result.statistics.newton_per_increment
    assert messages[1].startswith(f"increment 1 of 2 (step 'pull'), time 2: {newton[1]} Newton and")


def test_cuts_and_iterations_are_told_too(caplog):
    with caplog.at_level(logging.DEBUG, logger="microtann.equilibrium"):
        result = solved(max_iterations=3)
    messages = [record.getMessage() for record in caplog.records if record.name == "microtann.equilibrium"]
    cuts = [m for m in messages if "found no equilibrium over" in m]
    assert len(cuts) == result.statistics.cuts > 0
    assert "no convergence in 3 iterations): cut to 1/2" in cuts[0]
    assert any(", at 1/2 of it, time " in m for m in messages)
    assert any(m.startswith("increment 0 of 2 (step 'pull'): iteration 1, residual") for m in messages)
    assert all("\n" not in m for m in messages)


@pytest.mark.parametrize("level", ["WARNING", "ERROR"])
def test_levels_above_info_are_silent(level, caplog):
    with caplog.at_level(level, logger="microtann.equilibrium"):
        solved()
    assert not caplog.records
