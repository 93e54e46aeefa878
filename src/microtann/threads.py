"""One thread for linear algebra, so that data do not depend on the number of cores to the last bit.

With several threads OpenBLAS cuts matrices into other pieces, and sums end in other bits. Shards are small:
several of them at once use the cores better than several threads in one.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import scipy

Threads = tuple[Callable[[], int], Callable[[int], object]]


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Limit the OpenBLAS of the NumPy and SciPy wheels to one thread for a while.

    Another library (MKL, Accelerate, a system's OpenBLAS) is left alone: there ``OMP_NUM_THREADS=1`` in the
    environment does the same.
    """
    libraries = _libraries()
    before = [count() for count, _ in libraries]
    try:
        for _, limit in libraries:
            limit(1)
        yield
    finally:
        for (_, limit), threads in zip(libraries, before, strict=True):
            limit(threads)


def _libraries() -> list[Threads]:
    """Return how to ask and set the threads of every OpenBLAS that came with a wheel."""
    found = []
    for package in (np, scipy):
        home = Path(str(package.__file__)).parent
        for folder in (home.parent / f"{package.__name__}.libs", home / ".dylibs"):
            for file in sorted(folder.glob("*openblas*")):
                threads = _threads(file)
                if threads is not None:
                    found.append(threads)
    return found


def _threads(file: Path) -> Threads | None:
    try:
        library = ctypes.CDLL(str(file))
    except OSError:
        return None
    for prefix in ("scipy_openblas", "openblas"):
        for suffix in ("64_", "", "_64"):
            count = getattr(library, f"{prefix}_get_num_threads{suffix}", None)
            limit = getattr(library, f"{prefix}_set_num_threads{suffix}", None)
            if count is not None and limit is not None:
                return count, limit
    return None
