"""Times of a simulation are those after compilation: a small run beforehand goes through every kernel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import pytest

import microtann as mt
from microtann.equilibrium import multigrid
from microtann.equilibrium.multigrid import SweptLevel
from microtann.evaluation.exact_reference import ExactReference
from microtann.evaluation.reference_run import compile_kernels, elements
from microtann.evaluation.structures import reference_case


@pytest.mark.parametrize("case_name", ["lcU1", "lcT2"])
def test_the_small_run_goes_through_all_levels_of_multigrid(
    case_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a mesh of a single level the sweeps of the others would be compiled inside the measured time."""
    sizes: set[int] = set()
    cycle = SweptLevel.__call__

    def seen(level: SweptLevel, vector: np.ndarray) -> np.ndarray:
        sizes.add(len(vector))
        return cycle(level, vector)

    monkeypatch.setattr(SweptLevel, "__call__", seen)
    case, reference = reference_case(case_name), ExactReference.regular_cube()
    compile_kernels(case, elements(case, reference.microstructure, 5.0), reference)
    assert max(sizes) > 3 * 300  # the finest
    assert min(sizes) < 3 * 300  # one of rigid-body modes


def test_levels_below_the_finest_are_compiled_for_what_fine_meshes_give_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[tuple[Any, ...]] = []

    def recorded(kernel: Callable[..., None]) -> Callable[..., None]:
        def run(*arguments: Any) -> None:
            seen.append(tuple(numba.typeof(argument) for argument in arguments))
            kernel(*arguments)

        return run

    monkeypatch.setitem(multigrid.SWEEPS, 6, tuple(map(recorded, multigrid.SWEEPS[6])))
    multigrid.compile_coarse_levels()
    compiled = set(seen)
    seen.clear()
    mesh = mt.fem.box((1.0, 1.0, 1.0), (18, 18, 18))
    held = [mt.fem.Prescribed(lambda x: x[:, 2] == 0.0, axis) for axis in "xyz"]
    step = mt.fem.Step([*held, mt.fem.Prescribed(lambda x: x[:, 2] == 1.0, "z", 0.01)])
    mt.fem.Model(mesh, mt.fem.LinearElastic(np.eye(6))).solve([step])
    assert set(seen) == compiled
