"""What a driven cell leaves on disk: a CSV file of averages, and VTU files of bars for ParaView."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from microtann import voigt
from microtann.atomic import atomic_path, write_atomically
from microtann.homogenisation.driver import DrivenResponse
from microtann.lattice.cell import UnitCell


def write_averages(path: str | Path, cell: UnitCell, response: DrivenResponse) -> None:
    """Write average strain and stress, energy and dissipation of every increment as CSV.

    The file states its conventions in lines that start with ``#``; the first line of values is the virgin state.
    Numbers are written in full precision.
    """
    labels = voigt.LABELS[cell.dimension]
    names = ["step", "time", *(f"e{i}" for i in labels), *(f"s{i}" for i in labels), "energy", "dissipation"]
    text = io.StringIO()
    text.write("# averages over the cell at the end of every increment; consistent units\n")
    text.write("# e: strain, shear = 2 x tensor component; s: stress; tension is positive\n")
    text.write(
        "# energy: free energy per volume; dissipation: of the increment, per volume; step: from 1, 0 = start\n"
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

    Returns
    -------
    list of Path
        The files, the PVD file first.
    """
    import meshio

    folder = Path(folder)

    def in_space(array: np.ndarray) -> np.ndarray:
        return np.pad(array, ((0, 0), (0, 3 - cell.dimension)))

    files, entries = [], []
    for number, t in enumerate(increments):
        file = folder / f"{name}-{number:04d}.vtu"
        mesh = meshio.Mesh(
            in_space(cell.nodes),
            [("line", cell.bars)],
            point_data={"displacement": in_space(response.displacement[t])},
            cell_data={
                "force": [response.force[t]],
                "stress": [response.force[t] / cell.areas],
                "plastic_strain": [response.plastic_strain[t]],
            },
        )
        with atomic_path(file) as temporary:
            mesh.write(temporary, file_format="vtu")
        files.append(file)
        entries.append(f'    <DataSet timestep="{float(response.time[t])!r}" file="{file.name}"/>')
    series = folder / f"{name}.pvd"
    lines = ['<?xml version="1.0"?>', '<VTKFile type="Collection" version="0.1">', "  <Collection>"]
    write_atomically(series, "\n".join([*lines, *entries, "  </Collection>", "</VTKFile>"]) + "\n")
    return [series, *files]
