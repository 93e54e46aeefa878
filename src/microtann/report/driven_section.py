"""What a driven microstructure leaves: averages, pictures, files for ParaView, and a section of the report."""

from __future__ import annotations

from functools import singledispatch
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.errors import InputError
from microtann.microstructure.bars.cells.cell_file import write_cell
from microtann.microstructure.bars.driven.driver import response_of_bars
from microtann.microstructure.bars.driven.output import write_bars
from microtann.microstructure.bars.lattice import Lattice
from microtann.microstructure.driven.averages import DrivenAverages
from microtann.microstructure.driven.drive import DrivenPath
from microtann.microstructure.protocol import Microstructure
from microtann.numbers import voigt
from microtann.plotting.bodies import draw_picture, readable_scale
from microtann.plotting.driven_cell import draw_cell, draw_curves
from microtann.report.page import write_report
from microtann.report.section import Figure, Section, write_section
from microtann.report.table import Column, Table
from microtann.system.paraview import Snapshot, write_series
from microtann.system.stage import write_numbers

Array = NDArray[np.float64]
MOST_FILES = 1000
"""Increments that are written for ParaView; of longer paths, so many at equal distances."""
ROWS = 20
"""Most steps in the table."""


@singledispatch
def write_driven_path(
    microstructure: Microstructure, folder: Path, driven: DrivenPath, scale: float | None = None
) -> Section:
    """Write the response of a microstructure, its pictures, its page and its section; return the section.

    A kind that leaves more registers what it does, as lattices do below.

    Parameters
    ----------
    microstructure : Microstructure
    folder : Path
    driven : DrivenPath
        Of this microstructure.
    scale : float, optional
        Factor on displacements in the picture; by default small ones are magnified.

    Raises
    ------
    InputError
        If the response overflowed, so that it can be neither drawn nor used.
    """
    require_finite_response(driven, *driven.coordinates.values())
    driven.to_csv(folder / "averages.csv")
    draw_curves(folder / "curves.png", driven)
    figures = [Figure("curves.png", "Average stress and strain, and energies; small components are left out.")]
    files = {
        "averages.csv": "average strain and stress, energy and dissipation of every increment; a strain path",
        "numbers.json": "sizes, energy and dissipation",
        "report.html": "this section alone",
    }
    largest = int(np.abs(driven.strain).max(axis=1).argmax())
    picture = microstructure.picture(_state(driven, largest))
    if picture is not None:
        factor = readable_scale(picture.points, picture.displacement) if scale is None else scale
        draw_picture(folder / "inside.png", picture, scale=factor)
        magnified = "" if factor == 1.0 else f", displacements × {factor:g}"
        figures.append(
            Figure("inside.png", f"The cell at the largest strain, coloured by: {picture.label}{magnified}.")
        )
        write_pictures(folder, microstructure, driven, _increments_in_files(driven))
        files["cell.pvd"] = "the deformed cell, for ParaView"
    numbers = {
        "increments": len(driven.time),
        "iterations": int(driven.iterations.sum()),
        "energy": float(driven.energy[-1]),
        "dissipation": float(driven.dissipation.sum()),
    }
    write_numbers(folder, numbers)
    text = (
        f"{microstructure.description[0].upper()}{microstructure.description[1:]}, {{increments}} increments, "
        "{iterations} iterations; free energy {energy:.6g}, dissipated {dissipation:.6g} per volume."
    )
    section = Section(
        title="A driven cell",
        paragraphs=(text.format(**numbers),),
        tables=(steps_table(driven),),
        figures=tuple(figures),
        files=files,
    )
    section = write_section(folder, section)
    write_report(folder, "A driven cell", [(folder, section)])
    return section


@write_driven_path.register
def write_driven_lattice(
    lattice: Lattice, folder: Path, driven: DrivenPath, scale: float | None = None
) -> Section:
    """Write the same of a lattice, with the forces and the plastic strains of its bars, and the lattice itself.

    Parameters
    ----------
    lattice : Lattice
    folder : Path
    driven : DrivenPath
        Of this lattice.
    scale : float, optional
        Factor on displacements in the pictures; by default small ones are magnified.

    Raises
    ------
    InputError
        If the response overflowed, so that it can be neither drawn nor used.
    """
    response, cell = response_of_bars(lattice, driven), lattice.cell
    require_finite_response(response, response.force)
    largest = int(np.abs(response.strain).max(axis=1).argmax())
    write_cell(folder / "cell.json", cell, lattice.bar)
    response.to_csv(folder / "averages.csv")
    write_bars(folder, cell, response, _increments_in_files(response).tolist())
    draw_curves(folder / "curves.png", response)
    for field in ("force", "plastic_strain"):
        draw_cell(folder / f"{field}.png", cell, response, largest, field, scale)
    free = cell.free_motions.count
    numbers = {
        "distinct_bars": cell.distinct_bars.count,
        "distinct_nodes": cell.distinct_nodes.count,
        "free_motions": free,
        "increments": len(response.time),
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


def write_pictures(
    folder: Path,
    microstructure: Microstructure,
    driven: DrivenPath,
    increments: Int[NDArray[np.int64], "k"],
) -> list[Path]:
    """Write what a microstructure shows of itself at some increments as VTU files, and a PVD file of them.

    Parameters
    ----------
    folder : Path
    microstructure : Microstructure
        That has a picture.
    driven : DrivenPath
        Of this microstructure.
    increments : array, shape (k,)
        Those that are written, from 0.
    """
    pictures = [microstructure.picture(_state(driven, int(t))) for t in increments]
    shown = [picture for picture in pictures if picture is not None]
    snapshots = (
        Snapshot(
            number=number,
            time=float(driven.time[t]),
            point_data={"displacement": picture.displacement},
            cell_data={picture.label: picture.values},
        )
        for number, (t, picture) in enumerate(zip(increments, shown, strict=True))
    )
    return write_series(folder, "cell", shown[0].points, shown[0].blocks, snapshots)


def _state(driven: DrivenPath, increment: int) -> dict[str, NDArray[np.float64]]:
    """Return the state of the microstructure at the end of an increment."""
    return {name: values[increment] for name, values in driven.states.items()}


def _increments_in_files(driven: DrivenAverages) -> Int[NDArray[np.int64], "k"]:
    """Return the increments that are written for ParaView."""
    count = len(driven.time)
    return np.unique(np.linspace(0, count - 1, min(count, MOST_FILES)).round().astype(np.int64))


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
