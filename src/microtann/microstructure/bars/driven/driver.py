"""A cell driven by average strain, average stress or a mix, as a material-point driver does.

The stress components that are prescribed make the incremental energy less their work a convex, piecewise quadratic
function of the strains that are free. Newton's method with the cell's consistent tangent and a line search on that
function finds them; an increment that fails is rolled back and halved.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray

from microtann.errors import CellError, ConvergenceError, InputError, LimitLoadError
from microtann.microstructure.bars.cells.bar import ElastoplasticBar
from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.condensed.cell_flow import advance
from microtann.microstructure.bars.condensed.condensation import CondensedCell, condense
from microtann.microstructure.bars.condensed.solve import CellResponse, cell_response
from microtann.microstructure.bars.condensed.stability import NO_BENDING, NO_STIFFNESS
from microtann.microstructure.bars.driven.limit_load import largest_factor
from microtann.microstructure.bars.driven.programme import CellStep
from microtann.numbers import voigt
from microtann.numbers.illinois_kernel import Bracket, estimate, narrow
from microtann.system.csv_file import component_columns, write_csv
from microtann.system.memory import require_memory
from microtann.system.threads import one_blas_thread

Array = NDArray[np.float64]
CONVENTIONS = (
    "averages over the cell at the end of every increment; consistent units",
    "e: strain, shear = 2 x tensor component; s: stress; tension is positive",
    "energy: free energy per volume; dissipation: of the increment, per volume",
    "loading_step: from 1, 0 is the virgin state",
)
"""What a file of averages says of itself."""

RESIDUAL_TOLERANCE = 1e-12
"""Stress residual at convergence, relative to the largest of the stresses and the cell's strength."""

LARGEST_CUT = 6
"""An increment is halved at most so many times."""

SEARCH_ROUNDS = 40
OVERSHOOT = 0.5
"""A full step is taken if the derivative along it has not grown beyond this fraction with the opposite sign."""

SLACK = 0.1
"""A shortened step is good enough when that derivative fell to this fraction."""

TANGENT_FLOOR = 1e-8
"""Least eigenvalue of the tangent that Newton's step takes, relative to the largest elastic stiffness."""

LARGEST_STEP = 10.0
"""Longest Newton step in the strains, relative to the increment plus the elastic strain at yield."""


