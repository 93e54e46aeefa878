"""The loading steps of a job: those that it lists, or one for each row of its history."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Int
from numpy.typing import NDArray

from microtann.equilibrium.steps import Prescribed, Step, label
from microtann.errors import ConfigurationError, InputError
from microtann.fem.mesh import Mesh
from microtann.job.job_history import read_history
from microtann.job.job_loads import Force
from microtann.job.job_supports import check_component, check_held, check_load, held_components
from microtann.job.job_tables import JobTables, StepTables
from microtann.job.mesh_names import named
from microtann.job.tables import StepChoice
from microtann.numbers.configuration import nearest


def job_steps(tables: JobTables, mesh: Mesh, parts: Int[NDArray[np.int32], "N"]) -> tuple[Step, ...]:
    """Return the steps of a job.

    Parameters
    ----------
    tables : JobTables
    mesh : Mesh
    parts : integer array, shape (N,)
        Number of the connected part of every node.

    Raises
    ------
    ConfigurationError
        If a support or load names what the mesh has not, or a column that the history has not; if the supports
        leave a part free to move, or take up all of a load.
    """
    steps = _listed_steps(tables, mesh) if tables.history is None else _steps_of_history(tables, mesh)
    for number, step in enumerate(steps):
        listed = tables.history is None
        where, name = tables.where(*(("step", number) if listed else ("history",))), label(step, number)
        held = held_components(step, mesh, where, name)
        if number > 0 and not listed:
            continue  # all rows hold and load the same nodes
        key = ("step", number, "load") if listed else ("load",)
        for place, load in enumerate(tables.steps[number].loads if listed else tables.loads):
            check_load(load, held, mesh, tables.where(*key, place))
        check_held(held, mesh, parts, where, name)
    return steps


def _listed_steps(tables: JobTables, mesh: Mesh) -> tuple[Step, ...]:
    return tuple(
        _step(tables, mesh, step, ("step", number, "load"), {}) for number, step in enumerate(tables.steps)
    )


def _steps_of_history(tables: JobTables, mesh: Mesh) -> tuple[Step, ...]:
    """Return a step for every row of the history."""
    choice = tables.history
    assert choice is not None
    columns = read_history(tables.path.parent / choice.file)
    times = columns.get(choice.time) if choice.time else np.arange(1.0, len(next(iter(columns.values()))) + 1)
    used: dict[str, tuple[str | int, ...]] = {choice.time: ("history", "time")} if choice.time else {}
    used |= {load.history: ("load", number, "history") for number, load in enumerate(tables.loads) if load.history}
    for name, key in used.items():
        if name not in columns:
            raise ConfigurationError(
                f"{tables.where(*key)}: {choice.file} has no column {name!r}: {nearest(name, columns)}"
                f"it has {', '.join(columns)}"
            )
    assert times is not None
    durations = np.diff(times, prepend=0.0)
    if not (durations > 0.0).all():
        row = int(np.flatnonzero(durations <= 0.0)[0]) + 1
        raise ConfigurationError(f"{tables.where('history')}: the time of row {row} does not grow")
    steps = []
    for row, duration in enumerate(durations):
        own = StepChoice(f"row {row + 1}", choice.increments, float(duration) / choice.increments)
        factors = {name: float(values[row]) for name, values in columns.items()}
        steps.append(_step(tables, mesh, StepTables(own, tables.loads), ("load",), factors))
    return tuple(steps)


def _step(
    tables: JobTables, mesh: Mesh, step: StepTables, key: tuple[str | int, ...], factors: Mapping[str, float]
) -> Step:
    """Return a step of the solver.

    Parameters
    ----------
    tables : JobTables
    mesh : Mesh
    step : StepTables
    key : tuple
        Of its loads in the file.
    factors : mapping
        Values of the history at the end of the step, by the name of the column.
    """
    for name in step.choice.release:
        if name not in {support.on for support in tables.supports}:
            raise ConfigurationError(
                f"{tables.where(*key[:-1], 'release')}: {name!r} has no [[support]] to release"
            )
    prescribed: list[Prescribed] = []
    forces: list[Force] = []
    for number, support in enumerate(tables.supports):
        if support.on in step.choice.release:
            continue
        try:
            named(support.on, mesh.sets)
        except InputError as error:
            raise ConfigurationError(f"{tables.where('support', number, 'on')}: {error}") from None
        for component in support.components:
            check_component(component, mesh, tables.where("support", number, "components"))
        prescribed += [Prescribed(support.on, component) for component in support.components]
    for number, load in enumerate(step.loads):
        where = tables.where(*key, number)
        if load.history and load.history not in factors:
            raise ConfigurationError(f"{where}: a load of a step follows no history: use [history] with [[load]]")
        if component := getattr(load, "component", ""):
            check_component(component, mesh, tables.where(*key, number, "component"))
        try:
            held, acting = load.conditions(mesh, factors.get(load.history, 1.0))
        except InputError as error:
            raise ConfigurationError(f"{where}: {error}") from None
        if held:
            held_components(Step([*prescribed, *held]), mesh, where, "displacements")
        prescribed, forces = prescribed + held, forces + acting
    choice = step.choice
    return Step(prescribed, forces, choice.increments, choice.dt, choice.name)
