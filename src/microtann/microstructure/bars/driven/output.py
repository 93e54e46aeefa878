"""What a driven cell leaves on disk: a CSV file of averages, and VTU files of bars for ParaView."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.driven.driver import DrivenResponse
from microtann.numbers import voigt
from microtann.system.atomic import write_atomically
from microtann.system.paraview import Frame, write_series


def write_averages(path: str | Path, cell: UnitCell, response: DrivenResponse) -> None:
    """Write average strain and stress, energy and dissipation of every increment as CSV.

    The file states its conventions in lines that start with ``#``; the first line of values is the virgin state.
    Numbers are written in full precision. `microtann.data.path_file.read_path` reads the strains as a path.

    Parameters
    ----------
    path : str or Path
    cell : UnitCell
    response : DrivenResponse
        Of this cell.
    """
    labels = voigt.LABELS[cell.dimension]
    averages = [*(f"e{i}" for i in labels), *(f"s{i}" for i in labels), "energy", "dissipation"]
    names = ["loading_step", "time", *averages]
    text = io.StringIO()
    text.write("# averages over the cell at the end of every increment; consistent units\n")
    text.write("# e: strain, shear = 2 x tensor component; s: stress; tension is positive\n")
    text.write(
        "# energy: free energy per volume; dissipation: of the increment, per volume\n"
        "# loading_step: from 1, 0 is the virgin state\n"
    )
    text.write(",".join(names) + "\n")
    virgin = [0.0] * (len(names) - 1)
    text.write(",".join(["0", *(repr(value) for value in virgin)]) + "\n")
    columns = np.column_stack(
        [response.time, response.strain, response.stress, response.energy, response.dissipation]
    )
    for step, row in zip(response.step, columns, strict=True):
        text.write(",".join([str(int(step) + 1), *(repr(float(value)) for value in row)]) + "\n")
    write_atomically(path, text.getvalue())


def write_bars(
    folder: str | Path, cell: UnitCell, response: DrivenResponse, increments: Sequence[int], name: str = "cell"
) -> list[Path]:
    """Write the deformed cell at some increments as VTU files, and a PVD file that makes them one series.

    Point data: displacement. Cell data of every listed bar: force (its share), stress and plastic strain. A cell
    in the plane lies in z = 0.

    Parameters
    ----------
    folder : str or Path
    cell : UnitCell
    response : DrivenResponse
        Of this cell.
    increments : sequence of int
        Those that are written, from 0.
    name : str
        Of the PVD file, and the beginning of the names of the VTU files.

    Returns
    -------
    list of Path
        The files, the PVD file first.
    """
    frames = (
        Frame(
            number=number,
            time=float(response.time[t]),
            point_data={"displacement": response.displacement[t]},
            cell_data={
                "force": response.force[t],
                "stress": response.force[t] / cell.areas,
                "plastic_strain": response.plastic_strain[t],
            },
        )
        for number, t in enumerate(increments)
    )
    return write_series(folder, name, cell.nodes, [("line", cell.bars)], frames)
