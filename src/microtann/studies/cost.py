"""What a structure will cost as DNS, FE² and FE × TANN, before anything is trained."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import microtann
from microtann.data.generate import generate
from microtann.data.increments import Dataset
from microtann.data.walks import WalkPlan
from microtann.errors import InputError
from microtann.evaluation.exact_reference import ExactReference
from microtann.evaluation.structures import reference_case
from microtann.report.page import write_report
from microtann.report.section import Section, read_section, write_section
from microtann.studies.forecast import Forecast, forecast
from microtann.studies.forecast_tables import bands_table, forecast_table, measured_table, recommendation
from microtann.studies.training_cost import TrainingCost, try_training
from microtann.system.memory import machine_memory
from microtann.system.progress import ShowProgress, logged
from microtann.system.stage import Stage, working_folder, write_numbers

SAMPLE = WalkPlan(paths=40, steps=100)
"""Walks from which the reduced model is made and the time of data is measured."""


@dataclass(frozen=True)
class PreparationCost:
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


@dataclass(frozen=True)
class CostForecast:
    """A forecast of what a structure will cost.

    Parameters
    ----------
    section : Section
        Its section of the report; the first paragraph is the recommendation.
    kept : bool
        Whether the folder held it already.
    """

    section: Section
    kept: bool


def forecast_cost(
    reference: ExactReference,
    structure: str,
    *,
    mesh_size: float = 0.5,
    dns: float = 0.1,
    states: int = 48,
    runs: int = 1,
    error: float = 0.05,
    output: str | os.PathLike[str] = "results/cost",
    overwrite: bool = False,
    progress: ShowProgress = logged("studies"),
    sections: Mapping[str, Any] | None = None,
) -> CostForecast:
    """Predict time, memory and errors of DNS, FE² and FE × TANN for a structure, and recommend one.

    The cell is solved along a few walks, reduced without training, and put into the structure with a coarse mesh,
    beside the exact cell; the regular lattice tells how results change with the mesh. A network is trained for a
    few updates to say what a training takes. Times are CPU seconds of this machine.

    Parameters
    ----------
    reference : ExactReference
        The lattice.
    structure : str
        Name of a reference structure.
    mesh_size : float
        Edge of the elements; the structure is 10 wide.
    dns : float
        Size ratio ε of the full lattice.
    states : int
        Internal state variables of the network.
    runs : int
        Runs that are planned.
    error : float
        Largest error allowed in displacement, energy, and force or torque.
    output : path
        Folder of the results.
    overwrite : bool
        Whether results of another configuration may be replaced.
    progress : callable, optional
        What shows the progress; by default the logger ``microtann.studies`` hears of it.
    sections : mapping, optional
        Sections of a configuration that describe the lattice, to stand beside the results.

    Returns
    -------
    CostForecast

    Raises
    ------
    InputError
        If there is no such structure, sizes do not fill it, or the lattice lies in the plane.
    """
    case, folder = reference_case(structure), Path(output)
    if dns <= 0.0:
        raise InputError("the forecast needs the size ratio of the full lattice: give --dns 1/20, for example")
    case.elements(mesh_size)
    case.cells(dns)
    reference.lattice()
    if reference.dimension != 3:
        raise InputError("the structures are in space: choose a cell in space, not a square")
    asked = {"name": structure, "states": states, "runs": runs, "error": error}
    sizes = {"mesh_size": mesh_size, "dns": dns}
    stage = Stage(
        "cost", folder, {"case": asked, **(sections or {}), "simulate": sizes}, {"cell": reference.digest}
    )
    if stage.finished:
        return CostForecast(read_section(folder), True)
    with working_folder(stage, overwrite=overwrite) as work:
        with progress("measuring") as report:
            report(0, None, "data")
            dataset = generate(reference.microstructure, SAMPLE)
            report(0, None, "a short training")
            preparation = _preparation(reference, dataset, states)
            tann = microtann.reduce(dataset, states=states)
            expected = forecast(
                case, tann, mesh_size, dns, preparation.seconds, lambda text: report(0, None, text)
            )
        training = preparation.training
        spent = {"data_s": preparation.data, "training_s": training.seconds, "training": asdict(training)}
        write_numbers(work, expected.to_dict() | spent)
        section = write_section(work, _section(expected, preparation, runs, error))
        write_report(work, f"What {structure} costs", [(work, section)])
    return CostForecast(section, False)


def _preparation(reference: ExactReference, dataset: Dataset, states: int) -> PreparationCost:
    """Measure the time of data after compilation, and that of a short training.

    Parameters
    ----------
    reference : ExactReference
    dataset : Dataset
        A few walks of the lattice.
    states : int
        Internal state variables of the network.
    """
    begin = time.process_time()
    generate(reference.microstructure, SAMPLE)
    spent = time.process_time() - begin
    usual = WalkPlan()
    increments = usual.paths * usual.steps / (SAMPLE.paths * SAMPLE.steps)
    return PreparationCost(spent * increments, try_training(dataset, states, increments))


def _section(expected: Forecast, preparation: PreparationCost, runs: int, error: float) -> Section:
    memory, training = machine_memory(), preparation.training
    limit = float("inf") if memory is None else memory / 1e9
    return Section(
        title=f"Cost of {expected.case}",
        order=4,
        paragraphs=(recommendation(expected, runs, error, limit),),
        tables=(
            forecast_table(expected, runs),
            bands_table(expected),
            measured_table(expected, preparation.data, training.seconds, training.per_update),
        ),
        files={"numbers.json": "all numbers", "report.html": "this section alone"},
    )
