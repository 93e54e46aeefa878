"""FEniCSx on one and two processes gives the numbers of our own finite elements."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import microtann as mt
from microtann.cli.main import app
from microtann.errors import InputError, LimitLoadError
from microtann.fenicsx.processes import launcher

pytestmark = [pytest.mark.verify, pytest.mark.timeout(1800)]
SCRIPT = Path(__file__).with_name("fenicsx_processes.py")


@pytest.fixture(autouse=True)
def _dolfinx() -> None:
    if sys.version_info < (3, 12) or sys.platform != "linux":
        pytest.skip("dolfinx is not here: it needs Python 3.12 and Linux")
    pytest.importorskip("petsc4py", reason="dolfinx is not here")


@pytest.mark.parametrize("ranks", [1, 2])
def test_a_reference_structure_has_the_numbers_of_our_own_elements(ranks: int) -> None:
    size = {"mesh_size": 2.0, "dns": 0.0, "exact": False, "outside_training": "none"}
    found = mt.simulate("lcT2", "cube-2x2x2-perturbed", engine="fenicsx", ranks=ranks, **size)
    expected = mt.simulate("lcT2", "cube-2x2x2-perturbed", **size)
    ours, theirs = (each.comparison.quantities["model"] for each in (expected, found))
    for name, values in ours.items():
        assert theirs[name] == pytest.approx(values, rel=1e-9), name


@pytest.mark.parametrize("ranks", [1, 2])
def test_materials_regions_and_restarts(ranks: int, tmp_path: Path) -> None:
    command = [*launcher(ranks), sys.executable, str(SCRIPT), str(tmp_path / "record")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert [line.pop("case") for line in lines] == [
        "mean dilatation",
        "regions",
        "regions, one with mean dilatation",
        "unsymmetric tangent",
        "quadratic tetrahedra",
        "curved quadratic tetrahedra",
        "wedges",
        "pyramids",
        "hexahedra with 20 nodes, regions",
        "several kinds",
        "several kinds, mean dilatation",
        "hybrid",
        "limit load",
        "refused",
        "restart",
    ]
    for numbers in lines:
        assert max(numbers.values()) < 1e-9, numbers
    assert (tmp_path / "record" / "out.xdmf").is_file()
    assert (tmp_path / "record" / "out.bp").exists()


JOB = """
[mesh]
lengths = [10.0, 10.0, 20.0]
divisions = [2, 2, 4]
[set.base]
z = 0.0
[set.top]
z = 20.0
[side.top]
z = 20.0
[material]
kind = "model"
name = "cube-play"
[[support]]
on = "base"
components = "xyz"
[[step]]
increments = 3
[[step.load]]
kind = "displacement"
on = "top"
component = "x"
value = 3.0
"""


def test_a_job_file_on_two_processes_goes_on_from_its_records(tmp_path: Path) -> None:
    file, records = tmp_path / "job.toml", tmp_path / "records"
    file.write_text(JOB, encoding="utf-8")
    expected = mt.read_job(file).solve()
    changes = {"job.engine": "fenicsx", "job.ranks": 2}
    for _ in range(2):
        found = mt.read_job(file, changes).solve(record=records)
        for name in ("displacement", "reactions", "energy", "dissipation", "stress"):
            right = getattr(expected, name)
            np.testing.assert_allclose(getattr(found, name), right, rtol=0, atol=1e-9 * np.abs(right).max())
        for last in (records / "fenicsx" / "process-1").glob("00000002*.h5"):
            last.unlink()  # as if the second process had been killed before it wrote its last increment
    with pytest.raises(InputError, match="records of another number of processes"):
        mt.read_job(file, changes | {"job.ranks": 3}).solve(record=records)


def test_a_job_is_computed_from_the_command_line(tmp_path: Path) -> None:
    file = tmp_path / "job.toml"
    file.write_text(JOB, encoding="utf-8")
    output = tmp_path / "results"
    asked = ["--engine", "fenicsx", "--ranks", "2", "--engine-fields", "bp", "--output", str(output)]
    done = CliRunner().invoke(app, ["simulate", str(file), *asked])
    assert done.exit_code == 0, done.output
    assert (output / "fenicsx.bp").is_dir()
    assert (output / "response.csv").is_file()
    assert "already holds these results" in CliRunner().invoke(app, ["simulate", str(file), *asked]).output


def test_a_load_beyond_the_limit_is_told_as_such(tmp_path: Path) -> None:
    file = tmp_path / "job.toml"
    steel = 'kind = "von Mises"\nyoung = 210.0\npoisson = 0.3\nyield_stress = 0.24\nhardening = 0.0'
    pressed = 'kind = "pressure"\non = "top"\nvalue = -0.4'
    text = JOB.replace('kind = "model"\nname = "cube-play"', steel)
    text = text.replace('kind = "displacement"\non = "top"\ncomponent = "x"\nvalue = 3.0', pressed)
    file.write_text(text, encoding="utf-8")
    found = []
    for changes in ({}, {"job.engine": "fenicsx", "job.ranks": 2}):
        with pytest.raises(LimitLoadError, match="beyond the limit load") as failure:
            mt.read_job(file, changes).solve()
        found.append((failure.value.load_factor, failure.value.step))
    assert found[0] == found[1]
