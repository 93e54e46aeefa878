"""What README's example takes in processes of its own: nothing compiled, afterwards, and with JAX's cache.

``python -m benchmarks first_use``. CPU seconds of the whole process, the fewest of three but for the first.
Modules are compiled to bytecode before, as ``pip`` does when it installs them.
"""

from __future__ import annotations

import argparse
import compileall
import os
import re
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import microtann as mt
from benchmarks.machine import table, write

README = Path(__file__).parents[1] / "README.md"
KEPT = {"JAX_COMPILATION_CACHE_DIR": "programs", "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}
"""What makes JAX keep what it has compiled; the first in a folder of the run."""


def main(arguments: list[str]) -> None:
    """Run README's Python block again and again."""
    argparse.ArgumentParser(prog="python -m benchmarks first_use", description=__doc__).parse_args(arguments)
    found = re.search(r"^```python\n(.*?)^```", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert found is not None
    compileall.compile_dir(Path(mt.__file__).parent, quiet=2)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        kernels = {"NUMBA_CACHE_DIR": str(folder / "kernels")}
        kept = kernels | KEPT | {"JAX_COMPILATION_CACHE_DIR": str(folder / KEPT["JAX_COMPILATION_CACHE_DIR"])}
        first = seconds(found[1], folder, kernels)
        later = min(seconds(found[1], folder, kernels) for _ in range(3))
        programs = [seconds(found[1], folder, kept) for _ in range(4)]
        nothing = min(seconds("import microtann as mt\nmt.load('cube')", folder, kernels) for _ in range(3))
    rows = [
        {"README's example": what, "CPU s": round(value, 1)}
        for what, value in (
            ("nothing compiled", first),
            ("afterwards", later),
            ("with the cache of JAX", min(programs[1:])),
            ("import and mt.load alone", nothing),
        )
    ]
    print(table(rows))
    write("first_use", rows)


def seconds(program: str, folder: Path, environment: dict[str, str]) -> float:
    """Return the CPU seconds of a Python program in a process of its own.

    Parameters
    ----------
    program : str
    folder : Path
        Where it runs.
    environment : dict
        Variables beside those of this process.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-c", program], check=True, cwd=folder, env=os.environ | environment, capture_output=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main([])
