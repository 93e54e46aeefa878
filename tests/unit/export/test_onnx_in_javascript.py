"""ONNX files give in onnxruntime for JavaScript what the models give in Python."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

import microtann as mt
from microtann.export import write
from random_networks import random_classical_tann

SCRIPT = Path(__file__).with_name("run_onnx.cjs")
FOLDERS = [Path(folder) for folder in os.environ.get("NODE_PATH", "").split(os.pathsep) if folder]
FOUND = shutil.which("node") and any(
    (f / f"onnxruntime-{kind}").is_dir() for f in FOLDERS for kind in ("node", "web")
)

pytestmark = pytest.mark.skipif(not FOUND, reason="NODE_PATH leads to no onnxruntime-node or onnxruntime-web")


@pytest.mark.parametrize("name", ["cube-play", "cube-residual", "cube-published", "classical"])
def test_files_agree_with_python_in_node(name: str, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    model = random_classical_tann(3, 6, 7) if name == "classical" else mt.load(name)
    (file,) = write(model, tmp_path, to="onnx", name="model", farthest=np.inf)
    rng, state = np.random.default_rng(), model.initial_state(20)
    *walk, last = rng.normal(0.0, 0.1, (6, 20, model.components)) * np.asarray(model.scaling.driving)
    for increment in walk:
        state = model.update(increment, state, tangent=False)[2]
    stress, tangent, after = model.update(last, state)
    virgin = np.asarray(model.virgin_state())
    given = {"strain": state["strain"], "increment": last, "state": state["isv"] - virgin}
    done = subprocess.run(
        ["node", str(SCRIPT), str(file)],
        input=json.dumps({key: values.tolist() for key, values in given.items()}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    right = {"stress": stress, "tangent": tangent, "new_state": after["isv"] - virgin}
    right |= {key: after[key] for key in ("energy", "dissipation")}
    for quantity, values in right.items():
        difference = np.abs(np.array(found[quantity]) - np.ravel(values)).max()
        assert difference <= 1e-12 * np.abs(values).max(), quantity
