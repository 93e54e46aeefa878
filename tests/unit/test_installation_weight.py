"""The core of an installation stays below 1 GB, and what is weighed is what the package asks for."""

from __future__ import annotations

import platform
import sys

import pytest
from benchmarks.weight import needed, weight


def test_the_core_is_what_the_package_asks_for_and_what_that_asks_for() -> None:
    core = needed(())
    assert {"microtann", "jax", "jaxlib", "numba", "llvmlite", "fonttools"} <= core
    assert not {"vtk", "pyvista", "pytest", "dask", "openseespy"} & core
    assert {"vtk", "pyvista"} <= needed(("pictures",)) - core


@pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64"), reason="wheels of other systems have other sizes"
)
def test_the_core_is_below_one_gigabyte() -> None:
    assert sum(map(weight, needed(()))) < 1.0e9
