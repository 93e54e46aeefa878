"""What Algorithm 1 finds where principal components are too many: a bundle of fibres that are damaged in turn.

Fibres in parallel share the strain, and lose their stiffness one after the other as the largest strain so far
grows. Their damages, the internal coordinates, lie on a curve: one state, the largest strain, tells all of them,
but the curve bends into every direction, so that no line holds it. Principal components (``reduction = "pod"``)
stand beside the states that Algorithm 1 finds from random weights, with and without the term of ∇ED; what
follows, Algorithm 2 and closed loop, is the same. A row has the relative RMS error of coordinates that are
encoded and decoded, the loss of single increments, and in closed loop on validation walks the errors of the stress
and of the decoded coordinates.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

import microtann as mt
from benchmarks import machine
from benchmarks.published import reconstruction
from microtann.forms import Published
from microtann.training import dataset_errors, train

Array = NDArray[np.float64]
ONSET = np.linspace(0.05, 0.75, 8)
"""Strains at which fibres begin to be damaged; all of their stiffness is lost within some `SPREAD` more."""
SPREAD = 0.1
NODES, WEIGHTS = np.polynomial.legendre.leggauss(24)

LEARNT = Published(
    initial="random",
    states=1,
    encoder_widths=(32, 16),
    epochs=(60,),
    learning_rate=(3e-3,),
    batch=(200,),
    tuning_batch=(200,),
)
ROWS: dict[str, Published] = {
    "principal components": replace(LEARNT, reduction="pod", encoder_widths=None, epochs=()),
    "Algorithm 1": LEARNT,
    "Algorithm 1, no Jacobian": replace(LEARNT, jacobian_weight=0.0),
}


@mt.register_microstructure
class FibreBundle(mt.Microstructure):
    """Parallel fibres of stiffness 1 − d, d = 1 − exp(−max(κ − onset, 0) / spread); κ is the largest strain."""

    kind: ClassVar[str] = "benchmark-fibre-bundle"
    fields: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    components = 1
    coordinate_shapes: ClassVar[Mapping[str, tuple[int, ...]]] = {"damage": (len(ONSET),)}

    def initial_state(self, n: int) -> dict[str, Array]:
        """Return n bundles without damage."""
        scalars = {name: np.zeros(n) for name in ("largest", "energy", "dissipation")}
        return {"strain": np.zeros((n, 1)), **scalars}

    def update(
        self, strain_increment: Array, state: Mapping[str, Array], dt: float = 1.0, tangent: bool = True
    ) -> tuple[Array, Array | None, dict[str, Array]]:
        """Return stress, tangent and state after an increment."""
        strain = state["strain"] + strain_increment
        before, after = state["largest"], np.maximum(state["largest"], np.abs(strain[:, 0]))
        half = 0.5 * (after - before)
        largest = before[:, None] + half[:, None] * (1.0 + NODES)
        growth = damage_rate(largest).mean(axis=-1)  # D = ½ κ² dd
        stiffness = (1.0 - damage(after)).mean(axis=-1)
        new = {
            "strain": strain,
            "largest": after,
            "energy": 0.5 * stiffness * strain[:, 0] ** 2,
            "dissipation": half * ((0.5 * largest**2 * growth) @ WEIGHTS),
        }
        grows = (after > before) * damage_rate(after).mean(axis=-1) * after
        return stiffness[:, None] * strain, (stiffness - grows)[:, None, None] if tangent else None, new

    def decode(self, state: Mapping[str, Array]) -> dict[str, Array]:
        """Return the damages of all fibres."""
        return {"damage": damage(state["largest"])}

    def groups(self) -> dict[str, dict[str, Array]]:
        """Return nothing: all bundles are alike."""
        return {}

    @classmethod
    def of_groups(cls, groups: Mapping[str, Mapping[str, Array]]) -> FibreBundle:
        """Return the bundle."""
        return cls()


def damage(largest: Array) -> Array:
    """Return the damage of every fibre, of shape (..., fibres)."""
    return -np.expm1(-np.maximum(largest[..., None] - ONSET, 0.0) / SPREAD)


def damage_rate(largest: Array) -> Array:
    """Return the derivative of the damages by the largest strain."""
    return (largest[..., None] > ONSET) * (1.0 - damage(largest)) / SPREAD


def main(arguments: list[str]) -> None:
    """Print a table and write ``results/benchmarks/curved_states.json``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks curved_states", description=__doc__)
    parser.add_argument("--states", type=int, nargs="+", default=[1, 2, 3], help="principal components")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    options = parser.parse_args(arguments)
    dataset = mt.generate_data(FibreBundle(), plan=mt.WalkPlan(paths=200, test=0.0))
    rows: list[dict[str, Any]] = []
    for title, form in ROWS.items():
        for states in options.states if form.reduction == "pod" else [1]:
            for seed in options.seeds:
                start = time.process_time()
                with warnings.catch_warnings():
                    warnings.filterwarnings("ignore", message=".* is not used: reduction")
                    tann = train(dataset, replace(form, states=states, seed=seed))
                single = [record for record in tann.information.history if record.phase == "tuning"]
                with np.errstate(all="ignore"):
                    errors = dataset_errors(tann, dataset, "validation")
                row = {
                    "coordinates": reconstruction(tann, dataset),
                    "loss": single[-1].validation,
                    "stress": errors.stress,
                    "decoded": errors.coordinates["damage"],
                }
                seconds = {"training s": round(time.process_time() - start, 1)}
                told = {name: float(f"{value:.1e}") for name, value in row.items()}
                rows.append({"form": title, "states": states, "seed": seed} | told | seconds)
                print(machine.table(rows, "fibres damaged in turn"), flush=True)
    print(machine.write("curved_states", rows))


if __name__ == "__main__":
    main([])
