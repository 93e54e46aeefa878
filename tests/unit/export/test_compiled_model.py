"""Exported C agrees with the model in Python, and refuses what it cannot answer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from exported_models import FORMS, compiled_in, gcc_needed, largest_difference, walked_states

import microtann as mt
from microtann.errors import ConvergenceError, InputError
from microtann.export import CompiledModel, compile_source, write

pytestmark = gcc_needed


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[mt.TANN, CompiledModel]:
    return compiled_in(tmp_path_factory.mktemp("play"), "cube-play")


@pytest.fixture(scope="module")
def compiled(both: tuple[mt.TANN, CompiledModel]) -> CompiledModel:
    return both[1]


@pytest.fixture(scope="module")
def play(both: tuple[mt.TANN, CompiledModel]) -> mt.TANN:
    return both[0]


@pytest.mark.parametrize("name", FORMS)
def test_many_points_agree_with_python(name: str, tmp_path: Path) -> None:
    model, compiled = compiled_in(tmp_path, name)
    state = walked_states(model, 512)
    increment = np.random.default_rng().normal(0.0, 0.1, (512, model.components))
    for quantity, difference in largest_difference(model, compiled, increment, state).items():
        assert difference <= 1e-12, quantity
    after = model.update(increment, state, tangent=False)[2]
    reach = model.training_reach(state, after)
    assert reach is not None
    np.testing.assert_allclose(compiled.training_reach(state, after), reach, rtol=1e-12)


def test_without_tangent_all_else_is_the_same(compiled: CompiledModel) -> None:
    increment, state = np.full((3, 6), 0.1), compiled.initial_state(3)
    stress, tangent, after = compiled.update(increment, state, tangent=False)
    assert tangent is None
    assert (stress == compiled.update(increment, state)[0]).all()
    assert (after["isv"] == compiled.update(increment, state)[2]["isv"]).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e308, 100.0])
def test_what_cannot_be_answered_is_no_number(compiled: CompiledModel, bad: float) -> None:
    increment, virgin = np.full((3, 6), 0.1), np.zeros((3, compiled.states))
    increment[1, 2] = bad
    stress, after, tangent, energy, dissipation, failed = compiled.call(increment, np.zeros((3, 6)), virgin)
    assert failed == 1
    assert tangent is not None
    for values in (stress, after, tangent, energy, dissipation):
        assert np.isnan(values[1]).all()
        assert np.isfinite(values[[0, 2]]).all()


def test_failed_points_are_named(compiled: CompiledModel) -> None:
    increment = np.zeros((3, 6))
    increment[2] = 1e3
    with pytest.raises(ConvergenceError, match="1 of 3 material points fail, the first of them at point 2"):
        compiled.update(increment, compiled.initial_state(3))


def test_arrays_of_other_sizes_are_refused(compiled: CompiledModel) -> None:
    with pytest.raises(InputError, match=r"state of cube-play must have the shape \(2, 13\), got \(2, 12\)"):
        compiled.call(np.zeros((2, 6)), np.zeros((2, 6)), np.zeros((2, 12)))


def test_a_model_that_has_changed_is_refused(play: mt.TANN, compiled: CompiledModel) -> None:
    changed = play.in_units(young=2.0, yield_strain=1.0 / 3.0)
    with pytest.raises(InputError, match="export it again"):
        CompiledModel(compiled.path, changed)


def test_a_library_that_was_written_anew_is_the_new_one(tmp_path: Path) -> None:
    """Of the same path the system would give the one that is loaded, with arrays of other sizes."""
    for name, states in (("cube-play", 13), ("square-2x2-variational", 4)):
        library = compile_source(write(name, tmp_path, name="model")[0], flags=("-O0",))
        compiled = CompiledModel(library, mt.load(name))
        after = compiled.call(
            *(np.full((1, width), 0.1) for width in (compiled.components, compiled.components, states))
        )[1]
        assert after.shape == (1, states)
        assert compiled.library.model_update is not None


def test_other_libraries_are_refused(tmp_path: Path) -> None:
    other = tmp_path / "libother.so"
    other.write_bytes(b"\x7fELF")
    with pytest.raises(InputError, match="no library of a model"):
        CompiledModel(other)
