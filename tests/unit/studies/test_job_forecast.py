"""What a job costs: what can be counted is counted right, and the command says it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import microtann as mt
from microtann.cli.main import app
from microtann.errors import InputError
from microtann.studies.region_forecast import Band

BAR = """\
[mesh]
lengths = [4.0, 1.0]
divisions = [4, 2]
[set.left]
x = 0.0
[set.right]
x = 4.0
[region.near]
x = [0.0, 2.0]
[region.far]
x = [2.0, 4.0]
[material.near]
kind = "model"
name = "square-2x2"
[material.far]
kind = "elastic"
young = 1.0
poisson = 0.25
plane = "stress"
[[support]]
on = "left"
components = "xy"
[[step]]
increments = 2
[[step.load]]
kind = "displacement"
on = "right"
component = "x"
value = 0.1
[[step]]
[output]
pictures = []
"""


@pytest.fixture(scope="module")
def bar(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("cost") / "bar.toml"
    file.write_text(BAR, encoding="utf-8")
    return file


def test_what_can_be_counted(bar: Path, tmp_path: Path) -> None:
    """Points by regions, unknowns, increments, and the files of the record that a run really leaves."""
    job = mt.read_job(bar)
    found = mt.studies.forecast_job(job)
    assert (found.unknowns, found.points, found.increments) == (30, 32, 3)
    assert [(region.name, region.points) for region in found.regions] == [("near", 16), ("far", 16)]
    assert found.regions[1].microseconds.low <= found.regions[1].microseconds.value
    assert not found.regions[1].errors
    assert found.regions[1].outside is None
    assert found.regions[0].outside is not None
    job.solve(record=tmp_path / "run")
    size = sum(file.stat().st_size for file in (tmp_path / "run").iterdir()) / 1e6
    assert found.record_mb.low <= size <= found.record_mb.high


def test_a_structure_that_does_not_flow_takes_one_iteration_an_increment(bar: Path) -> None:
    found = mt.studies.forecast_job(mt.read_job(bar, {"step.0.load.0.value": 1e-3}))
    assert found.newton.value == found.newton.low == 3.0
    assert found.regions[0].outside == Band(0.0, 0.0, 0.0)
    assert found.regions[0].errors["stress"].value < 1e-6


def test_strains_far_beyond_the_training_range_are_told(bar: Path) -> None:
    found = mt.studies.forecast_job(mt.read_job(bar, {"step.0.load.0.value": 40.0}))
    assert found.regions[0].outside is not None
    assert found.regions[0].outside.value > 0.5
    assert found.newton.value > 3.0


def test_the_command(bar: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(bar.parent)
    runner = CliRunner()
    done = runner.invoke(app, ["cost", "bar.toml", "--set", "mesh.divisions=[2, 1]", "-o", "out"])
    assert done.exit_code == 0, done.output
    assert "12 unknowns, 8 Gauss points, 3 increments" in done.output
    numbers = json.loads(Path("out/numbers.json").read_text(encoding="utf-8"))
    assert numbers["points"] == 8
    assert "kept" in runner.invoke(app, ["cost", "bar.toml", "--set", "mesh.divisions=[2, 1]", "-o", "out"]).output
    for wrong in (["bar.toml", "--set", "material.near.nam=1"], ["cube"]):
        assert runner.invoke(app, ["cost", *wrong]).exit_code == 2


def test_a_body_that_nothing_holds_is_told(bar: Path) -> None:
    with pytest.raises(InputError, match="free"):
        mt.studies.forecast_job(mt.read_job(bar, {"support.0.components": "x"}))
