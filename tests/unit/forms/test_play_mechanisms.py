"""Play mechanisms are coupled slips with orthogonal normals; their own update is a faster way to the same."""

from __future__ import annotations

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

import microtann as mt
from microtann.forms.variational.flow import MultisurfaceFlow


def as_slips(tann: mt.TANN) -> mt.TANN:
    """Return the same model with its mechanisms as slips, of the form "variational"."""
    resistance = np.exp(np.asarray(tann.point.evolution.log_resistance))
    point = replace(tann.point, evolution=MultisurfaceFlow(jnp.asarray(np.diag(1.0 / resistance))))
    return mt.TANN(point, replace(tann.information, form="variational"))


@pytest.mark.parametrize("size", [0.3, 1.0, 5.0])
def test_they_are_slips_with_orthogonal_normals(size: float) -> None:
    play = mt.load("cube")
    assert play.form == "play"
    slips, draw = as_slips(play), np.random.default_rng(0)
    state = play.initial_state(40)
    for _ in range(4):
        increment = size * draw.standard_normal((40, 6))
        found = [
            update(increment, state)
            for update in (
                play.update,
                slips.update,
                play.update_by_differentiation,
                slips.update_by_differentiation,
            )
        ]
        stress, tangent, after = found[0]
        for other in found[1:]:
            np.testing.assert_allclose(other[0], stress, rtol=0, atol=1e-13 * np.abs(stress).max())
            np.testing.assert_allclose(other[1], tangent, rtol=0, atol=1e-13 * np.abs(tangent).max())
            for name in ("isv", "energy", "dissipation"):
                bound = 1e-13 * max(1.0, np.abs(after[name]).max())
                np.testing.assert_allclose(other[2][name], after[name], rtol=0, atol=bound)
        state = after
    assert (state["dissipation"] > 0.0).any()


def test_the_arrays_of_an_update_belong_to_its_model() -> None:
    """Two models of one form do not share them, and a copy with another point has its own."""
    one, increment = as_slips(mt.load("cube")), np.full((3, 6), 0.4)
    before = one.update(increment, one.initial_state(3))[0]
    harder = replace(one.point, evolution=MultisurfaceFlow(0.5 * one.point.evolution.normals))
    other = mt.TANN(harder, one.information)
    assert np.abs(other.update(increment, one.initial_state(3))[0] - before).max() > 1e-3
    np.testing.assert_array_equal(one.update(increment, one.initial_state(3))[0], before)
