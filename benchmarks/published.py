"""What the published form needs: the start of its weights, its optimiser and noise on its states, one by one.

All rows are the networks of the paper on the regular cube, with raw coordinates and 22 internal state variables.
A row has the first and last loss of single increments, from the exact state, and the relative RMS error of the
stress along these walks in closed loop: the two are far apart where errors feed on themselves. ``--paper`` trains
as the paper did instead: random weights, NAdam, 2500 + 1000 epochs in batches of 100, from 50 000 increments.
That takes some CPU hours; an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from typing import Any

import microtann as mt
from benchmarks import machine
from microtann.data.generate import generate
from microtann.data.increments import Dataset
from microtann.forms import Published
from microtann.training import TrainingProgress, train
from microtann.training.walk_errors import closed_loop_error

RANDOM = Published(
    epochs=(4,), batch=(400,), tuning_epochs=(40,), tuning_batch=(400,), tuning_rate=(2e-3,), decay=1e-3
)
LINEAR = replace(RANDOM, initial="linear", energy_pace=1e-3, epochs=(1,), learning_rate=(1e-5,))
SOAP = {"optimiser": "soap", "tuning_rate": (1e-2,)}
ROWS: dict[str, Published] = {
    "random start, NAdam": RANDOM,
    "linear start, NAdam": LINEAR,
    "linear start, NAdam, state noise": replace(LINEAR, state_noise=0.05),
    "linear start, SOAP": replace(LINEAR, **SOAP),
    "linear start, SOAP, state noise": replace(LINEAR, state_noise=0.05, **SOAP),
}
"""The last one is the recipe of the shipped model, with less training."""

PAPER = Published(
    jacobian="probe",
    epochs=(2500,),
    batch=(100,),
    learning_rate=(1e-3,),
    tuning_epochs=(1000,),
    tuning_batch=(100,),
    tuning_rate=(1e-3,),
    patience=200,
)
"""The paper does not give its learning rates; 1e-3 is the default of the optimiser."""


def main(arguments: list[str]) -> None:
    """Print a table and write ``results/benchmarks/published.json``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks published", description=__doc__)
    parser.add_argument("--paper", action="store_true", help="the schedule of the paper")
    parser.add_argument("--share", type=float, default=1.0, help="share of the epochs of the paper")
    parser.add_argument("--walks", type=int, help="training walks of 100 increments; 300, or 500 with --paper")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    options = parser.parse_args(arguments)
    forms = {"as the paper": shortened(PAPER, options.share)} if options.paper else ROWS
    name = "published-paper" if options.paper else "published"
    dataset = generate(mt.Lattice(mt.cube_cell()), plan(options.walks or (500 if options.paper else 300)))
    rows = []
    for title, form in forms.items():
        for seed in options.seeds:
            rows.append({"form": title, "seed": seed} | measure(replace(form, seed=seed), dataset, options.paper))
            print(
                machine.table(
                    rows, "first and last loss of single increments; stress in closed loop; CPU seconds"
                ),
                flush=True,
            )
            print(machine.write(name, rows), flush=True)


def plan(walks: int) -> mt.WalkPlan:
    """Return so many training walks without a bound, and as many again by a tenth to validate."""
    return mt.WalkPlan(paths=round(1.1 * walks), increment=0.18, limit=None, validation=0.1 / 1.1, test=0.0)


def shortened(form: Published, share: float) -> Published:
    """Return a form with a share of its epochs, one at least."""
    epochs, tuning = (tuple(max(1, round(share * n)) for n in e) for e in (form.epochs, form.tuning_epochs))
    return replace(form, epochs=epochs, tuning_epochs=tuning)


def measure(form: Published, dataset: Dataset, keep: bool) -> dict[str, Any]:
    """Return losses, errors and CPU time of one training; the long one is kept in a checkpoint while it runs."""
    start = time.process_time()
    checkpoint = machine.RESULTS / f"published-paper-{form.seed}.checkpoint" if keep else None
    if checkpoint is not None:
        checkpoint.parent.mkdir(parents=True, exist_ok=True)
    tann = train(dataset, form, report if keep else None, checkpoint)
    seconds = time.process_time() - start
    history = tann.information.history
    row: dict[str, Any] = {
        "first": float(f"{history[0].validation:.2e}"),
        "last": float(f"{history[-1].validation:.2e}"),
        "validation walks": float(f"{closed_loop_error(tann, dataset.validation):.2e}"),
        "training s": round(seconds, 1),
    }
    if keep:
        row |= {path: float(f"{e.stress:.2e}") for path, e in mt.evaluate(tann, list("abcdeg")).paths.items()}
    return row


def report(progress: TrainingProgress) -> None:
    """Print a line every ten epochs."""
    if progress.update % 10 == 0:
        left = "" if progress.seconds_left is None else f", {progress.seconds_left / 60:.0f} min left"
        print(
            f"  {progress.phase} {progress.update}: {progress.training:.2e} / {progress.validation:.2e}{left}",
            flush=True,
        )


if __name__ == "__main__":
    main([])
