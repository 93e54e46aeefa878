"""A form of one's own: a spring beside a spring in series with a dashpot, learnt from its response.

A form of TANN says of which parts a model consists and how it is trained; this one has three numbers in place
of networks,

    Ψ = ½ a ε² + ½ b (ε − Z)²,    Z' = (ε − Z) / τ,

with Z at the end of an increment from the implicit Euler rule. Both laws hold for any positive a, b and τ.
The data are those of the standard linear solid with a = 2, b = 5 and τ = 0.7, along random strains; L-BFGS
finds the three numbers back. What the class says is all that training, files, recall, finite elements and the
command line have to know.

Run it with ``python examples/own_form.py [PICTURE.png]``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

import microtann as mt
from microtann.numbers.configuration import configuration
from microtann.tann.energy import Energy
from microtann.tann.evolution import Evolution
from microtann.tann.form import register
from microtann.tann.point import MaterialPoint
from microtann.tann.reduction import Reduction
from microtann.training import Phase, TrainableForm
from microtann.training.optimise import polish
from microtann.training.preparation import driving_variables, scale_of

SPRING, SERIES, TIME, STEP = 2.0, 5.0, 0.7, 0.1  # a, b, τ, and Δt


class Same(Reduction):
    """The coordinate over the scale of the strain is the state."""

    size: float = eqx.field(static=True)
    coordinates: ClassVar[int] = 1

    def encode(self, coordinates, driving):
        """Return Z."""
        return coordinates / self.size

    def decode(self, state, driving):
        """Return the coordinate."""
        return self.size * state


class Springs(Energy):
    """Two springs, whose stiffnesses are kept positive by their logarithms."""

    logarithms: jax.Array

    def __call__(self, driving, state):
        """Return Ψ."""
        a, b = jnp.exp(self.logarithms)
        return 0.5 * (a * driving @ driving + b * (driving - state) @ (driving - state))


class Dashpot(Evolution):
    """Relaxation in time τ, by the implicit Euler rule."""

    logarithm: jax.Array

    def __call__(self, energy, driving, state, driving_increment, dt):
        """Return Z at the end."""
        ratio = dt / jnp.exp(self.logarithm)
        return (state + ratio * (driving + driving_increment)) / (1 + ratio)


@register
@configuration
class Relaxing(TrainableForm):
    """A standard linear solid."""

    name: ClassVar[str] = "relaxing"
    version: ClassVar[int] = 1
    parts: ClassVar[tuple[type[eqx.Module], ...]] = (Same, Springs, Dashpot)
    weights: ClassVar[dict[str, float]] = {"stress": 1.0, "state": 1.0}

    def start(self, dataset):
        """Return the point before training: ones."""
        scaling = scale_of(dataset.training)
        return MaterialPoint(
            reduction=Same(float(scaling.driving[0])),
            energy=Springs(jnp.zeros(2)),
            evolution=Dashpot(jnp.asarray(0.0)),
            scaling=scaling,
            components=1,
        )

    def to_batch(self, point, data):
        """Return increments as the loss takes them, in scaled units."""
        driving, increment = driving_variables(data, point.scaling)
        size = point.reduction.size
        return {
            "driving": jnp.asarray(driving),
            "increment": jnp.asarray(increment),
            "dt": jnp.asarray(data.dt),
            "state": jnp.asarray(data.coordinates / size),
            "state next": jnp.asarray(data.coordinates_next / size),
            "stress": jnp.asarray(data.stress_next / np.asarray(point.scaling.stress(1))),
        }

    def terms(self, point, batch, reference):
        """Return the terms of the loss."""
        advance = jax.vmap(point.scaled_increment)
        result = advance(batch["driving"], batch["state"], batch["increment"], batch["dt"])
        return {
            "stress": jnp.mean((result.stress - batch["stress"]) ** 2),
            "state": jnp.mean((result.state - batch["state next"]) ** 2),
        }

    def phases(self):
        """Return the one phase."""
        return (Phase("polish", 50, self._polish),)

    def _polish(self, point, dataset):
        return polish(point, self.loss(()), self.to_batch(point, dataset.training))


def measured(seed: int, steps: int = 60) -> mt.AveragedPath:
    """Return strain, stress and the strain of the dashpot along a random path."""
    strain = np.cumsum(np.random.default_rng(seed).normal(0.0, 0.01, (steps, 1)), axis=0)
    dashpot, ratio = np.zeros_like(strain), STEP / TIME
    for k in range(steps):
        dashpot[k] = (dashpot[k - 1] * (k > 0) + ratio * strain[k]) / (1 + ratio)
    stress = SPRING * strain + SERIES * (strain - dashpot)
    return mt.AveragedPath(strain, stress, time=STEP * np.arange(1, steps + 1), coordinates={"dashpot": dashpot})


def main(picture: Path | None = None) -> dict[str, float]:
    """Return what was learnt of a, b and τ, relative to the truth; draw an unseen path if a file is named."""
    data = mt.dataset_of_paths([measured(seed) for seed in range(8)], {"stress": "MPa", "dashpot": "1"})
    tann = mt.train(data, Relaxing())
    stiffness = np.exp(tann.energy.logarithms) * float(tann.scaling.energy) / float(tann.scaling.driving[0]) ** 2
    if picture is not None:
        from microtann.plotting.curves import Curve, draw_comparison

        unseen = measured(100)
        found = tann.recall(unseen.strain[1:], dt=STEP, outside_training="none")
        curve = Curve("unseen path", unseen.time[1:], unseen.stress[1:, 0], found.stress[:, 0], "t", "σ [MPa]")
        draw_comparison(picture, [curve], "own form", beside="linear solid")
    return {
        "a": float(stiffness[0] / SPRING),
        "b": float(stiffness[1] / SERIES),
        "τ": float(np.exp(tann.evolution.logarithm) / TIME),
    }


if __name__ == "__main__":
    for symbol, ratio in main(*map(Path, sys.argv[1:2])).items():
        print(f"{symbol}: {ratio:.9f} of the truth")
