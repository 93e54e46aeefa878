"""Meshes from files of gmsh, Abaqus and VTK, with their named sets of nodes, cells and faces."""

from __future__ import annotations

import os
import warnings
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Int
from numpy.typing import NDArray

from microtann.errors import InputError, ReadingNote
from microtann.fem.cell_check import unused_nodes
from microtann.fem.centre_nodes import without_centres
from microtann.fem.elements import RULES, element_kind
from microtann.fem.faces import Faces, all_faces, corner_key
from microtann.fem.free_faces import with_free_faces
from microtann.fem.mesh import Mesh
from microtann.fem.node_places import plane_points, require_places, with_doubled_nodes
from microtann.fem.orientation import turned
from microtann.mesh_files.foreign_mesh import ForeignMesh, require_not_empty
from microtann.mesh_files.loose_parts import without_loose_parts
from microtann.mesh_files.reading import read_foreign_mesh

IntArray = NDArray[np.int64]
DIMENSIONS = {"vertex": 0, "line": 1, "triangle": 2, "quad": 2, "polygon": 2}
"""Dimensions of the cells whose names begin so; all others are solids."""
CORNERS = {"line": 2, "triangle": 3, "quad": 4}
"""Corners of the edges and faces whose names begin so."""
Face = tuple[int, ...]
"""Corners of a face."""


def read_mesh(path: str | os.PathLike[str], drop_unused: bool = False, merge_doubled: bool = False) -> Mesh:
    r"""Read a mesh from a file of gmsh (.msh), Abaqus (.inp) or VTK (.vtu, .vtp, .vtk).

    Parameters
    ----------
    path : path
    drop_unused : bool
        Whether nodes that are in no cell, such as centres of arcs, are left out; else they are refused.
    merge_doubled : bool
        Whether nodes at one place, to 1e-6 of the size of the mesh, become one; else the body is apart there, as
        along a crack, and a note says so.

    Returns
    -------
    Mesh
        Its regions are the named sets of cells: physical volumes of gmsh, element sets of Abaqus. Its sets are
        those of nodes, and the nodes of cells of lower dimension that have a name: physical surfaces, curves and
        points. Its sides are the named faces on the boundary: physical surfaces, surfaces of Abaqus. In VTK files,
        which know no names, data of whole numbers stand for them: zeros and ones at points are a set, numbers in
        cells a region each, as in "material=3", and the ones among zeros also "material". A mesh in the plane
        has its points in one plane z = constant. Cells whose nodes run clockwise, or as in a mirror, are turned.

    Warns
    -----
    ReadingNote
        If something was taken otherwise than the file says.

    Raises
    ------
    InputError
        If the file cannot be read, its cells are of a kind that is not known or do not fit one another, flat,
        crossed or given twice, a node is in none of them, or a name stands for nothing.

    Examples
    --------
    >>> import microtann as mt
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> text = "*NODE\n1, 0, 0\n2, 1, 0\n3, 0, 1\n*ELEMENT, TYPE=CPE3, ELSET=all\n1, 1, 2, 3\n"
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "one.inp"
    ...     _ = file.write_text(text + "*NSET, NSET=base\n1, 2\n")
    ...     mt.fem.read_mesh(file)
    Mesh(3 nodes, 1 cells of kind 'triangle', regions 'all', sets 'base')
    """
    path = Path(path)
    foreign = read_foreign_mesh(path)
    notes: list[str] = []
    try:
        mesh = _mesh(foreign, drop_unused, merge_doubled, notes)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    for note in notes:
        warnings.warn(f"{path}: {note}", ReadingNote, stacklevel=2)
    return mesh


