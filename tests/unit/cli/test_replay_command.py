"""`microtann replay`: a failed Gauss point alone, with the material of the file or one that is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

import microtann as mt
from microtann.cli.main import app
from microtann.equilibrium.equilibrium_error import EquilibriumError
from microtann.fem import Prescribed, SolverOptions, Step
from plain_materials import Elastic

MESH = mt.fem.box((1, 1, 2), (1, 1, 2))
STEPS = [
    Step(
        [
            *(Prescribed(lambda p: p[:, 2] == 0, axis) for axis in "xyz"),
            Prescribed(lambda p: p[:, 2] == 2, "x", 2.4),
        ]
    )
]
MODULE = """
import numpy as np
from microtann.fem import LinearElastic

class Mine(LinearElastic):
    def __init__(self):
        super().__init__(np.eye(6))

    def update(self, strain_increment, state, dt=1.0, tangent=True):
        if np.abs(strain_increment).max() > 0.03:
            raise FloatingPointError("too far at once")
        return super().update(strain_increment, state, dt, tangent)

ready = Mine()
"""


def failed(material: object, file: Path, **options: object) -> Path:
    chosen = SolverOptions(max_cuts=0, outside_training="none", **options)
    with pytest.raises(EquilibriumError):
        mt.fem.Model(MESH, material).solve(STEPS, chosen, failure=file)
    return file


def replay(file: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["replay", str(file), *arguments], env={"COLUMNS": "150"})


@pytest.mark.parametrize("name", ["exact", "cube"])
def test_the_material_of_the_file_answers_as_in_the_structure(name: str, tmp_path: Path) -> None:
    exact = mt.Lattice(mt.cube_cell())
    file = failed(exact if name == "exact" else mt.load(name), tmp_path / "point.h5", max_iterations=1)
    result = replay(file)
    assert result.exit_code == 0, result.output
    assert "increment 0" in result.output
    assert "no convergence in 1 iterations" in result.output
    rows = [line.split() for line in result.output.splitlines() if " ok " in line]
    assert [row[0] for row in rows] == ["1", "2", "4", "8", "16", "32", "64"]
    assert all(float(row[4]) < 1e-3 for row in rows)
    np.testing.assert_allclose([float(row[2]) for row in rows], float(rows[-1][2]), rtol=0.1)


def test_a_material_of_the_user_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine_for_replay.py").write_text(MODULE)

    class Failing(Elastic):
        def initial_state(self, n):
            state = super().initial_state(n)
            del state["elapsed"]
            return state

        def update(self, strain_increment, state, dt=1.0, tangent=True):
            if np.abs(strain_increment).max() > 0.03:
                raise FloatingPointError("too far at once")
            return super().update(strain_increment, state | {"elapsed": 0.0 * state["energy"]}, dt, tangent)

    file = failed(Failing(), tmp_path / "point.h5")
    missing = replay(file)
    assert missing.exit_code == 2
    assert "does not hold its material" in missing.output
    for name in ("mine_for_replay:Mine", "mine_for_replay:ready"):
        found = replay(file, "--material", name)
        assert found.exit_code == 0, found.output
        assert "FloatingPointError: too far at once" in found.output
        assert " ok " in found.output
    assert "cannot be found" in replay(file, "--material", "mine_for_replay:Yours").output
    assert "is no material" in replay(file, "--material", "mine_for_replay:np").output


def test_a_simulation_that_fails_leaves_the_point_beside_its_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("microtann.evaluation.simulation.compile_kernels", lambda *_: None)
    settings = ["--set", "solver.max_iterations=1", "--set", "solver.max_cuts=0"]
    small = ["--model", "exact", "--mesh-size", "5", "--dns", "0"]
    result = CliRunner().invoke(app, ["simulate", "lcT2", *small, *settings, "-o", str(tmp_path / "s")])
    assert result.exit_code == 3
    file = tmp_path / "s.failed-point.h5"
    assert f"{file} holds Gauss point" in result.output
    assert list(tmp_path.iterdir()) == [file]
    assert "no convergence in 1 iterations" in replay(file).output


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.h5").write_text("x")
    result = replay(tmp_path / "x.h5")
    assert result.exit_code == 2
    assert "is not an HDF5 file" in result.output
