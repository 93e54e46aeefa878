"""``microtann train``: from a data file to a trained model."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from typer.core import TyperCommand

from microtann.cli.configuration import Setting
from microtann.cli.form_choice import choose_form, form_table, forms_text
from microtann.cli.messages import save_section, show_section, show_unchanged
from microtann.cli.options import Assignments, Config, Output, Overwrite
from microtann.cli.progress import progress
from microtann.cli.sections import effective, gather
from microtann.cli.stage import Stage, file_digest, working_folder
from microtann.data.file import read_dataset
from microtann.errors import InputError
from microtann.plotting.curves import draw_training
from microtann.report.section import Figure, Section, read_section
from microtann.report.table import Column, Table
from microtann.system.atomic import write_atomically
from microtann.tann.information import TrainingRecord
from microtann.tann.model import TANN
from microtann.training import SeedResult, TrainingProgress, train_seeds
from microtann.training import train as fit
from microtann.training.checkpoint_file import data_difference, updates_done

FILE = "model.safetensors"
CURVES = "training.csv"
CHECKPOINT = "checkpoint.safetensors"


class TrainCommand(TyperCommand):
    """Its help lists the forms that are known when it is asked for."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help."""
        self.epilog = forms_text()
        super().format_help(ctx, formatter)


def train(
    data: Annotated[Path, typer.Argument(help="Data file (HDF5).")] = Path("results/data/data.h5"),
    output: Output = Path("results/train"),
    config: Config = None,
    assignments: Assignments = None,
    form: Annotated[str | None, typer.Option(help="Form of the TANN.")] = None,
    states: Annotated[int | None, typer.Option(help="Internal state variables to start with.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the training.")] = None,
    seeds: Annotated[
        int,
        typer.Option(
            min=1, help="Train from so many seeds, from --seed on, and keep the best on validation walks."
        ),
    ] = 1,
    resume: Annotated[
        bool, typer.Option("--resume", help="Only go on with an interrupted training; do not start a new one.")
    ] = False,
    overwrite: Overwrite = False,
) -> None:
    """Train a TANN from a data file; an interrupted training goes on where it stopped.

    The choices are in the section [train] of the configuration.
    """
    settings = gather(config, assignments, {"train.form": form, "train.states": states, "train.seed": seed})
    make_model(settings, data, output, overwrite, seeds, resume)
    show_section(output, read_section(output))


def make_model(
    settings: Sequence[Setting],
    data: Path,
    output: Path,
    overwrite: bool = False,
    seeds: int = 1,
    resume: bool = False,
) -> None:
    """Run the stage unless its results are there.

    Raises
    ------
    InputError
        If an interrupted training is to go on and there is none.
    """
    form = choose_form(settings)
    several: dict[str, Any] = {} if seeds == 1 else {"seeds": {"count": seeds}}
    stage = Stage("train", output, effective(train=form_table(form), **several), {"data": file_digest(data)})
    if stage.finished:
        show_unchanged(output)
        return
    if resume and not list(stage.work.glob(f"{CHECKPOINT}*")):
        raise InputError(
            f"there is no interrupted training for {output}{_others(stage, data)}: leave out --resume to start one"
        )
    dataset = read_dataset(data)
    with working_folder(stage, overwrite=overwrite, keep_unfinished=True) as folder:
        checkpoint = folder / CHECKPOINT
        done = updates_done(checkpoint)
        if done is not None:
            typer.echo(f"training: resumed at update {done}", err=True)
        with progress("training") as report:

            def show(seed: int, state: TrainingProgress) -> None:
                losses = f"loss {state.training:.1e}, validation {state.validation:.1e}"
                left = "" if state.seconds_left is None else f", {duration(state.seconds_left)} left"
                which = "" if seeds == 1 else f"seed {seed}, "
                note = f"{which}{state.phase}, {state.unit} {state.update}, {state.states} ISVs, {losses}{left}"
                report(state.update, state.updates, note)

            tried: tuple[SeedResult, ...] = ()
            if seeds == 1:
                tann = fit(dataset, form, progress=partial(show, 0), checkpoint=checkpoint)
            else:
                tann, tried = train_seeds(dataset, form, seeds, show, checkpoint)
        tann.save(str(folder / FILE))
        save_section(folder, describe(folder, tann, tried))