def _mesh(foreign: ForeignMesh, drop_unused: bool, merge_doubled: bool, notes: list[str]) -> Mesh:
    """Return a mesh of the cells of the highest dimension, with the names of all.

    Parameters
    ----------
    foreign : ForeignMesh
    drop_unused, merge_doubled : bool
        As of `read_mesh`.
    notes : list of str
        Gets a sentence for all that is taken otherwise than the file says.
    """
    require_places(foreign.points)
    require_not_empty("set of nodes", foreign.node_sets)
    require_not_empty("set of cells", foreign.cell_sets)
    require_not_empty("surface", foreign.surfaces)
    foreign = without_centres(foreign, notes)
    kinds = _kinds(foreign)
    d = element_kind(kinds[0]).dimension
    if foreign.types or foreign.left_out:
        foreign = without_loose_parts(foreign, [_dimension(name) == d for name, _ in foreign.blocks], notes)
    foreign = with_free_faces(foreign, d)
    foreign = with_doubled_nodes(foreign, merge_doubled, notes)
    points = plane_points(foreign.points, d, notes)
    number, cells = _numbered(foreign, kinds)
    for kind, own in cells.items():
        _require_distinct(own, kind if len(kinds) > 1 else "")
        cells[kind], wrong = turned(points, own, kind)
        if wrong.size:
            how = "clockwise" if d == 2 else "as in a mirror"
            notes.append(
                f"{wrong.size} of {len(own)} {kind} cells have their nodes {how} and are turned; "
                f"the first is {wrong[0]}"
            )
    unused = unused_nodes(len(points), list(cells.values()))
    if unused.size and not drop_unused:
        word = "node is" if unused.size == 1 else "nodes are"
        raise InputError(
            f"{unused.size} {word} in no {' or '.join(kinds)} cell, the first at "
            f"{foreign.points[unused[0]].tolist()}: remove them, or read the mesh with drop_unused=True"
        )
    node = np.zeros(len(points), dtype=np.int64)
    node[unused] = -1
    used = np.flatnonzero(node == 0)
    node[used] = np.arange(len(used))
    mesh = Mesh(points[used], {kind: node[own] for kind, own in cells.items()})
    regions, sets, faces = _names(foreign, number, d)
    for name, members in sets.items():
        sets[name] = node[members][node[members] >= 0]
    require_not_empty("set of used nodes", sets)
    named = {name: [tuple(node[list(face)].tolist()) for face in chosen] for name, chosen in faces.items()}
    return _with_faces(mesh.named(regions, sets), named, foreign.surfaces, notes)


def _kinds(foreign: ForeignMesh) -> list[str]:
    """Return the kinds of the cells of the highest dimension, in the order of the file."""
    kinds = list(dict.fromkeys(kind for kind, cells in foreign.blocks if len(cells)))
    highest = max(map(_dimension, kinds), default=0)
    solid = [kind for kind in kinds if _dimension(kind) == highest]
    if highest < 2:
        raise InputError("it has no cells with an area or a volume")
    unknown = [kind for kind in solid if kind not in RULES]
    if unknown:
        raise InputError(f"cells of kind {unknown[0]!r} are not known; there are: {', '.join(sorted(RULES))}")
    return solid


def _dimension(kind: str) -> int:
    """Return the dimension of a kind of cells, by its name in meshio."""
    return next((d for name, d in DIMENSIONS.items() if kind.startswith(name)), 3)


def _numbered(
    foreign: ForeignMesh, kinds: Sequence[str]
) -> tuple[Int[IntArray, "_"], dict[str, Int[IntArray, "_ _"]]]:
    """Return the number that every cell of the file has in the mesh, −1 for other kinds, and the cells by kind."""
    found: dict[str, Int[IntArray, "_ _"]] = {}
    of_cell = np.concatenate([np.full(len(cells), name, dtype=object) for name, cells in foreign.blocks])
    number, done = np.full(len(of_cell), -1), 0
    for kind in kinds:
        count = element_kind(kind).nodes
        parts = [cells for name, cells in foreign.blocks if name == kind]
        if any(cells.shape[1:] != (count,) for cells in parts):
            raise InputError(f"a cell of kind {kind!r} has not its {count} nodes: the file seems to be cut short")
        found[kind] = np.concatenate(parts)
        number[of_cell == kind] = done + np.arange(len(found[kind]))
        done += len(found[kind])
    return number, found


