"""Times of a simulation are those after compilation: a small run beforehand goes through every kernel."""

from __future__ import annotations

from typing import Any

import pytest

import microtann as mt
from microtann import fem
from microtann.cli.analysis import compile_kernels
from microtann.equilibrium import multigrid
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
    case, cell, bar = reference_case(case_name), mt.cube_cell(), mt.ElastoplasticBar()
    mesh = fem.box(case.lengths, case.elements(5.0), case.origin)
    compile_kernels(case, cell, bar, fem.Model(mesh, mt.Lattice(cell, bar)))
    assert len(sizes) >= 1
    assert min(sizes) > 3 * 300
