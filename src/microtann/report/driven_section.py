"""What a driven lattice leaves: averages, pictures, files for ParaView, and a section of the report."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.errors import InputError
from microtann.microstructure.bars.cells.bar import ElastoplasticBar
from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.cells.cell_file import write_cell
from microtann.microstructure.bars.driven.driver import DrivenResponse
from microtann.microstructure.bars.driven.output import write_bars
from microtann.microstructure.driven.averages import DrivenAverages
from microtann.numbers import voigt
from microtann.plotting.driven_cell import draw_cell, draw_curves
from microtann.report.page import write_report
from microtann.report.section import Figure, Section, write_section
from microtann.report.table import Column, Table
from microtann.system.stage import write_numbers

Array = NDArray[np.float64]
MOST_FILES = 1000
"""Increments that are written for ParaView; of longer paths, so many at equal distances."""
ROWS = 20
"""Most steps in the table."""


def write_driven_cell(
    folder: Path, cell: UnitCell, bar: ElastoplasticBar, response: DrivenResponse, scale: float | None = None
) -> Section:
    """Write the response of a cell, its pictures, its page and its section; return the section.

    Parameters
    ----------
    folder : Path
    cell : UnitCell
    bar : ElastoplasticBar
    response : DrivenResponse
        Of this cell.
    scale : float, optional
        Factor on displacements in the pictures; by default small ones are magnified.

    Raises
    ------
    InputError
        If the response overflowed, so that it can be neither drawn nor used.
    """
    require_finite_response(response, response.force)
    count = len(response.time)
    shown = np.unique(np.linspace(0, count - 1, min(count, MOST_FILES)).round().astype(np.int64))
    largest = int(np.abs(response.strain).max(axis=1).argmax())
    write_cell(folder / "cell.json", cell, bar)
    response.to_csv(folder / "averages.csv")
    write_bars(folder, cell, response, shown.tolist())
    draw_curves(folder / "curves.png", response)
    for field in ("force", "plastic_strain"):
        draw_cell(folder / f"{field}.png", cell, response, largest, field, scale)
    free = cell.free_motions.count
    numbers = {
        "distinct_bars": cell.distinct_bars.count,
        "distinct_nodes": cell.distinct_nodes.count,
        "free_motions": free,
        "increments": count,
        "iterations": int(response.iterations.sum()),
        "energy": float(response.energy[-1]),
        "dissipation": float(response.dissipation.sum()),
    }
    write_numbers(folder, numbers)
    motions = f"{free} free motion{'s' * (free > 1)}, " if free else ""
    text = (
        "{distinct_bars} distinct bars, {distinct_nodes} distinct nodes, " + motions + "{increments} increments, "
        "{iterations} iterations; free energy {energy:.6g}, dissipated {dissipation:.6g} per volume."
    )
    section = Section(
        title="A driven cell",
        paragraphs=(text.format(**numbers),),
        tables=(steps_table(response),),
        figures=(
            Figure("curves.png", "Average stress and strain, and energies; small components are left out."),
            Figure("force.png", "The cell at the largest strain, coloured by the forces of whole bars."),
            Figure("plastic_strain.png", "The same, coloured by the plastic strain of the bars."),
        ),
        files={
            "averages.csv": "average strain and stress, energy and dissipation of every increment; a strain path",
            "cell.pvd": "the deformed cell, for ParaView",
            "cell.json": "the cell and its bars",
            "numbers.json": "sizes, energy and dissipation",
            "report.html": "this section alone",
        },
    )
    section = write_section(folder, section)
    write_report(folder, "A driven cell", [(folder, section)])
    return section


def require_finite_response(response: DrivenAverages, *inside: Array) -> None:
    """Refuse a response that overflowed, so that it can be neither drawn nor used.

    Parameters
    ----------
    response : DrivenAverages
    *inside
        Other arrays that must be finite.

    Raises
    ------
    InputError
    """
    with np.errstate(over="ignore", invalid="ignore"):
        sizes = [response.stress**2, response.strain**2, response.energy, response.dissipation]
        sizes += [values**2 for values in inside]
        finite = all(bool(np.isfinite(size).all()) for size in sizes)
    if not finite:
        raise InputError(
            "the response of the cell overflows: use strains and stresses of the size of those at yield"
        )


def steps_table(response: DrivenAverages) -> Table:
    """Return average strain and stress at the end of every step, of many those of the last ones."""
    labels = voigt.component_names(response.strain.shape[-1])
    ends: Int[NDArray[np.int64], "k"] = np.flatnonzero(np.append(np.diff(response.step) > 0, True))
    strain, stress = _rounded(response.strain), _rounded(response.stress)
    rows = tuple((float(response.time[t]), *strain[t].tolist(), *stress[t].tolist()) for t in ends[-ROWS:])
    columns = (Column("time"), *(Column(f"e{i}") for i in labels), *(Column(f"s{i}") for i in labels))
    note = "Average strain (shear γ) and stress." + (f" The last {ROWS} steps." if len(ends) > ROWS else "")
    return Table("The end of every step", columns, rows, note)


def _rounded(values: Float[Array, "T v"]) -> Float[Array, "T v"]:
    """Return zero for what is zero up to round-off."""
    return np.where(np.abs(values) < 1e-10 * np.abs(values).max(initial=1e-300), 0.0, values)
