"""Vectors and matrices of PETSc for a while.

What several processes share and Python forgets, PETSc keeps until all of them clean up together. Whoever makes
such an object in every iteration must destroy it, or memory and communicators run out.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def destroyed_after(*objects: Any) -> Iterator[tuple[Any, ...]]:
    """Destroy objects of PETSc at the end of the block.

    Parameters
    ----------
    *objects : PETSc objects
    """
    try:
        yield objects
    finally:
        for each in objects:
            each.destroy()


def clean_up(comm: Any) -> None:
    """Destroy what no process refers to any more; all processes call it together.

    Parameters
    ----------
    comm : mpi4py communicator
    """
    from petsc4py import PETSc

    gc.collect()  # matrices and the operators on them refer to each other
    PETSc.garbage_cleanup(comm)
