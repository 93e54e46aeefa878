"""The compiled update of groups whose resistances grow gives what the differentiated increment gives."""

from __future__ import annotations

import numpy as np
import pytest

from microtann.evaluation.laws import examine_laws
from microtann.tann.trained_model import TANN
from random_groups import random_growing_tann


@pytest.fixture(scope="module")
def tann() -> TANN:
    return random_growing_tann(extra=1)


@pytest.mark.parametrize("dt", [0.05, 1.0, 20.0])
def test_the_compiled_update_is_the_differentiated_one(tann: TANN, dt: float) -> None:
    draw, state, yields = np.random.default_rng(2), tann.initial_state(8), 0
    assert tann._compiled_update is not None
    state["extra"][:] = 0.1
    for _ in range(3):
        increment = draw.standard_normal((8, 3)) * np.asarray(tann.point.scaling.driving)[:3]
        stress, tangent, after = tann.update(increment, state, dt)
        expected, slope, other = tann.update_by_differentiation(increment, state, dt, True)
        assert np.abs(stress - expected).max() <= 1e-11 * np.abs(expected).max()
        assert np.abs(tangent - slope).max() <= 1e-9 * np.abs(slope).max()
        for name in ("isv", "energy", "dissipation"):
            assert np.abs(after[name] - other[name]).max() <= 1e-11 * np.abs(other[name]).max()
        yields += int((after["isv"][:, 4:] > state["isv"][:, 4:]).sum())
        state = after
    assert yields > 20


def test_the_laws_hold_for_any_weights(tann: TANN) -> None:
    """Increments from a millionth of the scale on: what hardening stores is then a small difference."""
    report = examine_laws(tann, tann.components, increments=400)
    assert (report.not_finite, report.negative_dissipation) == (0, 0)
    assert report.asymmetry <= 1e-12
    assert report.least_stiffness >= -1e-12
    assert report.division_rate < 1.0
