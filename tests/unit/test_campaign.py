"""The campaign of faults repeats a case from its seed, and tells what breaks with the command that repeats it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
MAIN = "from tests.campaign.__main__ import main; raise SystemExit(main())"


def campaign(*arguments: str, code: str = MAIN) -> str:
    """Return what a campaign prints, but for the time that it took."""
    lines = "import sys; sys.argv[1:] = " + repr(list(arguments)) + "\n" + code
    path = os.pathsep.join([str(ROOT), str(ROOT / "src")])
    done = subprocess.run(
        [sys.executable, "-c", lines],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": path},
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return "\n".join(line.rpartition(" in ")[0] or line for line in done.stdout.splitlines())


BROKEN = (
    "import numpy as np, tests.campaign.cells as c\n"
    "solve = c.mt.solve_cell\n"
    "def wrong(*a):\n"
    "    r = solve(*a); r.energy[-1] *= 1.001; return r\n"
    "c.mt.solve_cell = wrong\n"
)


def test_a_seed_repeats_its_cases() -> None:
    arguments = ("cells", "--seed", "7", "--cases", "3", "--verbose")
    first = campaign(*arguments)
    assert first.endswith("cells: all kept")
    assert first.count("increments") == 3
    assert campaign("cells", "--seed", "8", "--cases", "1", "--verbose").splitlines()[1] in first


def test_a_broken_promise_is_told_with_the_command_that_repeats_it() -> None:
    told = campaign("cells", "--seed", "7", "--cases", "2", code=BROKEN + MAIN)
    assert "repeat it with: python -m tests.campaign cells --seed 7 --cases 1 --verbose" in told
    assert "energy balance: the two sides differ by" in told
    assert "2 BROKEN" in told
