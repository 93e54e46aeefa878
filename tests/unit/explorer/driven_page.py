"""The page's driver in node, and the same increments in Python."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray

import microtann as mt
from microtann.microstructure.driven.mixed_control import MaterialSizes, MixedIncrement, PointStates

Array = NDArray[np.float64]
PAGES = Path(mt.__file__).parent / "explorer" / "page"


class Control(NamedTuple):
    """An increment: strains, or stresses where components are free."""

    target: Float[Array, "v"]
    free: Bool[NDArray[np.bool_], "v"]


def in_node(steps: Sequence[Control], sizes: MaterialSizes, **task: Any) -> dict[str, Any]:
    """Return what the driver says of increments, from the virgin material."""
    told = [{"target": s.target.tolist(), "free": s.free.tolist(), "dt": 1.0} for s in steps]
    task |= {"pages": str(PAGES), "steps": told, "sizes": sizes.__dict__}
    done = subprocess.run(
        ["node", str(Path(__file__).parent / "run_driver.mjs")],
        input=json.dumps(task),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def in_python(model: mt.TANN, steps: Sequence[Control], sizes: MaterialSizes) -> list[PointStates]:
    """Return where a model is behind every increment, by the mixed control of the package."""
    nothing = np.zeros((1, model.components))
    now, found = PointStates(nothing, nothing, model.initial_state(1)), []
    for number, step in enumerate(steps):
        solver = MixedIncrement(model, sizes, step.free[None], 40, "increment", number)
        now = solver.reach(now, step.target[None], nothing, 1.0)
        found.append(now)
    return found


def mixed_walk(model: mt.TANN, size: float) -> list[Control]:
    """Return random increments whose free components change on the way; the first strain is always held."""
    rng, v = np.random.default_rng(), model.components
    strain, steps = np.zeros(v), []
    for number in range(24):
        free = np.zeros(v, dtype=bool)
        free[1 : [1, v, 2, v - 1][number // 6]] = True
        strain = strain + rng.normal(0.0, size, v)
        steps.append(Control(np.where(free, 0.0, strain), free))
    return steps


def check_agreement(said: dict[str, Any], right: Sequence[PointStates], model: mt.TANN, bound: float) -> None:
    """Hold the driver against Python, relative to the largest value of every quantity."""
    found, virgin = said["found"], np.asarray(model.virgin_state())
    assert all(one["reached"] for one in found)
    pairs = {
        "strain": [point.strain[0] for point in right],
        "stress": [point.stress[0] for point in right],
        "state": [point.state["isv"][0] - virgin for point in right],
        "energy": [point.state["energy"][0] for point in right],
        "dissipated": np.cumsum([point.state["dissipation"][0] for point in right]),
    }
    for name, values in pairs.items():
        own, wanted = np.array([one[name] for one in found]), np.array(values)
        assert np.abs(own - wanted).max() <= bound * np.abs(wanted).max(), name
