"""A lattice cell driven by average strain, average stress or a mix, with the response of its bars."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.microstructure.bars.cells.bar import ElastoplasticBar
from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.condensed.solve import CellResponse, cell_response
from microtann.microstructure.bars.lattice import Lattice
from microtann.microstructure.driven.averages import write_averages
from microtann.microstructure.driven.drive import DrivenPath, drive
from microtann.microstructure.driven.programme import CellStep
from microtann.system.threads import one_blas_thread

Array = NDArray[np.float64]


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
        write_averages(path, self)


@one_blas_thread()
def drive_cell(
    cell: UnitCell, bar: ElastoplasticBar, programme: Sequence[CellStep], iterations: int = 50
) -> DrivenResponse:
    """Drive a cell from the virgin state through a programme of average strains and stresses.

    `microtann.drive` does so with any microstructure.

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
    lattice = Lattice(cell, bar)
    return response_of_bars(lattice, drive(lattice, programme, iterations))


def response_of_bars(lattice: Lattice, driven: DrivenPath) -> DrivenResponse:
    """Return the response of a driven lattice bar by bar.

    Parameters
    ----------
    lattice : Lattice
    driven : DrivenPath
        Of this lattice.
    """
    plastic = driven.states["plastic_strain"]
    before = np.vstack([0 * plastic[:1], plastic[:-1]])
    response = cell_response(lattice.cell, lattice.condensed, driven.strain, before, plastic)
    return DrivenResponse(
        **{f.name: getattr(response, f.name) for f in fields(response) if f.name != "dissipation"},
        dissipation=driven.dissipation,
        step=driven.step,
        time=driven.time,
        iterations=driven.iterations,
        parts=driven.parts,
    )
