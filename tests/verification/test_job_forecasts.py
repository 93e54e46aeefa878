"""Forecasts of small jobs beside their runs: time, memory, records and points outside are in their bands."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

import microtann as mt

TORSION = """\
[mesh]
lengths = [10.0, 10.0, 20.0]
divisions = [10, 10, 20]
origin = [-5.0, -5.0, 0.0]
[set.bottom]
z = 0.0
[set.top]
z = 20.0
[material]
kind = "model"
name = "cube"
[[support]]
on = "bottom"
[[step]]
[[step.load]]
kind = "rotation"
on = "top"
degrees = 60.0
free_along_axis = true
"""
JOBS = {
    "FE x TANN": {},
    "exact cell": {"material.kind": "exact", "mesh.divisions": [5, 5, 10]},
    "hybrid": {
        "material.kind": "hybrid",
        "material.name": "cube-2x2x2-perturbed",
        "mesh.divisions": [5, 5, 10],
        "step.0.load.0.degrees": 120.0,
        "step.0.increments": 3,
    },
}
RUN = """\
import json, resource, sys, warnings
from pathlib import Path
import microtann as mt
warnings.simplefilter("ignore")
job = mt.read_job("job.toml", json.loads(sys.argv[1]))
job.solve()
result = job.solve(record="run")
print(json.dumps({
    "seconds": result.statistics.seconds,
    "newton": result.statistics.newton_iterations,
    "record_mb": sum(file.stat().st_size for file in Path("run").iterdir()) / 1e6,
    "memory_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
}))
"""


@pytest.mark.verify
@pytest.mark.parametrize("name", JOBS)
def test_a_run_is_within_the_bands_of_its_forecast(name: str, tmp_path: Path) -> None:
    (tmp_path / "job.toml").write_text(TORSION, encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = mt.studies.forecast_job(mt.read_job(tmp_path / "job.toml", JOBS[name]))
    done = subprocess.run(
        [sys.executable, "-c", RUN, json.dumps(JOBS[name])],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    run = json.loads(done.stdout.splitlines()[-1])
    for quantity, value in run.items():
        band = getattr(found, quantity)
        assert band.low <= value <= band.high, (quantity, value, band)
