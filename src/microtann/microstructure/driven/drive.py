"""Any microstructure driven by average strain, average stress or a mix, as a material-point driver does."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray

from microtann.errors import CellError, ConvergenceError, InputError, LimitLoadError
from microtann.materials.protocol import State
from microtann.microstructure.driven.averages import write_averages
from microtann.microstructure.driven.mixed_control import MaterialSizes, MixedIncrement, PointStates
from microtann.microstructure.driven.programme import CellStep
from microtann.microstructure.protocol import Microstructure, require_microstructure
from microtann.microstructure.strain_metric import UNIT_YIELD
from microtann.numbers import voigt
from microtann.numbers.coordinates import width
from microtann.system.memory import require_memory
from microtann.system.threads import one_blas_thread

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]
NO_STIFFNESS = 1e-11
"""Stiffness against a strain, relative to the largest, below which there is none."""
VANISHED = 1e-6
"""Tangent of the free strains, relative to the stiffness, at which a limit load is reached."""


@dataclass(frozen=True, eq=False)
class DrivenPath:
    """Response of a microstructure to a programme.

    Parameters
    ----------
    strain, stress : array, shape (T, v)
        At the end of every increment, Voigt order, engineering shear.
    energy, dissipation : array, shape (T,)
        Per volume; the dissipation is that of the increment.
    coordinates : mapping of arrays, shape (T, *group)
        Internal coordinates by the name of their group.
    states : mapping of arrays, shape (T, ...)
        States of the microstructure.
    step : array, shape (T,)
        Step of the programme that the increment belongs to, from 0.
    time : array, shape (T,)
        Time at the end of the increment.
    iterations : array, shape (T,)
        Newton iterations of the increment, those of its parts and failed attempts included.
    parts : array, shape (T,)
        Number of parts in which the increment was solved, 1 unless it was cut.
    """

    strain: Float[Array, "T v"]
    stress: Float[Array, "T v"]
    energy: Float[Array, "T"]
    dissipation: Float[Array, "T"]
    coordinates: Mapping[str, Array]
    states: Mapping[str, Array]
    step: Int[NDArray[np.int64], "T"]
    time: Float[Array, "T"]
    iterations: Int[NDArray[np.int64], "T"]
    parts: Int[NDArray[np.int64], "T"]

    def __repr__(self) -> str:
        components = f"{self.strain.shape[-1]} strain components"
        return f"DrivenPath({len(self.time)} increments in {self.step[-1] + 1} steps, {components})"

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write the averages of every increment as CSV; see `write_averages`."""
        write_averages(path, self)


@one_blas_thread()
def drive(microstructure: Microstructure, programme: Sequence[CellStep], iterations: int = 50) -> DrivenPath:
    """Drive a microstructure from the virgin state through a programme of average strains and stresses.

    Parameters
    ----------
    microstructure : Microstructure
        Of any kind.
    programme : sequence of CellStep
    iterations : int
        Newton iterations allowed before an increment is halved.

    Raises
    ------
    InputError
        If the programme is empty, names a component that does not exist, or has more increments than the memory of
        the machine can keep.
    CellError
        If there is no stiffness against a prescribed stress.
    LimitLoadError
        If a stress is beyond the limit load; it says at which load factor.
    ConvergenceError
        If Newton's method fails even after cutting the increment.

    See Also
    --------
    drive_many : many programmes at once, which costs less than one after the other.

    Examples
    --------
    >>> import microtann as mt
    >>> pull = mt.CellStep(strain={"11": 0.6}, rest="free", increments=12)
    >>> response = mt.drive(mt.Frame(mt.honeycomb_cell()), [pull])
    >>> bool(abs(response.stress[:, 1:]).max() < 1e-12), bool(response.strain[-1, 1] < 0)
    (True, True)
    """
    return drive_many(microstructure, [programme], iterations)[0]


@one_blas_thread()
def drive_many(
    microstructure: Microstructure, programmes: Sequence[Sequence[CellStep]], iterations: int = 50
) -> list[DrivenPath]:
    """Drive a microstructure through many programmes, all of them together.

    Parameters
    ----------
    microstructure : Microstructure
    programmes : sequence of sequences of CellStep
        With as many steps as one another, of the same numbers of increments and durations.
    iterations : int
        Newton iterations allowed before an increment is halved.

    Raises
    ------
    InputError, CellError, LimitLoadError, ConvergenceError
        As `drive`; also if steps differ in their increments or durations.
    """
    require_microstructure(microstructure)
    steps, n, v = _aligned(programmes), len(programmes), microstructure.components
    increments = sum(row[0].increments for row in steps)
    numbers = width(microstructure.coordinate_shapes) + microstructure.exact_states + 4 * v
    require_memory(
        f"the response of {microstructure.description} over {increments} increments",
        16.0 * n * increments * numbers,
        "use fewer increments",
    )
    sizes = sizes_of(microstructure)
    now = PointStates(np.zeros((n, v)), np.zeros((n, v)), microstructure.initial_state(n))
    kept: list[PointStates] = []
    rows: list[tuple[int, float, IntArray, IntArray]] = []
    time = 0.0
    for number, row in enumerate(steps):
        targets = [step.targets(strain) for step, strain in zip(row, now.strain, strict=True)]
        by_stress, end = (np.array(values) for values in zip(*targets, strict=True))
        begin = np.where(by_stress, now.stress, now.strain)
        for path in range(n):
            check_stress(microstructure, number, by_stress[path], begin[path], end[path])
        for increment in range(1, row[0].increments + 1):
            target = begin + (end - begin) * (increment / row[0].increments)
            where = f"step {number + 1}, increment {increment}"
            solver = MixedIncrement(microstructure, sizes, by_stress, iterations, where, len(rows))
            # within a step the free strains are likely to go on as they went
            predicted = now.strain - kept[-2].strain if increment > 2 else np.zeros_like(target)
            try:
                now = solver.reach(now, target, predicted, row[0].dt)
            except ConvergenceError as error:
                if not (error.worst and solver.softest < VANISHED and by_stress[error.worst[0]].any()):
                    raise
                share = (increment - 1 + float(solver.reached[error.worst[0]])) / row[0].increments
                raise limit_load_error(number, share, by_stress, begin, end, error.worst[0]) from error
            time += row[0].dt
            kept.append(now)
            rows.append((number, time, solver.iterations, solver.parts))
    return [_path(microstructure, path, kept, rows) for path in range(n)]


