"""Cells from line meshes of other programmes: those of Abaqus, gmsh and VTK, and all that meshio reads."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike, NDArray

from microtann.errors import CellError, InputError, ReadingNote
from microtann.mesh_files.abaqus.element_types import element_type
from microtann.mesh_files.foreign_mesh import ForeignMesh
from microtann.mesh_files.loose_parts import without_loose_parts
from microtann.mesh_files.reading import READERS, read_foreign_mesh
from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.cells.copies import lies_in_plane

LINES = ("line", "line3")
STRAIGHT = 1e-6
"""Distance of the middle of a bar from the straight line, relative to its length, up to which it is straight."""

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]


def read_line_mesh(path: Path, area: float, periods: ArrayLike | None, whole_bars: bool | None) -> UnitCell:
    """Read a cell from a mesh with line cells; the arguments are those of `read_cell`.

    Parameters
    ----------
    path : Path
    area : float
    periods : array, shape (d, d), optional
    whole_bars : bool, optional

    Raises
    ------
    CellError
        If the file cannot be read or has no lines, or the cell is not well defined.
    """
    if not path.exists():
        raise CellError(f"the mesh {path} does not exist")
    try:
        foreign = read_foreign_mesh(path) if path.suffix.lower() in READERS else _read_by_meshio(path)
    except CellError:
        raise
    except InputError as error:
        raise CellError(str(error)) from None
    notes: list[str] = []
    try:
        cell = _cell(foreign, area, periods, whole_bars, notes)
    except CellError as error:
        raise CellError(f"{path}: {error}") from None
    for note in notes:
        warnings.warn(f"{path}: {note}", ReadingNote, stacklevel=3)
    return cell


def _cell(
    foreign: ForeignMesh, area: float, periods: ArrayLike | None, whole_bars: bool | None, notes: list[str]
) -> UnitCell:
    """Return the cell that the lines of a mesh make.

    Parameters
    ----------
    foreign : ForeignMesh
    area : float
    periods : array, shape (d, d), optional
    whole_bars : bool, optional
    notes : list of str
        Gets a sentence for all that is taken otherwise than the file says.
    """
    if not any(kind in LINES for kind, _ in foreign.blocks):
        raise CellError("the mesh has no line cells")
    if foreign.types or foreign.left_out:
        foreign = without_loose_parts(foreign, [kind in LINES for kind, _ in foreign.blocks], notes)
        notes += _told_beams(foreign)
    bars, said = _lines(foreign)
    if said is None or np.isnan(said).all():
        return UnitCell.from_line_mesh(foreign.points, bars, area, periods)
    unsaid = np.isnan(said)
    if unsaid.any():
        notes.append(f"{unsaid.sum()} of {len(bars)} bars have no area in the file and get {area:g}")
    areas = np.where(unsaid, area, said)
    if not (foreign.whole_bars if whole_bars is None else whole_bars):
        return _of_shares(foreign.points, bars, areas, periods)
    cell = UnitCell.from_line_mesh(foreign.points, bars, areas, periods)
    copies = len(cell.bars) - cell.distinct_bars.count
    if copies and whole_bars is None:
        notes.append(
            f"{copies} bars are copies of others across the periods, and share the area of their section; "
            "whole_bars=False takes it for the share of each copy"
        )
    return cell


def _of_shares(
    points: Float[Array, "N d"], bars: Int[IntArray, "M 2"], areas: Float[Array, "M"], periods: ArrayLike | None
) -> UnitCell:
    """Return the cell whose bars have their areas wherever they are listed."""
    used, compact = np.unique(bars, return_inverse=True)  # mesh generators leave points that no line uses
    nodes, ends = points[used], compact.reshape(bars.shape).astype(np.int64)
    if periods is None and lies_in_plane(nodes):
        nodes = nodes[:, :2]
    return UnitCell(nodes, ends, areas, np.diag(np.ptp(nodes, axis=0)) if periods is None else periods)


def _lines(foreign: ForeignMesh) -> tuple[Int[IntArray, "M 2"], Float[Array, "M"] | None]:
    """Return the ends of all lines, and their areas, nan where the file says none.

    Raises
    ------
    CellError
        If a line of three nodes is curved.
    """
    chosen = np.concatenate([np.full(len(cells), kind in LINES) for kind, cells in foreign.blocks])
    for kind, cells in foreign.blocks:
        if kind == "line3":
            start, end, middle = (foreign.points[cells[:, at]] for at in range(3))
            chord = end - start
            length = np.linalg.norm(chord, axis=1)
            along = np.einsum("ei,ei->e", middle - start, chord) / np.maximum(length, 1e-300) ** 2
            off = np.linalg.norm(middle - start - along[:, None] * chord, axis=1) > STRAIGHT * length
            if off.any():
                who = "a bar is" if off.sum() == 1 else f"{off.sum()} bars are"
                raise CellError(
                    f"{who} curved, and here bars are straight: the first joins {start[off][0].tolist()} and "
                    f"{end[off][0].tolist()}"
                )
    ends = np.concatenate([cells[:, :2] for kind, cells in foreign.blocks if kind in LINES])
    return ends, None if foreign.areas is None else foreign.areas[chosen]


def _told_beams(foreign: ForeignMesh) -> list[str]:
    """Return a sentence on beams, whose joints do not hold here."""
    beams = {
        name: len(cells)
        for name, cells in foreign.types.items()
        if (kind := element_type(name)) is not None and kind.bends
    }
    if not beams:
        return []
    counts = ", ".join(f"{name} ({count})" for name, count in beams.items())
    return [f"beams are read as bars, which carry axial forces only, between hinges: {counts}"]


def _read_by_meshio(path: Path) -> ForeignMesh:
    import meshio  # slow to import

    try:
        mesh = meshio.read(path)
    except SystemExit:  # how meshio leaves when it knows no reader for the file
        raise CellError(f"meshio cannot read {path}: the format is unknown or the file is damaged") from None
    except Exception as error:
        raise CellError(f"meshio cannot read {path}: {error}") from None
    blocks = [
        (at, np.asarray(block.data, dtype=np.int64)) for at, block in enumerate(mesh.cells) if block.type in LINES
    ]
    found = ForeignMesh(
        np.asarray(mesh.points, dtype=np.float64), [(mesh.cells[at].type, cells) for at, cells in blocks]
    )
    if blocks and "area" in mesh.cell_data:
        found.areas = np.concatenate(
            [np.asarray(mesh.cell_data["area"][at], dtype=np.float64).reshape(-1) for at, _ in blocks]
        )
    return found
