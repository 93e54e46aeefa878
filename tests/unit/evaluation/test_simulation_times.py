"""Times of a simulation are those after compilation: a small run beforehand goes through every kernel."""

from __future__ import annotations

from typing import Any

import pytest

from microtann.equilibrium import multigrid
from microtann.evaluation.exact_reference import ExactReference
from microtann.evaluation.reference_run import compile_kernels, elements
from microtann.evaluation.structures import reference_case


@pytest.mark.parametrize("case_name", ["lcU1", "lcT2"])
def test_the_small_run_goes_through_all_levels_of_multigrid(
    case_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a mesh of a single level the sweeps of the others would be compiled inside the measured time."""
    sizes: set[int] = set()
    sweep = multigrid.forward

    def seen(*arguments: Any) -> None:
        sizes.add(len(arguments[4]))
        sweep(*arguments)

    monkeypatch.setattr(multigrid, "forward", seen)
    case, reference = reference_case(case_name), ExactReference.regular_cube()
    compile_kernels(case, elements(case, reference.microstructure, 5.0), reference)
    assert len(sizes) >= 1
    assert min(sizes) > 3 * 300
