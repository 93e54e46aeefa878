"""What the networks of the paper need: start of the weights, optimiser, coordinates and closed loop, one by one.

Every row has all that the rows above have, and one thing more; the last is the form as it comes. A row has the
loss of single increments from the exact state, at the start of the training and at the end of Algorithm 2, and the
relative RMS error of encoded and decoded coordinates, and of the stress in closed loop on walks that were held out
and on paths of the protocol, where errors feed on themselves. ``--discovered`` compares states that Algorithm 1
finds with those it starts from. ``--paper`` trains by the recipe of the paper: random weights, NAdam, 2500 + 1000
epochs in batches of 100. That takes some CPU hours; an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from dataclasses import replace
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

import microtann as mt
from benchmarks import machine
from microtann.data.generate import generate
from microtann.data.increments import Dataset, Increments
from microtann.forms import Published
from microtann.system.atomic import write_atomically
from microtann.training import TrainingProgress, train
from microtann.training.walk_errors import WalkSquares, relative_error, squares_of_walks

PATHS = "abcdefghrz"
CELLS = {
    "square-2x2": mt.square_cell((2, 2)),
    "square-2x2-perturbed": mt.square_cell((2, 2), perturbation=0.2),
    "square-6x6-perturbed": mt.square_cell((6, 6), perturbation=0.2),
    "cube": mt.cube_cell(),
}
RANDOM = Published.by_recipe(
    "paper",
    epochs=(10,),
    batch=(400,),
    tuning_epochs=(100,),
    tuning_batch=(400,),
    tuning_rate=(2e-3,),
    decay=1e-3,
    patience=None,
)
LINEAR = replace(RANDOM, initial="linear", epochs=(), batch=(), learning_rate=())
SOAP = replace(LINEAR, optimiser="soap", tuning_rate=(3e-3,))
SINGLE = replace(Published(), loop_epochs=())
ROWS: dict[str, Published] = {
    "random start, NAdam": RANDOM,
    "linear start": LINEAR,
    "SOAP": SOAP,
    "noise on the states": replace(SOAP, state_noise=0.05),
    "elastic response off, no noise": SINGLE,
    "closed loop": Published(),
}

COMPONENTS = Published()
DISCOVERED = replace(COMPONENTS, epochs=(30,), learning_rate=(1e-3,))
STATES: dict[str, Published] = {
    "principal components": COMPONENTS,
    "Algorithm 1 from them": DISCOVERED,
    "without the Jacobian": replace(DISCOVERED, jacobian_weight=0.0),
    "Algorithm 1 from random weights": replace(DISCOVERED, initial="random", epochs=(60,), learning_rate=(3e-3,)),
}
"""What Algorithm 1 makes of the states that the linear start gives it, or finds from random weights. The number of
states is to be given: only a linear start takes it from the coordinates."""


def main(arguments: list[str]) -> None:
    """Print a table and write ``results/benchmarks/published.json``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks published", description=__doc__)
    parser.add_argument("--cell", choices=CELLS, default="square-2x2")
    parser.add_argument("--paper", action="store_true", help="the recipe of the paper")
    parser.add_argument("--ours", action="store_true", help="the last row alone, and the same made safe")
    parser.add_argument("--discovered", action="store_true", help="what Algorithm 1 makes of the states")
    parser.add_argument("--share", type=float, default=1.0, help="share of the epochs of the paper")
    parser.add_argument("--walks", type=int, default=300, help="training walks of 100 increments")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--states", type=int)
    options = parser.parse_args(arguments)
    forms = {"as the paper": shortened(Published.by_recipe("paper"), options.share)} if options.paper else ROWS
    if options.discovered:
        forms = STATES
    if options.ours:
        forms = dict(list(ROWS.items())[-1:])
    name = "published-paper" if options.paper else "published-states" if options.discovered else "published"
    lattice = mt.Lattice(CELLS[options.cell])
    dataset = generate(lattice, plan(options.walks))
    tests = generate(lattice, replace(plan(options.walks), seed=1)).validation
    rows = []
    for title, form in forms.items():
        for seed in options.seeds:
            chosen = replace(form, seed=seed, states=options.states)
            tann, learnt = trained(chosen, dataset, options.paper)
            shown = {title: tann} | ({f"{title}, made safe": tann.safe()} if options.ours else {})
            for name_of_row, model in shown.items():
                row = {"form": name_of_row, "seed": seed, "states": model.states}
                rows.append(row | errors_of(model, dataset, tests) | learnt)
            print(
                machine.table(rows, f"{options.cell}: loss of single increments, stress, CPU seconds"), flush=True
            )
            print(machine.write(name, rows), flush=True)


