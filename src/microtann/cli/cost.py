"""``microtann cost``: which method for a structure, before anything is trained."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

import microtann
from microtann.cli.configuration import Setting
from microtann.cli.messages import save_section, show_section, show_unchanged
from microtann.cli.microstructure import cell_settings, read_microstructure
from microtann.cli.options import CELL, Assignments, Config, Output, Overwrite, Perturbation, Units, setting
from microtann.cli.page import write_report
from microtann.cli.progress import progress
from microtann.cli.sections import choose, effective, gather
from microtann.cli.simulation import SimulationChoice
from microtann.cli.stage import Stage, working_folder
from microtann.cli.study_parts import stamped
from microtann.cli.training_cost import TrainingCost, try_training
from microtann.data.generate import generate
from microtann.data.increments import Dataset
from microtann.data.walks import WalkPlan
from microtann.errors import InputError
from microtann.evaluation.forecast import Forecast, forecast
from microtann.evaluation.structures import CASES, reference_case
from microtann.microstructure.bars.lattice import require_lattice
from microtann.microstructure.protocol import Microstructure
from microtann.report.forecast import forecast_table, measured_table, recommendation
from microtann.report.section import Section, read_section
from microtann.system.atomic import write_atomically
from microtann.system.memory import machine_memory

SAMPLE = WalkPlan(paths=40, steps=100)
"""Walks from which the reduced model is made and the time of data is measured."""


@dataclass(frozen=True)
class Once:
    """CPU seconds before the first run of FE × TANN.

    Parameters
    ----------
    data : float
    training : TrainingCost
    """

    data: float
    training: TrainingCost

    @property
    def seconds(self) -> float:
        """Both together."""
        return self.data + self.training.seconds


def cost(
    microstructure: Annotated[str, typer.Argument(metavar="CELL", help=CELL.partition(" [default")[0])],
    structure: Annotated[str, typer.Argument(metavar="STRUCTURE", help="One of " + ", ".join(CASES) + ".")],
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
    """Predict time, memory and errors of DNS, FE² and FE × TANN for a structure, and recommend one.

    Example: microtann cost cube lcT2 --units 4 --perturbation 0.2 --dns 1/20 --runs 10

    The cell is solved along a few walks, reduced without training, and put into the structure with a coarse mesh,
    beside the exact cell; the regular lattice tells how results change with the mesh. A network is trained for a
    few updates to say what a training takes. Times are CPU seconds of this machine.
    """
    options = cell_settings(microstructure, units=units, perturbation=perturbation)
    options |= {"simulate.mesh_size": mesh_size, "simulate.dns": dns}
    settings = gather(config, assignments, options)
    make_forecast(settings, structure, states, runs, error, output, overwrite)
    section = read_section(output)
    show_section(output, section)
    typer.echo(section.paragraphs[0])


def make_forecast(
    settings: Sequence[Setting],
    structure: str,
    states: int,
    runs: int,
    error: float,
    output: Path,
    overwrite: bool = False,
) -> None:
    """Run the stage unless its results are there."""
    choice, chosen = choose("simulate", SimulationChoice, settings), read_microstructure(settings)
    case = reference_case(structure)
    if choice.dns <= 0.0:
        raise InputError("the forecast needs the size ratio of the full lattice: give --dns 1/20, for example")
    case.elements(choice.mesh_size)
    case.cells(choice.dns)
    if require_lattice(chosen.microstructure).components != 6:
        raise InputError("the structures are in space: choose a cell in space, not a square")
    asked = {"name": structure, "states": states, "runs": runs, "error": error}
    sizes = {"mesh_size": choice.mesh_size, "dns": choice.dns}
    stage = Stage("cost", output, {"case": asked} | chosen.sections | effective(simulate=sizes), chosen.inputs)
    if stage.finished:
        show_unchanged(output)
        return
    with working_folder(stage, overwrite=overwrite) as folder:
        with progress("measuring") as report:
            report(0, None, "data")
            dataset = generate(chosen.microstructure, SAMPLE)
            report(0, None, "a short training")
            once = _once(chosen.microstructure, dataset, states)
            tann = microtann.reduce(dataset, states=states)
            found = forecast(
                case, tann, choice.mesh_size, choice.dns, once.seconds, lambda text: report(0, None, text)
            )
        spent = {"data_s": once.data, "training_s": once.training.seconds, "training": asdict(once.training)}
        numbers = stamped(found.to_dict() | spent)
        write_atomically(folder / "numbers.json", json.dumps(numbers, indent=1) + "\n")
        section = _describe(found, once, runs, error)
        save_section(folder, section)
        write_report(folder, f"What {structure} costs", [(folder, section)])


def _once(microstructure: Microstructure, dataset: Dataset, states: int) -> Once:
    """Measure the time of data after compilation, and that of a short training."""
    begin = time.process_time()
    generate(microstructure, SAMPLE)
    spent = time.process_time() - begin
    usual = WalkPlan()
    increments = usual.paths * usual.steps / (SAMPLE.paths * SAMPLE.steps)
    return Once(spent * increments, try_training(dataset, states, increments))


def _describe(found: Forecast, once: Once, runs: int, error: float) -> Section:
    memory = machine_memory()
    limit = float("inf") if memory is None else memory / 1e9
    return Section(
        title=f"Cost of {found.case}",
        order=4,
        paragraphs=(recommendation(found, runs, error, limit),),
        tables=(
            forecast_table(found, runs),
            measured_table(found, once.data, once.training.seconds, once.training.per_update),
        ),
        files={"numbers.json": "all numbers", "report.html": "this section alone"},
    )
