"""``microtann train``: from a data file to a trained model."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from microtann.cli.form_choice import choose_form, forms_text
from microtann.cli.log_lines import log_line
from microtann.cli.messages import show_section, show_unchanged
from microtann.cli.options import Assignments, Config, Output, Overwrite
from microtann.cli.progress_bar import progress
from microtann.cli.sections import effective, gather
from microtann.data.file import read_dataset
from microtann.errors import InputError
from microtann.numbers.settings import Setting
from microtann.report.section import read_section
from microtann.report.training_section import write_training
from microtann.system.stage import Stage, file_digest, working_folder
from microtann.training import SeedResult, TrainingProgress, train_seeds
from microtann.training import train as fit
from microtann.training.checkpoint_file import data_difference, updates_done
from microtann.training.form import form_table

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
    recipe: Annotated[
        str | None, typer.Option(help="Hyper-parameters that go together, such as paper; settings win.")
    ] = None,
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

    The choices are in the section [train] of the configuration. It writes model.safetensors, its training curves
    (training.csv, training.png) and what it is (CSV).
    """
    options = {"train.form": form, "train.recipe": recipe, "train.states": states, "train.seed": seed}
    settings = gather(config, assignments, options)
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

    Parameters
    ----------
    settings : sequence of Setting
    data : Path
        Data file.
    output : Path
    overwrite : bool
        Whether results of another configuration may be replaced.
    seeds : int
        How many are tried; the best is kept.
    resume : bool
        Whether to go on only, and not to start.

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
            log_line(f"training: resumed at update {done}")
        with progress("training") as report:

            def show(seed: int, state: TrainingProgress) -> None:
                report(state.share, 1.0, f"seed {seed}, {state}" if seeds > 1 else str(state))

            tried: tuple[SeedResult, ...] = ()
            if seeds == 1:
                tann = fit(dataset, form, progress=partial(show, 0), checkpoint=checkpoint)
            else:
                tann, tried = train_seeds(dataset, form, seeds, show, checkpoint)
        write_training(folder, tann, tried)


def _others(stage: Stage, data: Path) -> str:
    """Return why interrupted trainings for the same output are not this one; empty if there are none."""
    checkpoints = sorted(stage.output.parent.glob(f".{stage.output.name}.*/{CHECKPOINT}*"))
    if not checkpoints:
        return ""
    differences = [data_difference(path, read_dataset(data)) for path in checkpoints]
    why = next(filter(None, differences), "another configuration or data file")
    return f" from this configuration and {data}, but one that belongs to {why}"