@dataclass(frozen=True)
class DrivenResponse(CellResponse):
    """Response of a cell to a programme; arrays as in `CellResponse` with one path, "..." being (T,).

    Parameters
    ----------
    step : array, shape (T,)
        Step of the programme that the increment belongs to, from 0.
    time : array, shape (T,)
        Time at the end of the increment.
    iterations : array, shape (T,)
        Newton iterations of the increment, those of its parts and failed attempts included.
    parts : array, shape (T,)
        Number of parts in which the increment was solved, 1 unless it was cut.
    """

    step: Int[NDArray[np.int64], "T"]
    time: Float[Array, "T"]
    iterations: Int[NDArray[np.int64], "T"]
    parts: Int[NDArray[np.int64], "T"]

    def __repr__(self) -> str:
        return f"DrivenResponse({len(self.time)} increments in {self.step[-1] + 1} steps, {self._size()})"

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write average strain and stress, energy and dissipation of every increment as CSV.

        Lines that start with ``#`` state the conventions; the first line of values is the virgin state.
        `microtann.data.path_file.read_path` reads the strains as a path.

        Parameters
        ----------
        path : path
        """
        labels = voigt.LABELS[voigt.dimension(self.strain.shape[-1])]
        columns = {
            "loading_step": self.step + 1,
            "time": self.time,
            **component_columns("e", self.strain, labels),
            **component_columns("s", self.stress, labels),
            "energy": self.energy,
            "dissipation": self.dissipation,
        }
        virgin = {name: np.concatenate([np.zeros_like(values[:1]), values]) for name, values in columns.items()}
        write_csv(path, virgin, CONVENTIONS)


@one_blas_thread()
def drive_cell(
    cell: UnitCell, bar: ElastoplasticBar, programme: Sequence[CellStep], iterations: int = 50
) -> DrivenResponse:
    """Drive a cell from the virgin state through a programme of average strains and stresses.

    Parameters
    ----------
    cell : UnitCell
    bar : ElastoplasticBar
    programme : sequence of CellStep
    iterations : int
        Newton iterations allowed before an increment is halved.

    Returns
    -------
    DrivenResponse

    Raises
    ------
    InputError
        If the programme is empty, names a component that the cell does not have, or has more increments than the
        memory of the machine can keep.
    CellError
        If the cell is a mechanism, or has no stiffness against a prescribed stress.
    LimitLoadError
        If a stress is beyond the limit load of bars without hardening; it says at which load factor.
    ConvergenceError
        If Newton's method fails even after cutting the increment.

    Examples
    --------
    >>> import microtann as mt
    >>> pull = mt.CellStep(strain={"11": 0.6}, rest="free", increments=12)
    >>> response = mt.drive_cell(mt.square_cell(), mt.ElastoplasticBar(), [pull])
    >>> bool(abs(response.stress[:, 1:]).max() < 1e-10), bool(response.strain[-1, 1] < 0)
    (True, True)
    """
    steps = tuple(programme)
    if not steps:
        raise InputError("the programme has no step")
    increments = sum(step.increments for step in steps)
    require_memory(
        f"the response of a cell of {len(cell.bars)} bars over {increments} increments",
        16.0 * increments * (cell.nodes.size + 4 * len(cell.bars) + 4 * cell.components),
        "use fewer increments",
    )
    condensed = condense(cell, bar)
    point = _Point(np.zeros(cell.components), np.zeros(condensed.count), np.zeros(cell.components))
    points: list[_Point] = []
    rows: list[tuple[int, float, int, int, float]] = []
    time = 0.0
    for number, step in enumerate(steps):
        by_stress, end = step.targets(point.strain)
        begin = np.where(by_stress, point.stress, point.strain)
        _check_reachable(condensed, number, by_stress, begin, end)
        for increment in range(1, step.increments + 1):
            target = begin + (end - begin) * (increment / step.increments)
            solver = _Increment(
                condensed, by_stress, iterations, f"step {number}, increment {increment}", len(rows)
            )
            # within a step the free strains are likely to go on as they went
            predicted = point.strain - points[-2].strain if increment > 2 else np.zeros_like(target)
            point = solver.reach(point, target, predicted)
            time += step.dt
            points.append(point)
            rows.append((number, time, solver.iterations, solver.parts, solver.dissipation))
    strain = np.array([p.strain for p in points])
    plastic = np.array([p.plastic for p in points])
    response = cell_response(cell, condensed, strain, np.vstack([0 * plastic[:1], plastic[:-1]]), plastic)
    number_, time_, count, parts, dissipation = (np.array(column) for column in zip(*rows, strict=True))
    return DrivenResponse(
        **{f.name: getattr(response, f.name) for f in fields(response) if f.name != "dissipation"},
        dissipation=dissipation,
        step=number_.astype(np.int64),
        time=time_,
        iterations=count.astype(np.int64),
        parts=parts.astype(np.int64),
    )


@dataclass(frozen=True)
class _Point:
    """State of the cell: average strain, plastic strains of the distinct bars, average stress."""

    strain: Float[Array, "v"]
    plastic: Float[Array, "m"]
    stress: Float[Array, "v"]


class _Increment:
    """One increment: Newton's method, and its repetition in parts where it fails."""

    def __init__(
        self, condensed: CondensedCell, by_stress: Bool[NDArray[np.bool_], "v"], limit: int, where: str, index: int
    ) -> None:
        self.condensed, self.free, self.limit = condensed, np.flatnonzero(by_stress), limit
        self.where, self.index = where, index
        self.strength = float((condensed.resistance @ np.abs(condensed.elongation)).max())
        self.stiffness = float(np.abs(condensed.elasticity).max())
        self.iterations, self.parts, self.dissipation = 0, 0, 0.0
        self.residuals: list[float] = []

    def reach(
        self, point: _Point, target: Float[Array, "v"], predicted: Float[Array, "v"], depth: int = 0
    ) -> _Point:
        """Return the state at the target, in halves if need be; ``predicted`` guesses the increment of strain.

        Parameters
        ----------
        point : _Point
            State at the beginning.
        target : array, shape (v,)
            Strain at the end, or stress in the components that are prescribed by stress.
        predicted : array, shape (v,)
            Guess of the increment of strain.
        depth : int
            How often the increment has been halved.
        """
        try:
            end = self._solve(point, target, predicted)
        except ConvergenceError:  # of the cell itself
            end = None
        if end is not None:
            self.parts += 1
            self.dissipation += float(np.abs(end.plastic - point.plastic) @ self.condensed.resistance)
            return end
        if depth == LARGEST_CUT:
            raise ConvergenceError(
                f"{self.where} did not converge, not even in {2**LARGEST_CUT} parts; the last relative residuals "
                f"are {', '.join(f'{r:.1e}' for r in self.residuals[-4:])}: use more increments",
                increment=self.index,
                residuals=self.residuals,
            )
        present = point.strain.copy()
        present[self.free] = point.stress[self.free]
        middle = self.reach(point, 0.5 * (present + target), 0.5 * predicted, depth + 1)
        return self.reach(middle, target, 0.5 * predicted, depth + 1)

    def _stress(
        self, strain: Float[Array, "v"], plastic: Float[Array, "m"], tangent: bool
    ) -> tuple[Float[Array, "m"], Float[Array, "v"], Float[Array, "v v"] | None]:
        flow = advance(self.condensed, strain[None], plastic[None], tangent)
        new = flow.plastic_strain[0]
        return new, self.condensed.stress(strain, new), None if flow.tangent is None else flow.tangent[0]

    def _solve(self, point: _Point, target: Float[Array, "v"], predicted: Float[Array, "v"]) -> _Point | None:
        """Return the state at the target, or None if Newton's method fails."""
        free = self.free
        strain = target.copy()
        strain[free] = point.strain[free] + predicted[free]
        self.residuals = []
        reach = LARGEST_STEP * (float(np.abs(strain - point.strain).max()) + self.strength / self.stiffness)
        for _ in range(self.limit):
            self.iterations += 1
            plastic, stress, tangent = self._stress(strain, point.plastic, tangent=True)
            residual = stress[free] - target[free]
            largest = float(np.abs(residual).max(initial=0.0))
            scale = max(self.strength, float(np.abs(stress).max()))
            self.residuals.append(largest / scale)
            if largest <= RESIDUAL_TOLERANCE * scale:
                return _Point(strain, plastic, stress)
            assert tangent is not None
            values, vectors = np.linalg.eigh(tangent[np.ix_(free, free)])
            # where nothing hardens the tangent may vanish: a floor and a largest step keep Newton's step finite
            direction = -vectors @ ((residual @ vectors) / np.maximum(values, TANGENT_FLOOR * self.stiffness))
            direction *= min(1.0, reach / max(float(np.abs(direction).max()), 1e-300))
            step = self._search(point, strain, direction, float(residual @ direction), target)
            strain = strain.copy()
            strain[free] += step * direction
        return None

    def _search(
        self,
        point: _Point,
        strain: Float[Array, "v"],
        direction: Float[Array, "f"],
        slope: float,
        target: Float[Array, "v"],
    ) -> float:
        """Return 1, or the step near which the derivative along the direction vanishes if it does so before."""

        def derivative(step: float) -> float:
            moved = strain.copy()
            moved[self.free] += step * direction
            _, stress, _ = self._stress(moved, point.plastic, tangent=False)
            return float((stress[self.free] - target[self.free]) @ direction)

        at_one = derivative(1.0)
        if at_one <= OVERSHOOT * abs(slope):
            return 1.0
        bracket, step = Bracket(0.0, 1.0, slope, at_one, 0), 1.0
        for _ in range(SEARCH_ROUNDS):
            step = estimate(bracket)
            value = derivative(step)
            if abs(value) <= SLACK * abs(slope):
                break
            bracket = narrow(bracket, step, value)
        return step


