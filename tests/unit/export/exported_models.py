"""Models of all forms that are exported in tests, compiled under all warnings."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import microtann as mt
from microtann.export import CompiledModel, compile_source, write
from microtann.fem import State
from microtann.tann.network_energy import NetworkEnergy

FORMS = ("cube-play", "cube-residual", "cube-published", "square-2x2-perturbed-variational")
STRICT = ("-Wall", "-Wextra", "-Wpedantic", "-Werror")
COMPILERS = [name for name in ("gcc", "clang") if shutil.which(name)] or ["gcc"]
"""Those that are here: sources are held against all of them."""
gcc_needed = pytest.mark.skipif(shutil.which("gcc") is None, reason="no gcc")


def compiled_in(folder: Path, name: str, flags: tuple[str, ...] = ("-O1",)) -> tuple[mt.TANN, CompiledModel]:
    """Return a shipped model, and the same compiled."""
    model = mt.load(name)
    return model, CompiledModel(compile_source(write(name, folder)[0], flags=(*flags, *STRICT)), model)


def walked_states(model: mt.TANN, points: int, steps: int = 4) -> State:
    """Return states of random walks within the range of the training."""
    rng, state = np.random.default_rng(), model.initial_state(points)
    for _ in range(steps):
        state = model.update(rng.normal(0.0, 0.1, (points, model.components)), state, tangent=False)[2]
    return state


def largest_difference(
    model: mt.TANN, compiled: CompiledModel, increment: NDArray[np.float64], state: State
) -> dict[str, float]:
    """Return the largest difference of each result between library and model, relative to its largest value.

    That of energies is relative to the terms they are summed from, where these are larger.
    """
    stress, tangent, after = model.update(increment, state)
    own_stress, own_tangent, own_after = compiled.update(increment, state)
    pairs = {"stress": (own_stress, stress), "tangent": (own_tangent, tangent)}
    pairs |= {name: (own_after[name], after[name]) for name in after}
    terms = dict.fromkeys(("energy", "dissipation"), energy_terms(model))
    return {
        name: float(np.abs(own - right).max() / max(np.abs(right).max(), terms.get(name, 0.0)))
        for name, (own, right) in pairs.items()
    }


def energy_terms(model: mt.TANN) -> float:
    """Return the size of the terms that nearly cancel in a network energy: powers of numbers near one; else 0."""
    if not isinstance(model.point.energy, NetworkEnergy):
        return 0.0
    return float(model.point.scaling.energy) * float(np.abs(model.point.energy.network.layers[-1].weight).sum())
