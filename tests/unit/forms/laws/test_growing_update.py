"""The compiled update of groups whose resistances grow gives what the differentiated increment gives."""

from __future__ import annotations

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

from microtann.evaluation.laws import examine_laws
from microtann.forms.laws.growing_flow import GrowingFlow, HardeningEnergy
from microtann.tann.trained_model import TANN
from random_slips import random_slip_tann

SIZES = (3, 1, 2)


@pytest.fixture(scope="module")
def tann() -> TANN:
    """Random groups with all laws at once, linear and root viscosity, one without an elastic domain."""
    draw, slips = np.random.default_rng(1), random_slip_tann(1, 4, sum(SIZES), components=3, extra=1)
    groups, point = len(SIZES), slips.point
    energy = HardeningEnergy(
        point.energy,  # type: ignore[arg-type]
        jnp.asarray(draw.uniform(0.1, 0.5, groups)),
        jnp.asarray(draw.uniform(0.1, 0.5, (groups, 2))),
        jnp.asarray(draw.uniform(-1.0, 1.0, (groups, 2))),
    )
    evolution = GrowingFlow(
        0.3 * point.evolution.normals,  # type: ignore[attr-defined]
        jnp.asarray([0.7, 0.5, 0.0]),
        jnp.asarray([0.3, 0.4, 0.5]),
        jnp.asarray([1.0, 0.5, 1.0]),
        SIZES,
    )
    states = 4 + groups
    reduction = replace(
        point.reduction,
        encoder=jnp.zeros((states, point.reduction.encoder.shape[1])),  # type: ignore[attr-defined]
        decoder=jnp.zeros((point.reduction.decoder.shape[0], states)),  # type: ignore[attr-defined]
    )
    point = replace(point, energy=energy, evolution=evolution, reduction=reduction)
    return TANN(point, replace(slips.information, form="laws"))


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
