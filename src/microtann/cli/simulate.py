"""``microtann simulate``: a reference structure with a TANN, with the exact cell, and as a full lattice."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from microtann.cli.messages import show_section, show_unchanged
from microtann.cli.named_model import is_object, model_digest, named_material
from microtann.cli.options import Assignments, Config, Overwrite, setting
from microtann.cli.progress_bar import progress
from microtann.cli.sections import choose, effective, gather
from microtann.cli.simulated_job import changes_of, engine_of_job, make_job, make_variants
from microtann.cli.solver import SolverChoice
from microtann.errors import ConvergenceError, InputError
from microtann.evaluation import simulation
from microtann.evaluation.reference_run import RECORDS
from microtann.evaluation.simulation_choice import SimulationChoice
from microtann.evaluation.structures import CASES, reference_case
from microtann.numbers.settings import Setting
from microtann.report.section import read_section
from microtann.report.simulation_section import write_simulation
from microtann.system.stage import Stage, working_folder

INSIDE = "Point at which the lattice is drawn inside the structure. [default: the control point]"


def simulate(
    case: Annotated[
        str, typer.Argument(help="One of " + ", ".join(CASES) + ", or a job file (TOML) of a structure of yours.")
    ],
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            "-m",
            help="Shipped model, model file, module:name of a material or microstructure of yours, or `exact` for "
            "the exact cube alone. [default: cube]",
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder of the results. [default: results/CASE]")
    ] = None,
    config: Config = None,
    assignments: Assignments = None,
    mesh_size: Annotated[float | None, setting(SimulationChoice, "mesh_size")] = None,
    element: Annotated[str | None, setting(SimulationChoice, "element")] = None,
    dns: Annotated[str | None, setting(SimulationChoice, "dns")] = None,
    outside_training: Annotated[str | None, setting(SimulationChoice, "outside_training")] = None,
    exact: Annotated[bool | None, setting(SimulationChoice, "exact")] = None,
    audit: Annotated[int | None, setting(SimulationChoice, "audit")] = None,
    inside: Annotated[str | None, typer.Option(metavar="X,Y,Z", help=INSIDE)] = None,
    localisation: Annotated[str | None, setting(SimulationChoice, "localisation")] = None,
    engine: Annotated[str | None, setting(SimulationChoice, "engine")] = None,
    ranks: Annotated[int | None, setting(SimulationChoice, "ranks")] = None,
    engine_fields: Annotated[str | None, setting(SimulationChoice, "engine_fields")] = None,
    variants: Annotated[
        list[str] | None,
        typer.Option(
            "--variants",
            metavar="KEY=A,B,C",
            help="Of a job file: values of a key, each a run (of several keys, all combinations), or a table of "
            "variants (TOML, CSV); they are compared in one report.",
        ),
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Compute a reference structure with a model, the exact cell and as a full lattice; or one from a job file.

    It prints displacement, energy, dissipation, torque or force, iterations and CPU time side by side, with the
    error of the network and the error of homogenisation apart, on both scales: displacements u⁰ + εu¹ and the
    stresses of bars are decoded from the states at the Gauss points, and the exact cell is solved again along the
    strains at the control nodes.

    It writes what is compared by increments (histories.csv), all tables (CSV) and numbers (numbers.json), figures
    (PNG), the fields of every increment for ParaView (PVD, VTU) and report.html.
    """
    options: dict[str, Any] = {"mesh_size": mesh_size, "element": element, "dns": dns}
    options |= {"outside_training": outside_training}
    options |= {"exact": exact, "audit": audit, "inside": inside, "localisation": localisation}
    engines = {"engine": engine, "ranks": ranks, "engine_fields": engine_fields}
    if case.endswith(".toml"):
        if config is not None or any(value is not None for value in options.values()) or model is not None:
            raise InputError(
                f"{case} is a job file, which says all of it: use --set key=value, --engine or --ranks"
            )
        place = output or Path("results") / Path(case).stem
        changes = engine_of_job(engines) | changes_of(assignments or ())
        if variants:
            make_variants(
                Path(case), variants, output or place.with_name(f"{place.name}-variants"), changes, overwrite
            )
        else:
            make_job(Path(case), place, changes, overwrite)
        return
    if variants:
        raise InputError("--variants are those of a job file: microtann simulate JOB.toml --variants key=a,b,c")
    model, options = model or "cube", options | engines
    settings = gather(config, assignments, {f"simulate.{key}": value for key, value in options.items()})
    place = output or Path("results") / case
    make_simulation(settings, case, model, place, overwrite)
    show_section(place, read_section(place))


def make_simulation(
    settings: Sequence[Setting], case: str, model: str, output: Path, overwrite: bool = False
) -> None:
    """Run the stage unless its results are there.

    Parameters
    ----------
    settings : sequence of Setting
    case : str
    model : str
        Name or file.
    output : Path
    overwrite : bool
        Whether results of another configuration may be replaced.
    """
    choice, solver = choose("simulate", SimulationChoice, settings), choose("solver", SolverChoice, settings)
    reference_case(case)
    sections = {"case": {"name": case, "model": model}} | effective(solver=solver, simulate=choice)
    stage = Stage("simulate", output, sections, {"model": model_digest(model)})
    if stage.finished:
        show_unchanged(output)
        return
    again = (ConvergenceError, InputError)
    failure = output.with_name(f"{output.name}.failed-point.h5")
    with working_folder(stage, overwrite=overwrite, keep_unfinished=True, would_fail_again=again) as folder:
        found = simulation.simulate(
            case,
            named_material(model) if is_object(model) else model,
            choice,
            solver=solver.options(),
            records=folder / RECORDS,
            failure=failure,
            progress=progress,
            named=model if is_object(model) else "",
            files=folder,
        )
        write_simulation(folder, found, model)
        shutil.rmtree(folder / RECORDS, ignore_errors=True)