def _others(stage: Stage, data: Path) -> str:
    """Return why interrupted trainings for the same output are not this one; empty if there are none."""
    checkpoints = sorted(stage.output.parent.glob(f".{stage.output.name}.*/{CHECKPOINT}*"))
    if not checkpoints:
        return ""
    differences = [data_difference(path, read_dataset(data)) for path in checkpoints]
    why = next(filter(None, differences), "another configuration or data file")
    return f" from this configuration and {data}, but one that belongs to {why}"


def describe(folder: Path, tann: TANN, tried: Sequence[SeedResult] = ()) -> Section:
    """Draw the training curve and return the section of the report, with the seeds that were tried."""
    history = tann.information.history
    losses = {"training": [r.training for r in history], "validation": [r.validation for r in history]}
    starts: dict[str, float] = {}
    for before, record in zip([None, *history], history, strict=False):
        if before is None or before.phase != record.phase:
            starts[record.phase] = 0.0 if before is None else before.update
    names = list(dict.fromkeys(name for r in history for name in r.terms))
    terms = {name: [r.terms.get(name, np.nan) for r in history] for name in names}
    draw_training(folder / "training.png", [r.update for r in history], losses, starts, terms)
    write_curves(folder / CURVES, history, names)
    seen = tann.information.training_range
    rows: list[tuple[str, str | float | int | None]] = [
        ("form", tann.form),
        ("internal state variables", str(tann.states)),
        ("updates", history[-1].update if history else None),
        ("training loss", history[-1].training if history else None),
        ("validation loss", history[-1].validation if history else None),
    ]
    if seen is not None:
        rows += [
            ("largest strain in training", float(np.max(seen.strain))),
            ("standard deviation of the strain increments", float(np.max(seen.strain_increment))),
        ]
    if tann.converged is not None:
        rows.append(("converged", "yes" if tann.converged else tann.information.provenance["convergence"]))
    table = Table("The trained model", (Column("", kind="text"), Column("value")), tuple(rows))
    return Section(
        title="Training",
        order=2,
        paragraphs=(
            "The internal coordinates, less their elastic part, are reduced to internal state variables; the "
            "energy and the evolution of these variables are trained from the increments of the data file.",
        ),
        tables=(table, _seeds(tried)) if tried else (table,),
        figures=(
            Figure(
                "training.png", "Loss on training and validation increments against the updates, and its terms."
            ),
        ),
        files={
            FILE: "the model (safetensors, with its metadata)",
            CURVES: "losses and the terms of the validation loss",
            "configuration.toml": "what made it",
        },
        summary=_summary(tann),
    )


def _seeds(tried: Sequence[SeedResult]) -> Table:
    """Return the errors of all seeds."""
    best = min(tried, key=lambda result: result.error).seed
    rows = tuple(
        (result.seed, result.error if np.isfinite(result.error) else None, "kept" if result.seed == best else "")
        for result in tried
    )
    columns = Column("seed", kind="integer"), Column("stress", kind="error"), Column("", kind="text")
    note = "Relative RMS stress error on the validation walks in closed loop; empty where training failed."
    return Table("Seeds", columns, rows, note)


def _summary(tann: TANN) -> Table:
    """Return what tells trained models apart."""
    last = tann.information.history[-1] if tann.information.history else None
    columns = (
        Column("form", kind="text"),
        Column("states", kind="integer"),
        Column("updates", kind="integer"),
        Column("training loss", kind="error"),
        Column("validation loss", kind="error"),
    )
    losses = (None, None, None) if last is None else (last.update, last.training, last.validation)
    return Table("Model", columns, ((tann.form, tann.states, *losses),))


def write_curves(path: Path, history: Sequence[TrainingRecord], terms: Sequence[str]) -> None:
    """Write the training curve as CSV, with the terms of the validation loss."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["phase", "update", "training", "validation", *terms])
    for r in history:
        writer.writerow([r.phase, r.update, r.training, r.validation, *(r.terms.get(t, "") for t in terms)])
    write_atomically(path, text.getvalue())


def duration(seconds: float) -> str:
    """Return a time in the unit that suits it."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min" if minutes > 9 else f"{minutes}:{rest:02} min"
