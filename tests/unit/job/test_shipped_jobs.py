"""The job files that ship give the numbers of the reference structures, which are told in Python."""

from __future__ import annotations

import numpy as np
import pytest
from typer.testing import CliRunner

import microtann as mt
from microtann.cli.main import app
from microtann.evaluation.reference_run import elements
from microtann.evaluation.structures import CASES, reference_case
from microtann.fem import SolverOptions
from microtann.job.shipped_jobs import shipped_jobs

QUIET = SolverOptions(outside_training="none")


def assert_same_equilibria(job: mt.StructureJob, name: str, size: float) -> None:
    case = reference_case(name)
    known = elements(case, mt.load("cube"), size).solve(case.steps, QUIET)
    np.testing.assert_array_equal(job.mesh.points, known.mesh.points)
    found = job.solve()
    for values, expected in (
        (found.energy, known.energy),
        (found.dissipation, known.dissipation),
        (found.displacement, known.displacement),
        (found.reactions, known.reactions),
    ):
        np.testing.assert_allclose(values, expected, rtol=0, atol=1e-10 * max(1.0, np.abs(expected).max()))
    np.testing.assert_array_equal(job.mesh.sets["top"], np.flatnonzero(case.top(job.mesh.points)))
    assert [step.name for step in job.steps] == [step.name for step in case.steps]
    for control, point in zip(case.controls, job.output.points, strict=True):
        assert control.point == point


@pytest.mark.parametrize("name", CASES)
def test_coarse_elements(name: str) -> None:
    """Elements of 5 in place of 0.5."""
    tall = 4 if name.startswith(("lcT", "lcH")) else 2
    coarse = {"mesh.divisions": [2, 2, tall], "solver.outside_training": "none"}
    assert_same_equilibria(mt.read_job(name, coarse), name, 5.0)


@pytest.mark.verify
@pytest.mark.parametrize("name", CASES)
def test_as_they_ship(name: str) -> None:
    assert_same_equilibria(mt.read_job(name, {"solver.outside_training": "none"}), name, 0.5)


def test_all_of_them_are_listed_and_printed() -> None:
    assert set(shipped_jobs()) == set(CASES)
    runner = CliRunner()
    listed = runner.invoke(app, ["job", "--list"]).output
    assert all(title in listed for title in shipped_jobs().values())
    assert "degrees = 60.0" in runner.invoke(app, ["job", "lcT2", "--print"]).output
    unsaid = runner.invoke(app, ["job", "missing.toml", "--print"])
    assert unsaid.exit_code == 2
    assert "there is no file missing.toml" in unsaid.output
    refused = runner.invoke(app, ["job", "lcT9"])
    assert refused.exit_code == 2
    assert "lcT" in refused.output
