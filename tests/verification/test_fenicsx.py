"""FEniCSx on one and two processes gives the numbers of our own finite elements."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import microtann as mt
from microtann.evaluation.distributed_run import launcher

pytestmark = pytest.mark.verify
SCRIPT = Path(__file__).with_name("fenicsx_processes.py")


@pytest.fixture(autouse=True)
def _dolfinx() -> None:
    if sys.version_info < (3, 12) or sys.platform != "linux":
        pytest.skip("dolfinx is not here: it needs Python 3.12 and Linux")
    pytest.importorskip("petsc4py", reason="dolfinx is not here")


@pytest.mark.parametrize("ranks", [1, 2])
def test_a_reference_structure_has_the_numbers_of_our_own_elements(ranks: int) -> None:
    size = {"mesh_size": 2.0, "dns": 0.0, "exact": False, "outside_training": "none"}
    found = mt.simulate("lcT2", "cube-2x2x2-perturbed", engine="fenicsx", ranks=ranks, **size)
    expected = mt.simulate("lcT2", "cube-2x2x2-perturbed", **size)
    ours, theirs = (each.comparison.quantities["model"] for each in (expected, found))
    for name, values in ours.items():
        assert theirs[name] == pytest.approx(values, rel=1e-9), name


@pytest.mark.parametrize("ranks", [1, 2])
def test_materials_regions_and_restarts(ranks: int, tmp_path: Path) -> None:
    command = [*launcher(ranks), sys.executable, str(SCRIPT), str(tmp_path / "record")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert [line.pop("case") for line in lines] == [
        "mean dilatation",
        "regions",
        "regions, one with mean dilatation",
        "unsymmetric tangent",
        "quadratic tetrahedra",
        "hybrid",
        "restart",
    ]
    for numbers in lines:
        assert max(numbers.values()) < 1e-9, numbers
    assert (tmp_path / "record" / "out.xdmf").is_file()
    assert (tmp_path / "record" / "out.bp").exists()
