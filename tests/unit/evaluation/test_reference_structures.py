"""Reference structures: every case at every size ratio and mesh size, and what does not fill the box."""

from __future__ import annotations

import numpy as np
import pytest

import microtann as mt
from microtann.errors import InputError
from microtann.evaluation.simulation_choice import SimulationChoice
from microtann.evaluation.structures import CASES, MESH_SIZES, SIZE_RATIOS, reference_case


@pytest.mark.parametrize("name", CASES)
def test_every_case_is_filled_by_the_cells_and_elements_of_the_paper(name: str) -> None:
    case = reference_case(name)
    for n in (1, 2, 3, 4, 5, 7, 8, 10, 16, 20, 40):
        assert case.cells(1 / n) == (n, n, n * round(case.lengths[2] / 10))
    assert {1.0, 1 / 20} <= set(SIZE_RATIOS)
    for size in MESH_SIZES:
        np.testing.assert_allclose(np.array(case.elements(size)) * size, case.lengths)


@pytest.mark.parametrize("name", CASES)
def test_one_cell_per_width_and_one_element_per_cell_are_solved(name: str) -> None:
    """Fewest unknowns of all: one cell, or two on top of one another, and elements of the same size."""
    case, cell, bar = reference_case(name), mt.cube_cell(), mt.ElastoplasticBar()
    lattice = mt.Structure.box(cell, bar, case.lengths, 10.0, case.origin).solve(case.steps)
    mesh = mt.fem.box(case.lengths, case.elements(10.0), case.origin)
    homogenised = mt.fem.Model(mesh, mt.Lattice(cell, bar)).solve(case.steps)
    for result in (lattice, homogenised):
        assert all(np.isfinite(values).all() for values in case.quantities(result).values())
    assert lattice.energy[0] > 0.0


def test_cells_and_elements_that_do_not_fill_the_box_are_refused_in_one_sentence() -> None:
    case = reference_case("lcT2")
    with pytest.raises(InputError, match=r"cells of size ratio 0\.33, which measure 3\.3, do not fill .* 1/3$"):
        case.cells(0.33)
    with pytest.raises(InputError, match=r"elements of 3 do not fill the box of 10 × 10 × 20: use 2, 1, 0\.5"):
        case.elements(3.0)
    with pytest.raises(InputError, match="do not fill"):
        case.elements(40.0)


def test_a_size_ratio_may_be_written_as_a_fraction() -> None:
    assert SimulationChoice(dns="1/20").dns == 0.05
    assert SimulationChoice(dns="0.1").dns == SimulationChoice(dns=0.1).dns == 0.1
    for wrong in ("1/0", "a tenth", "1/2/4"):
        with pytest.raises(InputError, match=f"dns must be a number or a ratio such as 1/20, got '{wrong}'"):
            SimulationChoice(dns=wrong)
    with pytest.raises(InputError, match="at most 1"):
        SimulationChoice(dns="2/1")
