"""``microtann cost``: which method for a structure, before anything is trained."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from microtann.cli.messages import show_section, show_unchanged
from microtann.cli.microstructure import cell_settings, choose_microstructure
from microtann.cli.options import CELL, Assignments, Config, Output, Overwrite, Perturbation, Units, setting
from microtann.cli.progress_bar import progress
from microtann.cli.sections import choose, gather
from microtann.cli.simulated_job import changes_of
from microtann.errors import InputError
from microtann.evaluation.exact_reference import ExactReference
from microtann.evaluation.simulation_choice import SimulationChoice
from microtann.evaluation.structures import CASES
from microtann.studies.cost import CostForecast, forecast_cost
from microtann.studies.job_cost import forecast_job_cost


def cost(
    microstructure: Annotated[
        str,
        typer.Argument(
            metavar="CELL", help=CELL.partition(" [default")[0] + " Or a job file (TOML) alone, without STRUCTURE."
        ),
    ],
    structure: Annotated[
        str | None, typer.Argument(metavar="STRUCTURE", help="One of " + ", ".join(CASES) + ".")
    ] = None,
    units: Units = None,
    perturbation: Perturbation = None,
    mesh_size: Annotated[float | None, setting(SimulationChoice, "mesh_size")] = None,
    dns: Annotated[str | None, setting(SimulationChoice, "dns")] = None,
    states: Annotated[int, typer.Option(min=1, help="Internal state variables of the network.")] = 48,
    runs: Annotated[int, typer.Option(min=1, help="Runs that are planned.")] = 1,
    error: Annotated[
        float, typer.Option(min=0.0, help="Largest error allowed in displacement, energy, and force or torque.")
    ] = 0.05,
    config: Config = None,
    assignments: Assignments = None,
    output: Output = Path("results/cost"),
    overwrite: Overwrite = False,
) -> None:
    """Predict time, memory and errors of DNS, FE² and FE × TANN for a structure, or those of a job file.

    Example: microtann cost cube lcT2 --units 4 --perturbation 0.2 --dns 1/20 --runs 10

    The cell is solved along a few walks, reduced without training, and put into the structure with a coarse mesh,
    beside the exact cell; the regular lattice tells how results change with the mesh. A network is trained for a
    few updates to say what a training takes. Times are CPU seconds of this machine. It writes the tables (CSV),
    numbers.json and report.html.

    With a job file alone (microtann cost JOB.toml) it says what that job will take, with bands, and how wrong its
    models are, from an elastic solution and its materials at a few points; --set key=value changes the job.
    """
    if structure is None:
        if not microstructure.endswith(".toml"):
            raise InputError(f"name a structure, one of {', '.join(CASES)}, or a job file (TOML) in place of both")
        job = forecast_job_cost(
            microstructure, changes_of(assignments or ()), output=output, overwrite=overwrite, progress=progress
        )
        _show(output, job)
        return
    options = cell_settings(microstructure, units=units, perturbation=perturbation)
    options |= {"simulate.mesh_size": mesh_size, "simulate.dns": dns}
    settings = gather(config, assignments, options)
    choice, chosen = choose("simulate", SimulationChoice, settings), choose_microstructure(settings)
    found = forecast_cost(
        ExactReference(chosen.microstructure),
        structure,
        mesh_size=choice.mesh_size,
        dns=choice.dns,
        states=states,
        runs=runs,
        error=error,
        output=output,
        overwrite=overwrite,
        progress=progress,
        sections=chosen.sections,
    )
    _show(output, found)


def _show(output: Path, found: CostForecast) -> None:
    if found.kept:
        show_unchanged(output)
    show_section(output, found.section)
    typer.echo(found.section.paragraphs[0])
