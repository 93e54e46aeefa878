"""``microtann data``: increments of a microstructure along random strain walks, and the check of a data file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

from microtann.cli.messages import console, show_section, show_unchanged
from microtann.cli.microstructure import cell_settings, choose_microstructure
from microtann.cli.options import Assignments, Cell, Config, Output, Overwrite, Perturbation, Units, setting
from microtann.cli.progress_bar import progress
from microtann.cli.sections import choose, effective, gather
from microtann.data.check import check_file
from microtann.data.imported.import_choice import ImportChoice
from microtann.data.imported.import_data import import_data
from microtann.data.shards import generate_to
from microtann.data.walks import WalkPlan
from microtann.errors import DataFileError
from microtann.numbers.settings import Setting
from microtann.report.data_section import data_section
from microtann.report.section import read_section, write_section
from microtann.system.stage import Stage, file_digest, working_folder

DATA_FILE = "data.h5"

app = typer.Typer(rich_markup_mode="markdown")


@app.callback(invoke_without_command=True)
def data(
    context: typer.Context,
    output: Output = Path("results/data"),
    config: Config = None,
    assignments: Assignments = None,
    cell: Cell = None,
    units: Units = None,
    perturbation: Perturbation = None,
    paths: Annotated[int | None, setting(WalkPlan, "paths", "Number of random walks")] = None,
    steps: Annotated[int | None, setting(WalkPlan, "steps", "Increments in each walk")] = None,
    seed: Annotated[int | None, setting(WalkPlan, "seed", "Seed of the walks")] = None,
    processes: Annotated[int, typer.Option(help="Worker processes; on one machine they change no number.")] = 1,
    engine: Annotated[
        Literal["processes", "dask"], typer.Option(help="What runs the workers; dask is an extra.")
    ] = "processes",
    address: Annotated[
        str | None,
        typer.Option(
            "--scheduler", "--address", help="Address of a dask scheduler; by default workers on this machine."
        ),
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Generate training data from a lattice cell along random strain walks (HDF5), or check a data file.

    The cell, the bars and the walks are chosen in the sections [cell], [bar] and [walks] of the configuration. It
    writes data.h5, a picture of the cell and the table of the sets (CSV).
    """
    if context.invoked_subcommand is not None:
        return
    options = cell_settings(cell, units=units, perturbation=perturbation)
    options |= {"walks.paths": paths, "walks.steps": steps, "walks.seed": seed}
    settings = gather(config, assignments, options)
    make_data(settings, output, overwrite, Workers(processes, engine, address))
    show_section(output, read_section(output))


@app.command("import")
def import_files(
    files: Annotated[list[Path], typer.Argument(help="Tables with a header, HDF5 files, or results of DAMASK.")],
    output: Output = Path("results/data"),
    config: Config = None,
    assignments: Assignments = None,
    overwrite: Overwrite = False,
) -> None:
    """Make training data of paths that another programme computed: strains, stresses, and what else there is.

    The section [import] of the configuration says where they are in the files, in which order and unit. It writes
    data.h5 and the table of the sets (CSV).
    """
    settings = gather(config, assignments)
    choice = choose("import", ImportChoice, settings)
    names = ", ".join(str(file) for file in files)
    inputs = {str(file): file_digest(file) for file in files}
    stage = Stage("data", output, effective(**{"import": choice}), inputs)
    if stage.finished:
        show_unchanged(output)
    else:
        with working_folder(stage, overwrite=overwrite) as folder:
            with progress("importing paths") as report:
                import_data(files, folder / DATA_FILE, choice, progress=lambda n, total: report(n, total, ""))
            write_section(folder, data_section(folder, DATA_FILE, None, names))
    show_section(output, read_section(output))


@app.command("check")
def check(file: Annotated[Path, typer.Argument(help="Data file (HDF5).")]) -> None:
    """Check a data file, whoever wrote it: structure, checksums, second law, energy balance, continuity, lattice.

    Exit code 2 if the file is not fit for training.
    """
    report = check_file(file)
    screen = console()
    for finding in report.findings:
        screen.print(f"{finding.level}: {finding.sentence}", markup=False, soft_wrap=True)
    if not report:
        count = len(report.errors)
        raise DataFileError(f"{file} is not fit for training: {count} error" + "s" * (count > 1))
    screen.print(f"{file} is fit for training", markup=False, soft_wrap=True)


@dataclass(frozen=True)
class Workers:
    """Who computes; it changes no number and is no part of the configuration."""

    processes: int = 1
    engine: Literal["processes", "dask"] = "processes"
    address: str | None = None


def make_data(
    settings: Sequence[Setting], output: Path, overwrite: bool = False, workers: Workers | None = None
) -> None:
    """Run the stage unless its results are there.

    Parameters
    ----------
    settings : sequence of Setting
    output : Path
    overwrite : bool
        Whether results of another configuration may be replaced.
    workers : Workers, optional
        Who computes.
    """
    plan = choose("walks", WalkPlan, settings)
    chosen = choose_microstructure(settings)
    stage = Stage("data", output, chosen.sections | effective(walks=plan), chosen.inputs)
    if stage.finished:
        show_unchanged(output)
        return
    with working_folder(stage, overwrite=overwrite, keep_unfinished=True) as folder:
        with progress("generating data") as report:
            workers = workers or Workers()
            generate_to(
                folder / DATA_FILE,
                chosen.microstructure,
                plan,
                processes=workers.processes,
                engine=workers.engine,
                address=workers.address,
                progress=lambda done, total: report(done, total, ""),
            )
        write_section(folder, data_section(folder, DATA_FILE, chosen.microstructure))
