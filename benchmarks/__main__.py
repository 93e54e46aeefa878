"""Run benchmarks: ``python -m benchmarks`` runs all, ``python -m benchmarks NAME [OPTIONS]`` one of them.

A benchmark is a module of this package with a function ``main(arguments: list[str]) -> None`` that prints a table
and writes its numbers with `benchmarks.machine.write`.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys

import benchmarks
from benchmarks.machine import threads


def names() -> list[str]:
    """Return the benchmark modules; helpers and names with an underscore in front are none."""
    found = (module.name for module in pkgutil.iter_modules(benchmarks.__path__))
    return sorted(name for name in found if not name.startswith("_") and name != "machine")


def run(arguments: list[str]) -> int:
    """Run the benchmark named first, or all; return the exit code."""
    if arguments and arguments[0] in ("-h", "--help"):
        print(__doc__)
        print("benchmarks:", ", ".join(names()))
        return 0
    if arguments and arguments[0] not in names():
        print(f"no benchmark {arguments[0]!r}; there are: {', '.join(names())}", file=sys.stderr)
        return 2
    if "--one" not in arguments:  # a run inside a benchmark prints its numbers alone
        blas = threads()
        print(f"BLAS threads: {blas['environment']} by the environment, {blas['solving']} while solving")
    for name in arguments[:1] or names():
        module = importlib.import_module(f"benchmarks.{name}")
        if hasattr(module, "main"):
            print(f"== {name}", flush=True)
            module.main(arguments[1:])
    return 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
