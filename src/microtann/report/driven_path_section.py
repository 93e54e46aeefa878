"""What any driven microstructure leaves: averages, pictures, files for ParaView, and a section of the report."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from jaxtyping import Int
from numpy.typing import NDArray

from microtann.microstructure.driven.drive import DrivenPath
from microtann.microstructure.protocol import Microstructure
from microtann.plotting.bodies import draw_picture, readable_scale
from microtann.plotting.driven_cell import draw_curves
from microtann.report.driven_section import MOST_FILES, require_finite_response, steps_table
from microtann.report.page import write_report
from microtann.report.section import Figure, Section, write_section
from microtann.system.paraview import Snapshot, write_series
from microtann.system.stage import write_numbers


def write_driven_path(
    folder: Path, microstructure: Microstructure, driven: DrivenPath, scale: float | None = None
) -> Section:
    """Write the response of a microstructure, its pictures, its page and its section; return the section.

    Parameters
    ----------
    folder : Path
    microstructure : Microstructure
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
        count = len(driven.time)
        shown = np.unique(np.linspace(0, count - 1, min(count, MOST_FILES)).round().astype(np.int64))
        write_pictures(folder, microstructure, driven, shown)
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
