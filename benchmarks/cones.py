"""What groups of slips cost at a Gauss point: stress, state and tangent of variational models; certificates.

The models are random starts in space, or the files that are named. The points are in the steady plastic state of
random walks whose increments are a tenth and half of the scale of the model's strains, and in increments of ten of
these scales from the virgin state, where nearly all groups flow. The certificate is the largest force of a group
beyond its resistance after the increment, relative to the resistance or a larger trial force; forces within 1e-10
of their resistance rest.
"""

from __future__ import annotations

import argparse
from typing import Any

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

import microtann as mt
from benchmarks import machine
from benchmarks.material import evaluate as fastest
from microtann.forms.variational.cone_flow import ConeFlow
from microtann.forms.variational.group_start import evolution_of
from microtann.forms.variational.random_start import random_system
from microtann.tann.energy import DecoupledQuadraticEnergy
from microtann.tann.information import Information
from microtann.tann.point import MaterialPoint
from microtann.tann.reduction import ResidualReduction
from microtann.tann.scaling import Scaling

Array = NDArray[np.float64]
SIZES = {(5, 5): (5,), (24, 3): (3,) * 12, (24, 5): (5,) * 7, (48, 3): (3,) * 24, (48, 5): (5,) * 14}
"""Components of groups by number of states and of components."""


def main(arguments: list[str]) -> None:
    """Print a table and write ``results/benchmarks/cones.json``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks cones", description=__doc__)
    parser.add_argument("--points", type=int, default=4096)
    parser.add_argument("--chunk", type=int, default=1024)
    parser.add_argument(
        "--models", nargs="*", default=[], help="files of models of groups, in place of random ones"
    )
    options = parser.parse_args(arguments)
    if options.models:
        models = {name: mt.load(name) for name in options.models}
    else:
        models = {f"{z} states, {len(s)} x {a}": random_groups(z, s) for (z, a), s in SIZES.items()}
    rows = [row for name, tann in models.items() for row in measure(name, tann, options)]
    print(machine.table(rows, "CPU microseconds per point; certificate"))
    print(machine.write("cones", {"rows": rows}))


def random_groups(states: int, sizes: tuple[int, ...]) -> mt.TANN:
    """Return a model of random groups in space, as training starts from."""
    system = random_system(0, 6, states, sizes, None)
    point = MaterialPoint(
        ResidualReduction(
            jnp.zeros((0, 6)),
            jnp.zeros(0),
            jnp.zeros((0, 0)),
            jnp.zeros(0),
            jnp.zeros((states, 0)),
            jnp.zeros((0, states)),
        ),
        DecoupledQuadraticEnergy(jnp.asarray(system.elastic), jnp.asarray(system.coupling), jnp.zeros((0, 0))),
        evolution_of(system),
        Scaling(jnp.ones(6), jnp.ones(())),
        6,
    )
    return mt.TANN(point, Information("variational", 6, {}))


def measure(name: str, tann: mt.TANN, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Return a row for every kind of increment."""
    draw, v, scale = np.random.default_rng(0), tann.components, np.asarray(tann.scaling.driving)[: tann.components]
    rows = []
    for kind, size, steps in (("small", 0.1, 40), ("moderate", 0.5, 8), ("large", 10.0, 0)):
        state = tann.initial_state(options.points)
        for _ in range(steps):
            _, _, state = tann.update(
                size * scale * draw.standard_normal((options.points, v)), state, tangent=False
            )
        increment = size * scale * draw.standard_normal((options.points, v))
        after = tann.update(increment, state, tangent=False)[2]
        rows.append(
            {"model": name, "increments": kind}
            | flow_of(tann, state, after)
            | {
                "with tangent": fastest(tann.update, increment, state, options.chunk, True),
                "stress only": fastest(tann.update, increment, state, options.chunk, False),
            }
        )
    return rows


def flow_of(tann: mt.TANN, state: dict[str, Array], after: dict[str, Array]) -> dict[str, Any]:
    """Return how many groups flow at a point, and the certificate."""
    evolution, energy = tann.point.evolution, tann.point.energy
    assert isinstance(evolution, ConeFlow)
    coupling = np.asarray(energy.coupling) / np.asarray(tann.scaling.driving)  # type: ignore[attr-defined]
    trial, force = (
        _norms(evolution, (after["strain"] @ coupling.T - given["isv"]) @ np.asarray(evolution.normals))
        for given in (state, after)
    )
    beyond = (force.max(axis=1) - 1.0) / np.maximum(1.0, trial.max(axis=1))
    return {
        "flowing groups": round(float((force > 1.0 - 1e-9).sum(axis=1).mean()), 1),
        "certificate": float(f"{beyond.max():.1e}"),
    }


def _norms(evolution: ConeFlow, components: Array) -> Array:
    first = np.cumsum(evolution.sizes) - evolution.sizes
    norms: Array = np.sqrt(np.add.reduceat(components**2, first, axis=1))
    return norms
