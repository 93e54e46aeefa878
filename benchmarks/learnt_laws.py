"""Laws of phases found back: one point of each law, its data, and the form that learns it from a random start.

Errors are relative root mean squares in closed loop on test walks, the dissipation accumulated. Durations of the
viscous laws are spread over two decades, increments without strain are relaxation. What a point costs is measured
with tangent, in flow, by the compiled update and by the differentiated one.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import microtann as mt
from benchmarks import machine
from microtann.training.walk_errors import dataset_errors

LAWS: dict[str, tuple[dict[str, float], dict[str, Any]]] = {
    "kinematic": ({}, {}),
    "isotropic": ({"isotropic_hardening": 0.1}, {"hardening": True}),
    "Voce": ({"saturation": 0.3, "saturation_rate": 2.0}, {"saturations": 1}),
    "Perzyna": ({"viscosity": 0.2}, {"viscosity": True}),
    "Perzyna, power 1/2": (
        {"viscosity": 0.2, "rate_exponent": 0.5},
        {"viscosity": True, "learn_exponent": True},
    ),
    "all at once": (
        {"isotropic_hardening": 0.1, "saturation": 0.3, "saturation_rate": 2.0, "viscosity": 0.2},
        {"hardening": True, "saturations": 1, "viscosity": True},
    ),
    "viscoelastic": ({"yield_stress": 0.0, "viscosity": 0.3}, {"viscosity": True}),
}
"""Parameters of the solid beside kinematic hardening, and what the form is told to look for."""


def main(arguments: list[str]) -> None:
    """Print a table and write ``results/benchmarks/learnt_laws.json``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks learnt_laws", description=__doc__)
    parser.add_argument("--laws", nargs="+", choices=list(LAWS), default=list(LAWS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="of the random starts")
    parser.add_argument("--updates", type=int, default=1000, help="of the descent, and most of the polish")
    options = parser.parse_args(arguments)
    rows = []
    for law in options.laws:
        for seed in options.seeds:
            rows.append(learnt(law, seed, options.updates))
            print(rows[-1], flush=True)
    print(machine.table(rows, "one point in space, 70 training walks of 60 increments, one group of five"))
    print(machine.write("learnt_laws", rows))


def learnt(law: str, seed: int, updates: int) -> dict[str, Any]:
    """Return the errors of one law from one random start.

    Parameters
    ----------
    law : str
    seed, updates : int
    """
    parameters, looked_for = LAWS[law]
    point = mt.SolidPoint(mt.fem.VonMises(**parameters))
    data = mt.generate_data(
        point, mt.WalkPlan(paths=100, steps=60, decades=0.0 if point.rate_independent else 2.0)
    )
    nothing = {"hardening": False, "saturations": 0, "viscosity": False}
    form = mt.forms.Laws(seed=seed, updates=updates, polish_updates=updates, **(nothing | looked_for))
    started = time.process_time()
    tann = mt.train(data, form)
    trained = time.process_time() - started
    errors = dataset_errors(tann, data)
    return {
        "law": law,
        "seed": seed,
        "stress": errors.stress,
        "energy": errors.energy,
        "dissipation": errors.dissipation,
        "CPU s": trained,
        "µs compiled": per_point(tann, tann.update),
        "µs differentiated": per_point(tann, tann.update_by_differentiation),
    }


def per_point(tann: mt.TANN, update: Callable[..., Any], points: int = 1024) -> float:
    """Return CPU microseconds per point of an update with tangent, in flow; the best of five.

    Parameters
    ----------
    tann : TANN
    update : callable
        Of an increment, the state, its duration, and whether the tangent is wanted.
    points : int
    """
    scale, draw = np.asarray(tann.scaling.driving)[:6], np.random.default_rng(0)
    state = update(scale * draw.standard_normal((points, 6)), tann.initial_state(points), 1.0, True)[2]
    increment, times = 0.3 * scale * draw.standard_normal((points, 6)), []
    for _ in range(5):
        started = time.process_time()
        update(increment, state, 1.0, True)
        times.append(time.process_time() - started)
    return 1e6 * min(times) / points


if __name__ == "__main__":
    main([])
