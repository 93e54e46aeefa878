"""WebAssembly modules give in node what the model gives in Python."""

from __future__ import annotations

import json
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from exported_models import FORMS, energy_terms
from numpy.typing import NDArray

import microtann as mt
from microtann.errors import MissingExtraError
from microtann.export import write

SCRIPT = Path(__file__).parent / "run_face.mjs"
CLANG = shutil.which("clang") and shutil.which("wasm-ld")
compiler_needed = pytest.mark.skipif(
    (find_spec("ziglang") is None and not CLANG) or shutil.which("node") is None,
    reason="no compiler for WebAssembly, or no node",
)


def in_node(face: Path, increments: NDArray[np.float64]) -> dict[str, Any]:
    """Return what a face says of increments, shape (T, n, v)."""
    numbers = [[None if np.isnan(x) else x for x in step.ravel().tolist()] for step in increments]
    programme = json.dumps({"points": increments.shape[1], "increments": numbers})
    done = subprocess.run(
        ["node", str(SCRIPT), str(face)], input=programme, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@compiler_needed
@pytest.mark.parametrize("name", FORMS)
def test_a_module_agrees_with_python_in_node(name: str, tmp_path: Path) -> None:
    model = mt.load(name)
    _module, face, *_ = write(model, tmp_path, to="wasm")
    increments = np.random.default_rng().normal(0.0, 0.1, (4, 50, model.components))
    said = in_node(face, increments)
    state = model.initial_state(50)
    for increment, found in zip(increments, said["found"], strict=True):
        before = state
        stress, tangent, state = model.update(increment, before)
        assert tangent is not None
        reach = model.training_reach(before, state)
        right = {"stress": stress, "tangent": tangent, "strain": state["strain"], "energy": state["energy"]}
        right |= {"dissipation": state["dissipation"], "state": state["isv"] - np.asarray(model.virgin_state())}
        assert found["failed"] == 0
        assert found["same"]
        work = np.abs(stress).max() * np.abs(state["strain"]).max()
        for quantity, values in right.items():
            difference = np.abs(np.array(found[quantity]) - values.ravel()).max()
            size = work if quantity in ("energy", "dissipation") else np.abs(values).max()
            if quantity in ("energy", "dissipation"):
                size = max(size, energy_terms(model))
            elif quantity == "state" and name == "cube-published":
                size = 1.0  # to which its states are scaled; at rest its network leaves a ten-millionth
            bound = 1e-12 if name == "cube-published" else 1e-13  # sums of large terms that nearly cancel
            assert difference <= bound * size, quantity
        np.testing.assert_allclose(found["reach"], reach, rtol=1e-12)


@compiler_needed
def test_what_cannot_be_answered_is_said(tmp_path: Path) -> None:
    model = mt.load("cube-play")
    _module, face, *_ = write(model, tmp_path, to="wasm", name="solid")
    increments = np.zeros((1, 3, 6))
    increments[0, 1, 0], increments[0, 2, 3] = np.nan, 1e3
    said = in_node(face, increments)
    assert said["found"][0]["failed"] == 2
    assert said["found"][0]["energy"] == [0.0, None, None]
    assert (
        said["refused"] == "solid takes 6 strains and 13 states a point, got 7 increments, 6 strains and 13 states"
    )
    assert said["about"]["prefix"] == "solid"


@pytest.mark.skipif(
    find_spec("ziglang") is not None and shutil.which("node") is not None, reason="ziglang is installed"
)
def test_without_a_compiler_the_install_line_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingExtraError, match=r"pip install 'microtann\[compile\]'"):
        write("cube-play", tmp_path, to="wasm")
