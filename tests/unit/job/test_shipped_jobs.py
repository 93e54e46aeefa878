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
    np.testing.assert_allclose(found.energy, known.energy, rtol=1e-9)
    np.testing.assert_allclose(found.dissipation, known.dissipation, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(found.displacement, known.displacement, rtol=0, atol=1e-7)
    np.testing.assert_allclose(found.reaction("top"), known.resultant(case.top), rtol=0, atol=1e-5)
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
    refused = runner.invoke(app, ["job", "lcT9"])
    assert refused.exit_code == 2
    assert "lcT" in refused.output