def _check_reachable(
    condensed: CondensedCell,
    number: int,
    by_stress: Bool[NDArray[np.bool_], "v"],
    begin: Float[Array, "v"],
    end: Float[Array, "v"],
) -> None:
    """Refuse stresses that the cell cannot carry at any strain."""
    if not by_stress.any():
        return
    labels = np.array(voigt.LABELS[voigt.dimension(len(end))])
    values, vectors = np.linalg.eigh(condensed.elasticity[np.ix_(by_stress, by_stress)])
    if values[0] <= NO_STIFFNESS * np.abs(condensed.elasticity).max():
        soft = labels[by_stress][np.abs(vectors[:, 0]) > 0.1]
        raise CellError(
            f"step {number}: the cell has no stiffness against a strain of {', '.join(soft)}, so that its stress "
            f"cannot be prescribed; {NO_BENDING}: prescribe the strain or add bars"
        )
    factor = largest_factor(condensed, by_stress, begin, end - begin)
    if factor < 1.0 - 1e-9:
        at = begin + factor * (end - begin)
        stresses = ", ".join(f"{labels[i]} = {at[i]:.6g}" for i in np.flatnonzero(by_stress & (begin != end)))
        raise LimitLoadError(
            f"step {number}: the stress cannot be reached, for the limit load of the bars without hardening is at "
            f"load factor {factor:.6g} of the step (stress {stresses}); lower the stress or prescribe strains",
            load_factor=factor,
            step=number,
        )
