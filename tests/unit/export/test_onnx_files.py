"""ONNX files give what the models give, tangent included; slips that are coupled are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import microtann as mt
from microtann import export
from microtann.errors import InputError
from microtann.export.exported_model import ExportedModel
from microtann.export.onnx_files import check_onnx

POINTS = 60


def relative(found: Any, expected: Any) -> float:
    return float(np.abs(found - expected).max() / np.abs(expected).max())


def held_against(model: mt.TANN, file: Path) -> dict[str, float]:
    """Return how far an ONNX file is from its model, at the end of random walks."""
    runtime = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    rng, state = np.random.default_rng(1), model.initial_state(POINTS)
    *walk, last = rng.normal(0.0, 0.06, (12, POINTS, model.components))
    for increment in walk:
        _, _, state = model.update(increment, state, tangent=False)
    stress, tangent, after = model.update(last, state)
    virgin = np.asarray(model.virgin_state())
    fed = {"strain": state["strain"], "increment": last, "state": state["isv"] - virgin}
    found = dict(zip([value.name for value in session.get_outputs()], session.run(None, fed), strict=True))
    expected = {"stress": stress, "tangent": tangent, "new_state": after["isv"] - virgin}
    expected |= {name: after[name] for name in ("energy", "dissipation")}
    return {name: relative(found[name], value) for name, value in expected.items()}


@pytest.mark.parametrize("name", ["cube-play", "cube-residual", "cube-published"])
def test_onnx_gives_what_the_model_gives(name: str, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    (file,) = export.write(name, tmp_path, to="onnx")
    assert file.suffix == ".onnx"
    differences = held_against(mt.load(name), file)
    assert max(differences.values()) < 1e-12, differences


def test_points_outside_of_what_is_allowed_are_no_numbers(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    (file,) = export.write("cube-play", tmp_path, to="onnx", farthest=2.0)
    session = runtime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    increment = np.zeros((3, 6))
    increment[1, 0], increment[2, 3] = 1e3, np.nan
    state = np.zeros((3, mt.load("cube-play").states))
    stress, tangent, *_ = session.run(None, {"strain": np.zeros((3, 6)), "increment": increment, "state": state})
    assert np.isfinite(stress[0]).all()
    assert np.isnan(stress[1:]).all()
    assert np.isnan(tangent[1:]).all()


def test_coupled_slips_are_refused() -> None:
    with pytest.raises(InputError, match="use C or WebAssembly"):
        check_onnx(ExportedModel(mt.load("cube-variational"), "cube-variational", "cube_variational"))
