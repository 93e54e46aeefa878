"""What a driven cell leaves for ParaView: VTU files of its bars."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.driven.driver import DrivenResponse
from microtann.system.paraview import Snapshot, write_series


def write_bars(
    folder: str | Path, cell: UnitCell, response: DrivenResponse, increments: Sequence[int], name: str = "cell"
) -> list[Path]:
    """Write the deformed cell at some increments as VTU files, and a PVD file that makes them one series.

    Point data: displacement. Cell data of every listed bar: the force of the whole bar, as in pictures, the share
    of it that this copy has in the cell, stress and plastic strain. A cell in the plane lies in z = 0.

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
    bars = cell.distinct_bars
    share = cell.areas / bars.area[bars.of_bar]
    frames = (
        Snapshot(
            number=number,
            time=float(response.time[t]),
            point_data={"displacement": response.displacement[t]},
            cell_data={
                "force": response.force[t] / share,
                "share": share,
                "stress": response.force[t] / cell.areas,
                "plastic_strain": response.plastic_strain[t],
            },
        )
        for number, t in enumerate(increments)
    )
    return write_series(folder, name, cell.nodes, [("line", cell.bars)], frames)
