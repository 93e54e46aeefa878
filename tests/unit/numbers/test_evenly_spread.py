"""Evenly spread samples: all where there are few, else the first, the last, and gaps that differ by one."""

from __future__ import annotations

import numpy as np
import pytest

from microtann.numbers.evenly_spread import evenly_spread


@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_of_few_all_are_taken(count: int) -> None:
    np.testing.assert_array_equal(evenly_spread(count, 7), np.arange(count))


@pytest.mark.parametrize(("count", "most"), [(8, 7), (100, 2), (1000, 37)])
def test_of_many_both_ends_and_even_gaps(count: int, most: int) -> None:
    chosen = evenly_spread(count, most)
    assert (len(chosen), chosen[0], chosen[-1]) == (most, 0, count - 1)
    assert np.ptp(np.diff(chosen)) <= 1