def plan(walks: int) -> mt.WalkPlan:
    """Return so many training walks without a bound, and as many again by a tenth to validate."""
    return mt.WalkPlan(paths=round(1.1 * walks), increment=0.18, limit=None, validation=0.1 / 1.1, test=0.0)


def shortened(form: Published, share: float) -> Published:
    """Return a form with a share of its epochs, one at least."""
    epochs, tuning = (tuple(max(1, round(share * n)) for n in e) for e in (form.epochs, form.tuning_epochs))
    return replace(form, epochs=epochs, tuning_epochs=tuning)


def trained(form: Published, dataset: Dataset, keep: bool) -> tuple[mt.TANN, dict[str, float]]:
    """Return a trained model, its losses and CPU time; the long training is kept in a checkpoint while it runs."""
    start = time.process_time()
    checkpoint = machine.RESULTS / f"published-paper-{form.seed}.checkpoint" if keep else None
    if checkpoint is not None:
        checkpoint.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="the internal coordinates of the data have rank")
        tann = train(dataset, form, report if keep else None, checkpoint)
    seconds = time.process_time() - start
    if keep:
        keep_schedule(tann, form)
    single = [record for record in tann.information.history if record.phase == "tuning"]
    return tann, {
        "coordinates": float(f"{reconstruction(tann, dataset):.2e}"),
        "first": float(f"{tann.information.history[0].validation:.2e}"),
        "last": float(f"{single[-1].validation:.2e}"),
        "training s": round(seconds, 1),
    }


def errors_of(tann: mt.TANN, dataset: Dataset, tests: Increments) -> dict[str, float]:
    """Return errors of the stress in closed loop, and increments of the protocol that break the second law.

    Parameters
    ----------
    tann : TANN
    dataset : Dataset
        To train and validate.
    tests : Increments
        Walks drawn by the same law, of which the training knows nothing.
    """
    with np.errstate(all="ignore"):  # a model may run away
        squares = {"walks": squares_of_walks(tann, dataset.validation), "tests": squares_of_walks(tann, tests)}
        paths = mt.evaluate(tann, list(PATHS)).paths
    return {
        **{name: float(f"{relative_error(found):.1e}") for name, found in squares.items()},
        "worst walk": float(f"{max(map(worst_walk, squares.values())):.1e}"),
        **{path: float(f"{errors.stress:.1e}") for path, errors in paths.items()},
        "violations": sum(errors.violations for errors in paths.values()),
    }


def keep_schedule(tann: mt.TANN, form: Published) -> None:
    """Write a model, and its losses in every tenth epoch, which Figure 6 of ``reproduce section4`` shows.

    Parameters
    ----------
    tann : TANN
    form : Published
        By which it was trained; its stages may have stopped early.
    """
    path = machine.RESULTS / f"published-paper-{form.seed}"
    tann.save(f"{path}.safetensors")
    planned = {"training": 0, "tuning": sum(form.epochs)}
    last = {record.phase: record for record in tann.information.history}
    lines = ["# python -m benchmarks " + " ".join(sys.argv[1:]), "phase,epoch,training,validation"]
    for record in tann.information.history:
        epoch = record.update - planned[record.phase]
        if epoch % 10 == 0 or record is last[record.phase]:
            lines.append(f"{record.phase},{epoch},{record.training:.4e},{record.validation:.4e}")
    write_atomically(Path(f"{path}.csv"), "\n".join(lines) + "\n")


def worst_walk(squares: WalkSquares) -> float:
    """Return the error of the worst walk, relative to the stress of all; infinite if it is no number."""
    error, size = squares
    return float(np.sqrt(error.max() / size.mean())) if np.isfinite(error).all() else np.inf


def reconstruction(tann: mt.TANN, dataset: Dataset) -> float:
    """Return the relative root mean square error of validation coordinates that are encoded and decoded."""
    data, reduction = dataset.validation, tann.point.reduction
    exact = jnp.asarray(data.coordinates_next)
    driving = jnp.asarray(data.strain + data.strain_increment) / tann.scaling.driving
    found = jax.vmap(reduction.decode)(jax.vmap(reduction.encode)(exact, driving), driving)
    return float(np.sqrt(np.mean(np.asarray(found - exact) ** 2) / np.mean(np.asarray(exact) ** 2)))


def report(progress: TrainingProgress) -> None:
    """Print a line every ten epochs."""
    if progress.update % 10 == 0:
        left = "" if progress.left is None else f", {progress.left} left"
        print(
            f"  {progress.phase} {progress.update}: {progress.training:.2e} / {progress.validation:.2e}{left}",
            flush=True,
        )


if __name__ == "__main__":
    main([])
