"""Viscous slips and convex energies in C: against the model in Python, from hardly any viscosity to much."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from exported_models import STRICT, gcc_needed

import microtann as mt
from microtann.errors import ConvergenceError, InputError
from microtann.export import CompiledModel, compile_source, write
from microtann.forms.variational.convex_energy import with_convex_network
from microtann.forms.variational.viscous_flow import viscous
from random_slips import random_slip_tann

pytestmark = gcc_needed


def slip_tann(seed: int, states: int, slips: int, law: tuple[float, float] | None, units: int = 0) -> mt.TANN:
    """Return random slips with a viscosity and its power, and a network of some units in the energy."""
    plain = random_slip_tann(seed, states, slips)
    point = plain.point
    if units:
        point = with_convex_network(point, units, seed)
        point = replace(point, energy=replace(point.energy, log_weights=jnp.full(units, -0.5)))
    return mt.TANN(point if law is None else viscous(point, *law), plain.information)


@pytest.mark.parametrize(
    ("states", "slips", "law", "units"),
    [
        (6, 9, (0.3, 0.5), 0),
        (8, 5, (2.0, 1.0), 0),
        (4, 9, (1e-3, 0.2), 0),
        (5, 7, None, 6),
        (5, 7, (0.3, 0.5), 6),
    ],
)
def test_minima_agree_with_python(
    states: int, slips: int, law: tuple[float, float] | None, units: int, tmp_path: Path
) -> None:
    """More slips than states and fewer, durations of four decades."""
    seed = int(np.random.default_rng().integers(1000))
    model = slip_tann(seed, states, slips, law, units)
    source = write(model, tmp_path, name="minimum", farthest=np.inf)[0]
    compiled, state = CompiledModel(compile_source(source, flags=("-O1", *STRICT)), model), model.initial_state(50)
    exact = 1e-12 if not units else 1e-11  # a minimum of a network is found to 1e-12 of the forces
    flowed = 0.0
    for dt, size in ((1.0, 0.5), (0.01, 0.5), (100.0, 0.3), (1.0, 0.02)):
        increment = np.random.default_rng().normal(0.0, size, (50, 6)) * np.asarray(model.scaling.driving)
        stress, tangent, after = model.update(increment, state, dt)
        own_stress, own_tangent, own_after = compiled.update(increment, state, dt)
        assert np.abs(own_stress - stress).max() <= exact * np.abs(stress).max(), seed
        assert tangent is not None
        assert own_tangent is not None
        assert np.abs(own_tangent - tangent).max() <= 1e-9 * np.abs(tangent).max(), seed
        for name, value in after.items():
            assert np.abs(own_after[name] - value).max() <= exact * max(1.0, np.abs(value).max()), (seed, name)
        flowed += float(after["dissipation"].sum())
        state = after
    assert flowed > 0.0
    if law is not None:
        with pytest.raises(ConvergenceError, match="50 of 50"):
            compiled.update(increment, state, 0.0)


def test_a_web_module_has_no_powers(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="powers and exponentials"):
        write(slip_tann(0, 3, 3, (0.1, 0.5)), tmp_path, to="wasm")
