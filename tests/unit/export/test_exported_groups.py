"""Groups of slips in C: against the model in Python, and against the radial return of von Mises solids."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from exported_models import STRICT, gcc_needed, largest_difference

import microtann as mt
from microtann.errors import ConvergenceError
from microtann.export import CompiledModel, compile_source, write
from microtann.fem import VonMises
from microtann.tann.information import Information
from one_group_solid import point_of
from random_groups import random_group_tann
from random_slips import random_slip_tann

pytestmark = gcc_needed


def compiled_of(model: mt.TANN, folder: Path) -> CompiledModel:
    source = write(model, folder, name="groups", farthest=np.inf)[0]
    return CompiledModel(compile_source(source, flags=("-O1", *STRICT)), model)


@pytest.mark.parametrize(("states", "slips"), [(12, (1, 3, 5)), (8, (1, 3, 5, 1, 3)), (6, 20)])
def test_random_weights_agree_with_python(states: int, slips: int | tuple[int, ...], tmp_path: Path) -> None:
    """More directions than states among them, and forces from a tenth to some times the resistances."""
    seed = int(np.random.default_rng().integers(1000))
    random_tann = random_slip_tann if isinstance(slips, int) else random_group_tann
    model = random_tann(seed, states, slips)  # type: ignore[arg-type]
    compiled, state = compiled_of(model, tmp_path), model.initial_state(100)
    for size in (0.1, 0.5, 1.0, 0.02):
        increment = np.random.default_rng().normal(0.0, size, (100, 6)) * np.asarray(model.scaling.driving)
        for quantity, difference in largest_difference(model, compiled, increment, state).items():
            assert difference <= 1e-11, (seed, quantity)
        state = model.update(increment, state, tangent=False)[2]


GROWTH = {"isotropic_hardening": 0.1, "saturation": 0.3, "saturation_rate": 4.0, "viscosity": 0.2}


def test_resistances_that_grow_are_those_of_a_von_mises_solid(tmp_path: Path) -> None:
    """Kinematic and isotropic hardening, saturation and viscosity, durations of three decades."""
    solid = VonMises(**GROWTH, rate_exponent=0.5)
    model = mt.TANN(point_of(solid), Information("laws", 6, {}))
    compiled, rng = compiled_of(model, tmp_path), np.random.default_rng()
    right, own = solid.initial_state(50), compiled.initial_state(50)
    for dt in (0.1, 1.0, 10.0, 100.0):
        increment = 0.5 * rng.standard_normal((50, 6))
        stress, tangent, right = solid.update(increment, right, dt)
        own_stress, own_tangent, own = compiled.update(increment, own, dt)
        np.testing.assert_allclose(own_stress, stress, atol=1e-11)
        np.testing.assert_allclose(own_tangent, tangent, atol=1e-9)
        for quantity in ("energy", "dissipation"):
            np.testing.assert_allclose(own[quantity], right[quantity], atol=1e-11)
    with pytest.raises(ConvergenceError, match="50 of 50"):
        compiled.update(increment, own, 0.0)
