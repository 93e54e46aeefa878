"""Limit loads of frames: closed forms, the lattice of bars, and the collapse of a frame that is driven."""

from __future__ import annotations

import numpy as np
import pytest

import microtann as mt
from microtann.errors import InputError, LimitLoadError

IDEAL = mt.ElastoplasticBar(hardening=0.0)
YIELD = 1.0 / 3.0


def test_a_square_grid_collapses_by_hinges_in_shear_and_by_flow_in_tension() -> None:
    grid = mt.Frame(mt.square_grid_cell(thickness=0.1), bar=IDEAL)
    assert mt.limit_load(grid, stress=[0.0, 0.0, 1.0]) == pytest.approx(YIELD * 0.1**2 / 2.0, rel=1e-9)
    assert mt.limit_load(grid, stress=[1.0, 0.0, 0.0]) == pytest.approx(YIELD * 0.1, rel=1e-9)
    assert mt.limit_load(grid, stress=[0.0, 0.0, 10.0]) == pytest.approx(YIELD * 0.1**2 / 20.0, rel=1e-9)


def test_a_honeycomb_collapses_by_the_hinges_of_its_walls() -> None:
    # Gibson and Ashby's 2/3 (t/l)² σ_y, less what the normal force in hinges takes
    cell = mt.honeycomb_cell(thickness=0.05)
    honeycomb = mt.Frame(cell, mt.CrossSection.rectangle(float(cell.areas[0]), fibres=(24, 1)), IDEAL)
    for stress, share in (([1.0, 0.0, 0.0], 0.9981), ([0.0, 1.0, 0.0], 0.9999)):
        found = mt.limit_load(honeycomb, stress=stress)
        assert found == pytest.approx(share * 2.0 / 3.0 * 0.05**2 * YIELD, rel=5e-3)


def test_pinned_everywhere_it_is_that_of_the_bars() -> None:
    cell = mt.square_cell((2, 2), perturbation=0.1)
    frame = mt.Frame(cell, bar=IDEAL, pinned=np.ones((len(cell.bars), 2), dtype=bool))
    stress = [1.0, 0.3, 0.2]
    assert mt.limit_load(frame, stress=stress) == pytest.approx(mt.limit_load(cell, IDEAL, stress), rel=1e-9)


def test_in_any_unit_and_in_space_what_is_beyond_is_refused() -> None:
    steel = mt.ElastoplasticBar(210e9, 250e6, 0.0)
    section = mt.CrossSection.rectangle(0.03, 0.04, fibres=(2, 2))
    frame = mt.Frame(mt.kelvin_cell(), section, steel, sections=3)
    stress = {"11": 1.0, "22": 0.2, "12": 0.3}
    factor = mt.limit_load(frame, stress=[1.0, 0.2, 0.0, 0.0, 0.0, 0.3])
    beyond = {name: 2.0 * factor * one for name, one in stress.items()}
    with pytest.raises(LimitLoadError) as refused:
        mt.drive(frame, [mt.CellStep(stress=beyond, rest="free", increments=2)])
    assert refused.value.load_factor == pytest.approx(0.5, rel=1e-9)


def test_what_has_no_limit_or_no_law_is_told() -> None:
    frame = mt.Frame(mt.square_grid_cell(thickness=0.1))
    assert mt.limit_load(frame, stress=[1.0, 0.0, 0.0]) == np.inf
    with pytest.raises(InputError, match="with their law"):
        mt.limit_load(mt.square_cell(), stress=[1.0, 0.0, 0.0])
    with pytest.raises(InputError, match="with their law"):
        mt.limit_load(frame, IDEAL, [1.0, 0.0, 0.0])
    with pytest.raises(InputError, match=r"stress must have shape \(3,\)"):
        mt.limit_load(frame, stress=[1.0, 0.0])
