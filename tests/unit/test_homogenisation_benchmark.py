"""The benchmark of homogenisation: what it leaves out for memory, extrapolates, and calls an error."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = """
from benchmarks.homogenisation import COMPARED, COSTS, errors, extrapolated, fits, report, trend_error

assert fits("exact", 4, 0.5) and fits("lattice", 2, 0.5) and fits("lattice", 4, 0.5)
assert not fits("lattice", 4, 0.5, memory_gb=6.0) and not fits("lattice", 4, 0.25)

def run(size):  # costs 3 (bars)^1.2, quantities of second degree in the size of the cells
    points = 8000 / size**3
    row = {key: 3 * points**1.2 for key in ("unknowns", "build_s", *COSTS)}
    quantities = {"energy": 5 + size - 2 * size**2, "dissipation": 0.01 + 0.001 * size}
    return row | {"method": "lattice", "units": 4, "size": size, "points": points, "quantities": quantities}

found, truth = extrapolated([run(s) for s in (2.0, 1.0, 0.5)], 0.25), run(0.25)
assert abs(found["exponent"] - 1.2) < 1e-12
assert found["points"] == truth["points"]
assert abs(found["solve_s"] / truth["solve_s"] - 1) < 1e-12
assert all(abs(found["quantities"][k] - v) < 1e-12 for k, v in truth["quantities"].items())

told = errors({"energy": 11.0, "dissipation": 0.03}, {"energy": 10.0, "dissipation": 0.01})
assert abs(told["energy"] - 0.1) < 1e-12 and abs(told["dissipation"] - 0.02 / 0.1) < 1e-12

run = {"solve_s": 2.0, "peak_gb": 4.0, "quantities": dict.fromkeys([*COMPARED, "other"], 2.0)}
trend = run | {"exponent": 1.1, "solve_s": 3.0, "quantities": dict.fromkeys([*COMPARED, "other"], 2.1)}
beside = trend_error(trend, run)
assert (beside["exponent"], beside["solve_s over run"], beside["peak_gb over run"]) == (1.1, 1.5, 1.0)
assert set(COMPARED) < set(beside) and all(abs(beside[name] - 0.05) < 1e-12 for name in COMPARED)
full = {"method": "lattice", "units": 4, "size": 0.5, "points": 9}
full |= dict.fromkeys(COSTS, 1.0) | {"total errors": dict.fromkeys(COMPARED, 0.0), "quantities": run["quantities"]}
told = {"units": 4, "rows": [full], "trained": {}, "network errors": [{"run": "x"}]}
assert "over the run" in report(told | {"trend": trend})
assert all("over the run" not in report(told | {"trend": trend}) for trend in (full, None))
print("held")
"""


def test_extrapolation_and_errors() -> None:
    """In a process of its own, since benchmarks are no part of the package."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "src")])
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CODE],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": path},
    )
    assert done.stdout.split() == ["held"], done.stderr
