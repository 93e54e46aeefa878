"""The machine and the versions beside every benchmark's numbers, and the file the numbers are written to."""

from __future__ import annotations

import json
import os
import platform
import sys
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from microtann.system.atomic import write_atomically
from microtann.system.threads import blas_threads, one_blas_thread

PACKAGES = ("microtann", "numpy", "scipy", "numba", "jax", "pyamg", "h5py")
RESULTS = Path("results/benchmarks")


def describe() -> dict[str, Any]:
    """Return processor, cores, memory, system, package versions and threads."""
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "not installed"
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gb": _memory_gb(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "versions": versions,
        "threads": {
            name: os.environ[name] for name in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS") if name in os.environ
        },
        "blas_threads": threads(),
    }


def threads() -> dict[str, int]:
    """Return the threads of the BLAS as the environment sets them, and while microtann solves something."""
    around = blas_threads()
    with one_blas_thread():
        return {"environment": around, "solving": blas_threads()}


def write(name: str, results: Any, folder: Path = RESULTS) -> Path:
    """Write the results of one benchmark as JSON under a header that says where and when they were measured.

    Parameters
    ----------
    name : str
        Name of the benchmark; the file is ``folder/name.json``.
    results : anything that JSON can hold
        Usually a list of rows.
    folder : Path

    Returns
    -------
    Path
        The file.
    """
    content = {
        "benchmark": name,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": "python -m benchmarks " + " ".join(sys.argv[1:]),
        "machine": describe(),
        "results": results,
    }
    target = folder / f"{name}.json"
    write_atomically(target, json.dumps(content, indent=1))
    return target


def table(rows: list[dict[str, Any]], title: str = "") -> str:
    """Return rows of equal keys as an aligned text table."""
    if not rows:
        return title
    columns = list(dict.fromkeys(key for row in rows for key in row))
    cells = [[_text(row.get(column, "")) for column in columns] for row in rows]
    widths = [max(len(column), *(len(line[i]) for line in cells)) for i, column in enumerate(columns)]
    lines = [title] if title else []
    lines.append("  ".join(column.rjust(width) for column, width in zip(columns, widths, strict=True)))
    lines += ["  ".join(text.rjust(width) for text, width in zip(line, widths, strict=True)) for line in cells]
    return "\n".join(lines)


def _text(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _memory_gb() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (ValueError, OSError, AttributeError):
        return None