def sizes_of(microstructure: Microstructure) -> MaterialSizes:
    """Return the stress at yield and the largest elastic stiffness of a microstructure."""
    stiffness = microstructure.elastic_stiffness()
    strength = UNIT_YIELD * float(np.abs(stiffness @ microstructure.strain_metric().unit).max())
    return MaterialSizes(strength, float(np.abs(stiffness).max()))


def check_stress(
    microstructure: Microstructure,
    number: int,
    by_stress: Bool[NDArray[np.bool_], "v"],
    begin: Float[Array, "v"],
    end: Float[Array, "v"],
) -> None:
    """Refuse stresses that a microstructure cannot carry at any strain.

    Parameters
    ----------
    microstructure : Microstructure
    number : int
        Of the step.
    by_stress : array of bool, shape (v,)
        The components that are prescribed by stress.
    begin, end : array, shape (v,)
        Their stresses before and after the step.

    Raises
    ------
    CellError
        If there is no stiffness against one of them.
    LimitLoadError
        If the microstructure knows its limit load, and it is lower.
    """
    if not by_stress.any():
        return
    stiffness = microstructure.elastic_stiffness()
    labels = np.array(voigt.component_names(len(end)))
    values, vectors = np.linalg.eigh(stiffness[np.ix_(by_stress, by_stress)])
    if values[0] <= NO_STIFFNESS * np.abs(stiffness).max():
        soft = labels[by_stress][np.abs(vectors[:, 0]) > 0.1]
        raise CellError(
            f"step {number + 1}: the cell has no stiffness against a strain of {', '.join(soft)}, so that its "
            f"stress cannot be prescribed; {microstructure.without_stiffness}"
        )
    factor = microstructure.largest_load_factor(by_stress, begin, end - begin)
    if factor < 1.0 - 1e-9:
        raise limit_load_error(number, factor, by_stress[None], begin[None], end[None], 0)


def limit_load_error(
    number: int,
    factor: float,
    by_stress: Bool[NDArray[np.bool_], "n v"],
    begin: Float[Array, "n v"],
    end: Float[Array, "n v"],
    path: int,
) -> LimitLoadError:
    """Return the error of a stress that cannot be reached.

    Parameters
    ----------
    number : int
        Of the step.
    factor : float
        Part of the step at which the limit load is.
    by_stress, begin, end : array, shape (n, v)
        Control, and its values before and after the step.
    path : int
        Which of them.
    """
    labels, at = voigt.component_names(end.shape[1]), begin[path] + factor * (end[path] - begin[path])
    moved = np.flatnonzero(by_stress[path] & (begin[path] != end[path]))
    stresses = ", ".join(f"{labels[i]} = {at[i]:.6g}" for i in moved)
    which = f", path {path}" if len(end) > 1 else ""
    return LimitLoadError(
        f"step {number + 1}{which}: the stress cannot be reached, for the limit load without hardening is at load "
        f"factor {factor:.6g} of the step (stress {stresses}); lower the stress or prescribe strains",
        load_factor=factor,
        step=number,
    )


def _aligned(programmes: Sequence[Sequence[CellStep]]) -> list[tuple[CellStep, ...]]:
    """Return the steps of all programmes, step by step.

    Raises
    ------
    InputError
        If there is none, or they have other numbers of steps or increments, or durations.
    """
    if not programmes or not all(len(programme) for programme in programmes):
        raise InputError("the programme has no step")
    if len({len(programme) for programme in programmes}) > 1:
        raise InputError("programmes that are driven together have the same number of steps")
    steps = list(zip(*programmes, strict=True))
    for number, row in enumerate(steps):
        if len({(step.increments, step.dt) for step in row}) > 1:
            raise InputError(
                f"step {number + 1}: programmes that are driven together have as many increments and the same "
                "durations"
            )
    return steps


def _path(
    microstructure: Microstructure,
    path: int,
    kept: Sequence[PointStates],
    rows: Sequence[tuple[int, float, IntArray, IntArray]],
) -> DrivenPath:
    """Return the response along one programme."""
    states: State = {name: np.stack([point.state[name][path] for point in kept]) for name in kept[0].state}
    number, time, iterations, parts = zip(*rows, strict=True)
    return DrivenPath(
        strain=np.stack([point.strain[path] for point in kept]),
        stress=np.stack([point.stress[path] for point in kept]),
        energy=states["energy"],
        dissipation=states["dissipation"],
        coordinates=microstructure.decode(states),
        states=states,
        step=np.array(number, dtype=np.int64),
        time=np.array(time),
        iterations=np.array([count[path] for count in iterations], dtype=np.int64),
        parts=np.array([count[path] for count in parts], dtype=np.int64),
    )
