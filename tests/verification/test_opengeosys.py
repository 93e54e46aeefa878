"""OpenGeoSys, as it comes, finds with an exported model what our own solver finds on the same mesh."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import pyvista
from twisted_prism import TwistedPrism, difference

from microtann.export import compile_source, write

BESIDE = Path(sys.executable).parent / "ogs"
PROGRAM = str(BESIDE) if BESIDE.is_file() else shutil.which("ogs")

pytestmark = pytest.mark.skipif(
    PROGRAM is None or shutil.which("gcc") is None,
    reason="the host needs the extra 'opengeosys' (pip install ogs) and gcc",
)


def ended(prism: TwistedPrism, project: str) -> subprocess.CompletedProcess[str]:
    """Run a project in the working folder."""
    compile_source(write(prism.model, "exported", to="mfront")[0])
    Path("prism.prj").write_text(project, encoding="utf-8")
    quiet = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.run([str(PROGRAM), "prism.prj"], capture_output=True, text=True, env=quiet, check=False)


def run(prism: TwistedPrism, project: str) -> list[pyvista.UnstructuredGrid]:
    """Run a project in the working folder; return the fields at the end of every increment."""
    done = ended(prism, project)
    assert done.returncode == 0, done.stdout[-2000:]
    files = sorted(Path().glob("twisted_ts_*.vtu"), key=lambda file: int(file.name.split("_")[2]))
    return [pyvista.read(file) for file in files[1:]]


@pytest.mark.parametrize(
    ("model", "size", "factors"),
    [
        pytest.param("cube-2x2x2-perturbed", 1.0, [1.0], id="lcT2"),
        pytest.param("cube-play", 2.0, [0.5, 1.0, 0.3, -0.4, -1.0, 0.2, 0.8], id="cycles"),
    ],
)
def test_the_twisted_prism_is_the_same(
    model: str, size: float, factors: list[float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    prism = TwistedPrism.written(model, size)
    times = range(len(factors) + 1)
    project = prism.project()
    for old, new in [
        ("<coords>0 1</coords>", f"<coords>{' '.join(map(str, times))}</coords>"),
        ("<values>0 1</values>", f"<values>{' '.join(map(str, [0.0, *factors]))}</values>"),
        ("<t_end>1<", f"<t_end>{times[-1]}<"),
        ("<repeat>1</repeat><delta_t>", f"<repeat>{times[-1]}</repeat><delta_t>"),
    ]:
        assert old in project
        project = project.replace(old, new)
    found, ours = run(prism, project), prism.solved(factors)
    assert len(found) == len(factors)
    assert ours.dissipation[-1] > 1.0
    moved = max(
        difference(grid.point_data["displacement"], u) for grid, u in zip(found, ours.displacement, strict=True)
    )
    forces = max(
        difference(grid.point_data["NodalForces"], f) for grid, f in zip(found, ours.reactions, strict=True)
    )
    print(f"energy {ours.energy[-1]:.9f}, displacements {moved:.1e}, forces {forces:.1e}")
    assert moved < 1e-9
    assert forces < 1e-9
    volume = size**3 / 8
    for name, right in (("StoredEnergy", ours.energy[-1]), ("DissipatedEnergy", ours.dissipation[-1])):
        energies = found[-1].field_data[f"material_state_variable_{name}_ip"]
        np.testing.assert_allclose(energies.sum() * volume, right, rtol=1e-9)


def test_a_step_far_outside_of_the_training_ends_the_analysis(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    prism = TwistedPrism.written("cube-play", 2.0)
    project = prism.project()
    assert "<values>0 1</values>" in project
    done = ended(prism, project.replace("<values>0 1</values>", "<values>0 300</values>"))
    assert done.returncode != 0
    assert "MFront: integration failed with status -1" in done.stdout
