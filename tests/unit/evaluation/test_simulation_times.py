"""Times of a simulation are those after compilation: a small run beforehand goes through every kernel."""

from __future__ import annotations

import numpy as np
import pytest

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
    assert len(sizes) >= 1
    assert min(sizes) > 3 * 300
