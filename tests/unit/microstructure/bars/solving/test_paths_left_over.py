"""Paths that block pivoting leaves are followed by all methods, from their beginning."""

import numpy as np
import pytest

import microtann as mt
from microtann.microstructure.bars.condensed import increment_kernel
from microtann.microstructure.bars.condensed.cell_flow import follow_strains
from microtann.microstructure.bars.condensed.condensation import condense


def test_what_pivoting_leaves_is_what_it_would_have_found(monkeypatch: pytest.MonkeyPatch) -> None:
    condensed = condense(mt.cube_cell(), mt.ElastoplasticBar())
    strain = np.random.default_rng(0).normal(0, 0.2, (3, 40, 6)).cumsum(axis=1)
    start = np.random.default_rng(1).normal(0, 0.1, (3, condensed.count))
    whole = follow_strains(condensed, strain, start)
    pivoting = increment_kernel.follow_by_pivoting

    def only_the_first(*given):
        failed = pivoting(*given)
        assert not failed.any()
        given[-1][1:] = np.nan
        return np.array([False, True, True])

    monkeypatch.setattr(increment_kernel, "follow_by_pivoting", only_the_first)
    parts = follow_strains(condensed, strain, start)
    np.testing.assert_array_equal(parts[0], whole[0])
    np.testing.assert_allclose(parts, whole, rtol=0, atol=1e-13 * np.abs(whole).max())
