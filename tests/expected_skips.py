"""Tests may only be skipped if that is expected: any other skip fails, with its name and its reason."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Generator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import pytest

from headless_browser import browser_here


@dataclass(frozen=True)
class ExpectedSkip:
    """Tests that are skipped on some machines.

    Parameters
    ----------
    test : str
        What their names contain.
    reason : str
        What the reason of the skip contains.
    here : bool
        Whether they are skipped on this machine.
    """

    test: str
    reason: str
    here: bool


no_zig, no_node = find_spec("ziglang") is None, shutil.which("node") is None
no_web = no_zig or no_node
EXPECTED = (
    # the wheel of openseespylinux brings libraries for Python 3.12 that need a libgfortran it does not bring
    ExpectedSkip("verification/test_opensees.py", "openseespy", sys.version_info >= (3, 12)),
    ExpectedSkip("verification/test_opensees_frames.py", "openseespy", sys.version_info >= (3, 12)),
    ExpectedSkip("verification/test_opensees_displacement_beams.py", "openseespy", sys.version_info >= (3, 12)),
    ExpectedSkip("examples/test_examples.py::test_opensees_cell", "openseespy", sys.version_info >= (3, 12)),
    # where the extras are not installed; FEniCSx has wheels for Python 3.12 and Linux alone
    ExpectedSkip("verification/test_fenicsx.py", "dolfinx is not here", find_spec("dolfinx") is None),
    ExpectedSkip("unit/export/test_onnx_files.py", "onnx", find_spec("onnxruntime") is None),
    ExpectedSkip("unit/export/test_onnx_in_javascript.py", "NODE_PATH leads to no onnxruntime", True),
    ExpectedSkip("unit/export/test_exported_networks.py", "onnx", find_spec("onnxruntime") is None),
    ExpectedSkip("examples/test_examples.py::test_opengeosys_cube", "OpenGeoSys", shutil.which("ogs") is None),
    ExpectedSkip("examples/test_examples.py::test_umat_in_a_deck", "no gcc", shutil.which("gcc") is None),
    # hosts of exported models are no part of the environment: tests with them run where they are installed
    ExpectedSkip("unit/export/", "no gcc", shutil.which("gcc") is None),
    ExpectedSkip("verification/test_opengeosys.py", "opengeosys", shutil.which("ogs") is None),
    ExpectedSkip("verification/test_umat_driver.py", "gfortran", shutil.which("gfortran") is None),
    ExpectedSkip("verification/test_calculix.py", "CalculiX", True),
    ExpectedSkip("verification/test_felupe_prism.py", "FElupe", find_spec("felupe") is None),
    ExpectedSkip("verification/test_felupe_cell.py", "felupe", find_spec("felupe") is None),
    ExpectedSkip("verification/test_crate.py", "cratepy", find_spec("cratepy") is None),
    ExpectedSkip("verification/test_exported_updates.py", "no gcc", shutil.which("gcc") is None),
    ExpectedSkip("unit/export/test_other_systems.py", "ziglang is not installed", find_spec("ziglang") is None),
    ExpectedSkip("unit/export/test_web_module.py", "no compiler for WebAssembly", no_web),
    ExpectedSkip("unit/export/test_web_module.py", "ziglang is installed", not no_web),
    ExpectedSkip("unit/explorer/", "no node", no_node),
    ExpectedSkip("unit/explorer/test_page_driver.py", "no compiler for WebAssembly", no_web),
    ExpectedSkip("unit/explorer/test_explored_page.py", "ziglang is installed", not no_zig),
    ExpectedSkip("verification/test_explored_in_browser.py", "no browser", browser_here() is None),
    ExpectedSkip("verification/test_explored_in_browser.py", "no compiler for WebAssembly", no_zig),
    ExpectedSkip("unit/data/test_data_file.py", "limits the size of files", sys.platform == "win32"),
    ExpectedSkip("unit/data/test_data_shards.py", "limits the size of files", sys.platform == "win32"),
)


def is_expected(name: str, reason: str) -> bool:
    """Return whether a test may be skipped here."""
    return any(skip.here and skip.test in name and skip.reason in reason for skip in EXPECTED)


def refuse(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skip that nobody expects into a failure."""
    if not report.skipped or hasattr(report, "wasxfail"):
        return
    reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
    if not is_expected(report.nodeid, reason):
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} was skipped, but tests/expected_skips.py does not expect it: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, Any, Any]:
    """Look at the report of every test."""
    report = yield
    refuse(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, Any, Any]:
    """Look at modules that are skipped as a whole."""
    report = yield
    refuse(report)
    return report
