"""Walks are refused where their energies could leave the range of numbers, and not before."""

from __future__ import annotations

from dataclasses import replace

import pytest

import microtann as mt
from microtann.errors import InputError

LATTICE = mt.Lattice(mt.square_cell((1, 1)), mt.ElastoplasticBar())
WIDE = mt.WalkPlan(paths=2, steps=100, increment=1e141, limit=None, validation=0.0, test=0.0)


def test_normal_increments_may_reach_ten_deviations_in_every_step() -> None:
    """100 steps of 10 · 1e141 each reach 1e144, with energies of 1e288; with 1e142 these are above 1e290."""
    data = mt.generate_data(LATTICE, WIDE)
    assert 1e280 < data.training.energy_next.max() < 1e290
    with pytest.raises(InputError, match="beyond the range of numbers"):
        mt.generate_data(LATTICE, replace(WIDE, increment=4e142))


def test_uniform_increments_reach_their_half_width() -> None:
    wide = replace(WIDE, law="uniform", increment=1e142)
    assert mt.generate_data(LATTICE, wide).training.energy_next.max() < 1e290
    with pytest.raises(InputError, match="beyond the range of numbers"):
        mt.generate_data(LATTICE, replace(wide, increment=4e143))


def test_the_smallest_increments_keep_their_digits() -> None:
    with pytest.raises(InputError, match="beyond the range of numbers"):
        mt.generate_data(LATTICE, replace(WIDE, increment=1.0, smallest_increment=1e-146))
