"""Hosts are driven along one programme and held against Python; what is missing is named."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import microtann as mt
from microtann.cli.main import app
from microtann.errors import InputError
from microtann.hosts.elements_alone import elements_alone
from microtann.hosts.fenicsx_points import moved_steps
from microtann.hosts.host_comparison import compare_hosts, host_differences
from microtann.hosts.strain_programme import drive_points, programme
from microtann.materials.linear_elastic import LinearElastic


def test_the_command_writes_differences_and_times(tmp_path: Path) -> None:
    if shutil.which("cc") is None and shutil.which("gcc") is None:
        pytest.skip("there is no compiler")
    file = tmp_path / "hosts.json"
    arguments = ["compare", "cube-play", "--hosts", "c,ogs", "--points", "7", "--increments", "3"]
    done = CliRunner().invoke(app, [*arguments, "--json", str(file)])
    assert done.exit_code == 0, done.output
    numbers = json.loads(file.read_text())
    assert max(numbers["hosts"]["c"][name] for name in ("stress", "state", "energy", "tangent")) < 1e-13
    assert numbers["hosts"]["c"]["us_per_point"] > 0.0
    if shutil.which("ogs") or (Path(sys.executable).parent / "ogs").is_file():
        assert max(numbers["hosts"]["ogs"][name] for name in ("stress", "state", "energy")) < 1e-11
        assert numbers["hosts"]["ogs"]["tangent"] is None
    else:
        assert numbers["missing"]["ogs"] == "OpenGeoSys is not installed: pip install 'microtann[opengeosys]'"


def test_a_host_that_nobody_knows_is_refused() -> None:
    with pytest.raises(InputError, match="the hosts are c, umat"):
        compare_hosts("cube-play", ["fortran"])
    with pytest.raises(InputError, match="at least one point"):
        programme(mt.load("cube-play"), 0, 1)


def test_a_difference_is_relative_to_the_largest_value() -> None:
    walk = np.full((2, 3, 6), 0.1)

    class Elastic(LinearElastic):
        def initial_state(self, n: int) -> dict[str, np.ndarray]:
            return super().initial_state(n) | {"isv": np.zeros((n, 1))}

        def update(self, strain_increment: Any, state: Any, dt: float = 1.0, tangent: bool = True) -> Any:
            stress, moduli, after = super().update(strain_increment, state, dt, tangent)
            return stress, moduli, after | {"isv": state["isv"]}

    one, two = (drive_points(Elastic(factor * np.eye(6)), walk, 1) for factor in (1.0, 1.01))
    found = host_differences(two, one)
    assert found["stress"] == pytest.approx(0.01)
    assert found["tangent"] == pytest.approx(0.01)
    assert found["state"] == 0.0


def test_elements_alone_have_the_strains_of_the_programme() -> None:
    walk = np.random.default_rng(0).normal(0.0, 0.01, (2, 3, 6))
    mesh = elements_alone(3, 3)
    result = mt.fem.Model(mesh, LinearElastic(np.eye(6))).solve(moved_steps(mesh, walk))
    np.testing.assert_allclose(
        result.strain, np.broadcast_to(walk.sum(axis=0)[:, None], result.strain.shape), atol=1e-15
    )
