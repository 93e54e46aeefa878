"""The loading steps of a job: those that it lists, or one for each row of its history."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from microtann.equilibrium.steps import Prescribed, Step
from microtann.errors import ConfigurationError, InputError
from microtann.fem.mesh import Mesh
from microtann.job.job_history import read_history
from microtann.job.job_loads import Force, LoadChoice
from microtann.job.job_tables import JobTables, StepTables
from microtann.job.mesh_names import named
from microtann.job.tables import StepChoice
from microtann.numbers.configuration import nearest


def job_steps(tables: JobTables, mesh: Mesh) -> tuple[Step, ...]:
    """Return the steps of a job.

    Raises
    ------
    ConfigurationError
        If a support or load names what the mesh has not, or a column that the history has not.
    """
    if tables.history is None:
        return tuple(
            _step(tables, mesh, step, ("step", number, "load"), {}) for number, step in enumerate(tables.steps)
        )
    choice = tables.history
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
        prescribed += [Prescribed(support.on, component) for component in support.components]
    for number, load in enumerate(step.loads):
        where = tables.where(*key, number)
        if load.history and load.history not in factors:
            raise ConfigurationError(f"{where}: a load of a step follows no history: use [history] with [[load]]")
        try:
            held, acting = load.conditions(mesh, factors.get(load.history, 1.0))
        except InputError as error:
            raise ConfigurationError(f"{where}: {error}") from None
        _check_acting(load, prescribed, mesh, where)
        prescribed, forces = prescribed + held, forces + acting
    choice = step.choice
    return Step(prescribed, forces, choice.increments, choice.dt, choice.name)


def _check_acting(load: LoadChoice, supports: list[Prescribed], mesh: Mesh, where: str) -> None:
    """Refuse a force all of whose nodes are held in its direction, so that it does nothing."""
    component = getattr(load, "component", None)
    if component is None or load.on not in mesh.sets:
        return
    held = [
        mesh.sets[item.nodes] for item in supports if item.component == component and isinstance(item.nodes, str)
    ]
    if held and np.isin(mesh.sets[load.on], np.concatenate(held)).all():
        raise ConfigurationError(f"{where}: all nodes of {load.on!r} are held along {component} by a support")
