"""Networks on given states, the form "classical", in C and ONNX: whatever their weights, as in Python."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from exported_models import STRICT, gcc_needed, largest_difference

import microtann as mt
from microtann.errors import ConvergenceError, InputError
from microtann.export import CompiledModel, compile_source, write
from random_networks import random_classical_tann


def compiled_of(model: mt.TANN, folder: Path) -> CompiledModel:
    source = write(model, folder, name="classical", farthest=np.inf)[0]
    return CompiledModel(compile_source(source, flags=("-O1", *STRICT)), model)


def walked(model: mt.TANN, points: int) -> tuple[np.ndarray, mt.fem.State]:
    """Return increments, and states of random walks before them."""
    rng, state = np.random.default_rng(), model.initial_state(points)
    walk = rng.normal(0.0, 0.2, (3, points, model.components)) * np.asarray(model.scaling.driving)
    for increment in walk[:-1]:
        state = model.update(increment, state, tangent=False)[2]
    return walk[-1], state


@gcc_needed
@pytest.mark.parametrize(("components", "states", "widths"), [(6, 7, (9, 12)), (3, 4, (16,))])
def test_random_weights_agree_in_c(components: int, states: int, widths: tuple[int, ...], tmp_path: Path) -> None:
    seed = int(np.random.default_rng().integers(1000))
    model = random_classical_tann(seed, components, states, widths=widths)
    compiled = compiled_of(model, tmp_path)
    increment, state = walked(model, 100)
    for quantity, difference in largest_difference(model, compiled, increment, state).items():
        assert difference <= 1e-12, (seed, quantity)


@gcc_needed
def test_durations_go_to_c(tmp_path: Path) -> None:
    model = random_classical_tann(1, 3, 4, timed=True)
    compiled = compiled_of(model, tmp_path)
    increment, state = walked(model, 20)
    for dt in (0.1, 1.0, 5.0):
        stress, tangent, after = model.update(increment, state, dt)
        own_stress, own_tangent, own_after = compiled.update(increment, state, dt)
        for own, right in ((own_stress, stress), (own_tangent, tangent), (own_after["isv"], after["isv"])):
            assert right is not None
            np.testing.assert_allclose(own, right, atol=1e-12 * np.abs(right).max())
    with pytest.raises(ConvergenceError, match="20 of 20"):
        compiled.update(increment, state, 0.0)


def test_random_weights_agree_in_onnx(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    from microtann.hosts.onnx_material import OnnxMaterial

    model = random_classical_tann(2, 6, 7)
    (file,) = write(model, tmp_path, name="classical", to="onnx", farthest=np.inf)
    material = OnnxMaterial(file, np.asarray(model.virgin_state()))
    increment, state = walked(model, 50)
    for quantity, difference in largest_difference(model, material, increment, state).items():  # type: ignore[arg-type]
        assert difference <= 1e-12, quantity


def test_durations_do_not_go_to_onnx(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="use C or WebAssembly"):
        write(random_classical_tann(1, 3, 4, timed=True), tmp_path, name="classical", to="onnx")