def _require_distinct(cells: Int[IntArray, "E n"], kind: str) -> None:
    """Refuse cells that have the same nodes: the body would be twice as stiff there; ``kind`` names them."""
    _, first, place, times = np.unique(
        np.sort(cells, axis=1), axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    if (times > 1).any():
        again = int(np.flatnonzero(times[place] > 1)[1])
        pair = sorted((int(first[place[again]]), again))
        which = f"{kind} cells" if kind else "cells"
        raise InputError(f"{which} {pair[0]} and {pair[1]} have the same nodes: leave one of them out")


def _names(
    foreign: ForeignMesh, number: Int[IntArray, "_"], dimension: int
) -> tuple[dict[str, IntArray], dict[str, IntArray], dict[str, list[Face]]]:
    """Return regions, sets of nodes, and faces by their corners, nodes being those of the file."""
    regions: dict[str, IntArray] = {}
    sets: dict[str, list[IntArray]] = {}
    faces: dict[str, list[Face]] = {}
    starts = np.cumsum([0, *(len(cells) for _, cells in foreign.blocks)])
    for name, members in foreign.cell_sets.items():
        solid = number[members]
        if (solid >= 0).any():
            regions[name] = solid[solid >= 0]
        for (kind, cells), start in zip(foreign.blocks, starts, strict=False):
            own = members[(members >= start) & (members < start + len(cells))] - start
            if not len(own) or _dimension(kind) >= dimension:
                continue
            sets.setdefault(name, []).append(cells[own].ravel())
            if _dimension(kind) == dimension - 1 and name not in foreign.surfaces:
                corners = _corner_count(kind)
                faces.setdefault(name, []).extend(map(tuple, cells[own][:, :corners].tolist()))
    for name, given in foreign.surfaces.items():
        faces.setdefault(name, []).extend(_corners(foreign, starts, cell, face) for cell, face in given)
    joined = {name: np.concatenate(parts) for name, parts in sets.items()}
    return regions, {**joined, **foreign.node_sets}, faces


def _corner_count(kind: str) -> int:
    """Return how many corners a line or a face has."""
    return next(count for name, count in CORNERS.items() if kind.startswith(name))


def _corners(foreign: ForeignMesh, starts: Int[IntArray, "_"], cell: int, face: int) -> Face:
    """Return the corners of a face of a cell, or of the cell where it is a face of others."""
    block = int(np.searchsorted(starts, cell, side="right")) - 1
    kind, cells = foreign.blocks[block]
    row = cells[cell - starts[block]].tolist()
    return tuple(row[: _corner_count(kind)] if face < 0 else [row[i] for i in RULES[kind].faces[face]])


def _with_faces(
    mesh: Mesh, faces: Mapping[str, Sequence[Face]], surfaces: Collection[str], notes: list[str]
) -> Mesh:
    """Return the mesh with named faces: sides of those on the boundary, and sets of the nodes of all.

    A name that the mesh has for a set already keeps it.

    Parameters
    ----------
    mesh : Mesh
    faces : mapping of lists
        Corners of the faces.
    surfaces : collection of str
        Names that the file means for loads, so that a note says which of their faces carry none.
    notes : list of str
        Gets these sentences.

    Raises
    ------
    InputError
        If a face is that of no cell.
    """
    if not faces:
        return mesh
    on_boundary = _numbers(mesh.boundary_parts)
    keys = {name: [tuple(sorted(face)) for face in chosen] for name, chosen in faces.items()}
    found = {name: [on_boundary.get(key) for key in chosen] for name, chosen in keys.items()}
    inside = {name: numbers.count(None) for name, numbers in found.items() if None in numbers}
    sets: dict[str, IntArray] = {}
    if inside:
        parts = all_faces([(block.kind, block.cells) for block in mesh.blocks])
        every, numbers = [row for part in parts for row in part.nodes.tolist()], _numbers(parts)
    for name, count in inside.items():
        chosen = [numbers.get(key) for key in keys[name]]
        if None in chosen:
            if name not in mesh.sets:
                raise InputError(f"face {chosen.index(None)} of the surface {name!r} is no face of a cell")
            found[name] = []  # a curve that no edge of a cell follows, whose nodes are the set
            continue
        if name not in mesh.sets:
            sets[name] = np.array([node for at in chosen if at is not None for node in every[at]])
        if name in surfaces or count < len(chosen):
            notes.append(
                f"{count} of the {len(chosen)} faces of the surface {name!r} lie inside the body, where no load "
                "acts on them"
            )
    sides = {name: np.array([at for at in numbers if at is not None]) for name, numbers in found.items()}
    return mesh.named(sets=sets, sides={name: numbers for name, numbers in sides.items() if len(numbers)})


def _numbers(parts: Sequence[Faces]) -> dict[Face, int]:
    """Return the number of each face by its corners in ascending order."""
    keys = (tuple(key) for part in parts for key in corner_key(part.nodes, part.corners).tolist())
    return {key: number for number, key in enumerate(keys)}
