"""Run the tests as other processors would: ``python -m tests.processors [ARGUMENT ...]``.

Sums are rounded otherwise with every width of the vector units, and so a test that holds on one processor may fail
on the next. This runs the suite under each of several settings in turn, which take instructions away from the
BLAS, from XLA or from numba, and prints which tests failed under which. The arguments are those of pytest, such as
a folder or ``-k``; without a file or a folder all tests run but the long verifications and `SAME_EVERYWHERE`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from numpy._core._multiarray_umath import __cpu_features__ as features
from threadpoolctl import threadpool_info

ROOT = Path(__file__).parents[1]
TESTS = ROOT / "tests"
SETTINGS = {
    "BLAS of Haswell": {"OPENBLAS_CORETYPE": "Haswell"},
    "BLAS of SkylakeX": {"OPENBLAS_CORETYPE": "SkylakeX"},
    "BLAS of Prescott": {"OPENBLAS_CORETYPE": "Prescott"},
    "one thread": dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
    | {"XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false"},
    "XLA without AVX2": {"XLA_FLAGS": "--xla_cpu_max_isa=AVX"},
    "kernels for any processor": {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""},
}
"""Variables of the environment by the name of a setting."""
NEEDED = {"BLAS of Haswell": "AVX2", "BLAS of SkylakeX": "AVX512_SKX", "XLA without AVX2": "AVX"}
"""Instructions without which a setting is impossible, by its name."""
SAME_EVERYWHERE = (
    "examples/test_docstrings.py",
    "examples/test_numbers_of_pages.py",
    "examples/test_pages.py",
    "unit/cli",
    "unit/explorer",
    "unit/hosts",
    "unit/mesh_files",
    "unit/plotting",
    "unit/refinement",
    "unit/report",
    "unit/reproduction",
    "unit/studies",
    "unit/system",
    "unit/test_*.py",
)
"""Tests of words, files, figures and commands: what these compute the tests of its own room hold to numbers."""


def possible() -> dict[str, dict[str, str]]:
    """Return the settings that this processor allows, and under which the BLAS is another than without them."""
    own = {library["architecture"] for library in threadpool_info() if library["internal_api"] == "openblas"}
    return {
        name: change
        for name, change in SETTINGS.items()
        if features.get(NEEDED.get(name, ""), True) and change.get("OPENBLAS_CORETYPE") not in own
    }


def chosen(arguments: list[str]) -> list[str]:
    """Return the arguments of pytest: without a file or a folder among them, those of all tests of numbers.

    Parameters
    ----------
    arguments : list of str
    """
    if any((ROOT / argument.split("::")[0]).exists() for argument in arguments):
        return arguments
    return [*(arguments or ["-m", "not verify"]), *(f"--ignore-glob={TESTS / name}" for name in SAME_EVERYWHERE)]


def failures(change: dict[str, str], arguments: list[str]) -> list[str]:
    """Run the tests under a setting, showing their progress, and return the names of those that fail.

    Parameters
    ----------
    change : dict of str to str
        Variables of the environment.
    arguments : list of str
        Of pytest.
    """
    command = [sys.executable, "-m", "pytest", "-q", "--tb=short", "-rfE", *chosen(arguments)]
    failed = []
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | change, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        for line in run.stdout:
            print(line, end="", flush=True)
            if found := re.match(r"(?:FAILED|ERROR) (\S+)", line):
                failed.append(found[1])
    if run.returncode > 1:
        failed.append(f"pytest ended with exit code {run.returncode}")
    return failed


def main(arguments: list[str]) -> int:
    """Run the tests under every setting, and return 1 if any failed."""
    settings, failed = possible(), {}
    for name, change in settings.items():
        print(f"\n=== {name}: {' '.join(f'{key}={value}' for key, value in change.items())}", flush=True)
        failed[name] = failures(change, arguments)
    print()
    for name in SETTINGS:
        if name not in settings and features.get(NEEDED.get(name, ""), True):
            print(f"{name}: what this processor has anyway")
        elif name not in settings:
            print(f"{name}: not on this processor, which has no {NEEDED[name]}")
        else:
            print(f"{name}: {', '.join(failed[name]) or 'all passed'}")
    return int(any(failed.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
