"""What decoded micro fields lose, and what could bring it back: a step of the cell, a decoder, or the cell again.

Along random walks that no training has seen: forces of the bars and the fluctuation of the nodes (displacements
less the affine ones), relative RMS. *Decoded* is what the model says, *corrected* what one increment of the exact
cell makes of it at the same strain, with every bar within its strength and the nodes in equilibrium, and *curved*
the best decoder among smooth functions of states and strain: random Fourier features fitted to the plastic strains
of most of the walks, with the regularisation that is best on the walks left out, where all are measured. *Solved*
is the time of the exact cell along the same walks, an increment, whose error is none.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray

import microtann as mt
from benchmarks import machine
from microtann.data.walks import WalkPlan, draw_walks
from microtann.evaluation.measures import relative_rms
from microtann.materials.protocol import State
from microtann.microstructure.bars.condensed.solve import affine_displacement
from microtann.microstructure.bars.lattice import Lattice

Array = NDArray[np.float64]
MODELS = ("square-6x6-perturbed", "cube-2x2x2-perturbed", "cube-4x4x4-perturbed")
EVERY = 5
"""Increments from one look at the fields to the next, after the walks have forgotten the virgin state."""
HELD_OUT = 0.2
FEATURES, WIDTHS, RIDGES = 1500, (0.03, 0.1, 0.3), (1e-2, 1e-3, 1e-4)


def main(arguments: list[str]) -> None:
    """Print a table and write ``results/benchmarks/decoding.json``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks decoding", description=__doc__)
    parser.add_argument("--models", nargs="+", default=list(MODELS))
    parser.add_argument("--walks", type=int, default=600)
    options = parser.parse_args(arguments)
    rows = [measure(name, options.walks) for name in options.models]
    print(machine.table(rows, "relative RMS errors of decoded fields, and CPU µs a state"))
    print(machine.write("decoding", rows))


def measure(name: str, walks: int) -> dict[str, Any]:
    """Return errors and times of a shipped model of a lattice."""
    tann = mt.load(name)
    lattice = tann.microstructure
    assert isinstance(lattice, Lattice)
    exact, found, solving = followed(tann, lattice, walks)
    held = np.arange(walks) >= round((1.0 - HELD_OUT) * walks)
    strain, states = found["strain"], np.concatenate([found["isv"], found["strain"]], axis=-1)

    decoded, decoding = timed(lambda: tann.decode({k: v[held] for k, v in found.items()}))
    flat = {k: v.reshape(-1, *v.shape[2:]) for k, v in decoded.items()}
    before = lattice.initial_state(flat["force"].shape[0])
    told = lattice.state_of(flat, strain[held].reshape(-1, tann.components))
    assert told is not None
    still = np.zeros_like(told["strain"])
    corrected, correcting = timed(lambda: lattice.update(still, before | told, tangent=False)[2])

    every = lattice.state_of(
        {k: v.reshape(-1, *v.shape[2:]) for k, v in tann.decode(found).items()},
        strain.reshape(-1, tann.components),
    )
    assert every is not None
    linear = every["plastic_strain"].reshape(*strain.shape[:2], -1)
    plastic = curved(states, exact["plastic_strain"], linear, held)

    reference = fields(lattice, {k: v[held].reshape(-1, *v.shape[2:]) for k, v in exact.items()})
    candidates = {
        "decoded": fields(lattice, told),
        "corrected": fields(lattice, corrected),
        "curved": fields(lattice, told | {"plastic_strain": plastic}),
    }
    row: dict[str, Any] = {"model": name, "ISVs": tann.states, "bars": linear.shape[-1]}
    for field in reference:
        for title, candidate in candidates.items():
            row[f"{field} {title}"] = float(f"{relative_rms(candidate[field], reference[field]):.2g}")
    times = {"decode": decoding / still.shape[0], "correct": correcting / still.shape[0], "solved": solving}
    return row | {f"µs {title}": float(f"{1e6 * seconds:.2g}") for title, seconds in times.items()}


def followed(tann: mt.TANN, lattice: Lattice, walks: int) -> tuple[State, State, float]:
    """Return states (walks, looks, *) of cell and model, and the CPU time of an increment of the cell."""
    drawn = draw_walks(WalkPlan(paths=walks, seed=2718), 0, walks, tann.components).directed(
        lattice.strain_metric()
    )
    exact, found = lattice.initial_state(walks), tann.initial_state(walks)
    looks: list[tuple[State, State]] = []
    lattice.update(drawn.strain_increment[:, -1], exact, tangent=False)  # compiled before the clock starts
    spent = 0.0
    for step in range(drawn.strain_increment.shape[1]):
        increment = drawn.strain_increment[:, step]
        begin = time.process_time()
        exact = lattice.update(increment, exact, tangent=False)[2]
        spent += time.process_time() - begin
        found = tann.update(increment, found, tangent=False)[2]
        if step >= 4 * EVERY and step % EVERY == 0:
            looks.append((exact, found))
    kept = [{k: np.stack([look[i][k] for look in looks], axis=1) for k in looks[0][i]} for i in (0, 1)]
    return kept[0], kept[1], spent / drawn.moving.size


def curved(
    states: Float[Array, "B T s"],
    plastic: Float[Array, "B T m"],
    linear: Float[Array, "B T m"],
    held: Bool[NDArray[np.bool_], "B"],
) -> Float[Array, "n m"]:
    """Return plastic strains of the walks held out, by the smooth decoder that is best there."""
    draw = np.random.default_rng(0)
    scaled = (states / states.std(axis=(0, 1))).reshape(-1, states.shape[-1])
    there = np.repeat(held, states.shape[1])
    wanted = (plastic - linear).reshape(len(scaled), -1)
    best, least = linear[held].reshape(-1, linear.shape[-1]), np.inf
    for width in WIDTHS:
        waves = draw.standard_normal((scaled.shape[1], FEATURES)) * width
        features = np.cos(scaled @ waves + draw.uniform(0.0, 2.0 * np.pi, FEATURES))
        fitted, tested = features[~there], features[there]
        normal, right = fitted.T @ fitted, fitted.T @ wanted[~there]
        for ridge in RIDGES:
            moved = tested @ np.linalg.solve(normal + ridge * len(fitted) * np.eye(FEATURES), right)
            if (error := float(np.sum((moved - wanted[there]) ** 2))) < least:
                best, least = linear[held].reshape(moved.shape) + moved, error
    return best


def fields(lattice: Lattice, state: State) -> dict[str, Array]:
    """Return forces and fluctuation of states."""
    decoded = lattice.decode(state)
    affine = affine_displacement(lattice.cell, state["strain"])
    return {"force": decoded["force"], "fluctuation": decoded["displacement"] - affine}


def timed(compute: Callable[[], Any]) -> tuple[Any, float]:
    """Return a result and the CPU time of computing it, the second time."""
    compute()
    begin = time.process_time()
    result = compute()
    return result, time.process_time() - begin


if __name__ == "__main__":
    main([])
