"""Meshes that FEniCSx has no elements of, cut into compact parts of as many Gauss points by the first process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.errors import InputError
from microtann.fem.mesh import Mesh
from microtann.fenicsx.partition import Partition

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class MeshPart:
    """What a process gets of a mesh.

    Parameters
    ----------
    points : array, shape (n, d)
    blocks : mapping
        Cells by kind, of local nodes.
    regions : integer array, shape (e,)
        Number of the region of every cell.
    curved : list of str
        Kinds with the quadrature of curved cells.
    owned : int
        Nodes that belong to the process, the first of its nodes.
    nodes, cells, gauss : integer array
        Numbers of its nodes, cells and Gauss points in the whole mesh.
    ghosts : integer array
        Places of the nodes that belong to others in vectors that hold those of one process after another.
    """

    points: Float[Array, "n d"]
    blocks: Mapping[str, Int[IntArray, "_ _"]]
    regions: Int[IntArray, "e"]
    curved: list[str]
    owned: int
    nodes: Int[IntArray, "n"]
    cells: Int[IntArray, "e"]
    gauss: Int[IntArray, "P"]
    ghosts: Int[IntArray, "g"]


def bisected(centres: Float[Array, "E d"], work: Int[IntArray, "E"], count: int) -> Int[IntArray, "E"]:
    """Return the part, from 0, of every cell: halves along the longest edge of their box, and halves of these.

    Parameters
    ----------
    centres : array, shape (E, d)
    work : integer array, shape (E,)
        Gauss points of every cell.
    count : int
        Number of parts, at most E; none of them is empty.

    References
    ----------
    M. J. Berger and S. H. Bokhari, A partitioning strategy for nonuniform problems on multiprocessors, IEEE
    Transactions on Computers C-36, 1987: recursive coordinate bisection.
    """
    part = np.zeros(len(centres), dtype=np.int64)
    if count == 1:
        return part
    below = count // 2
    order = np.argsort(centres[:, np.ptp(centres, axis=0).argmax()], kind="stable")
    done = np.cumsum(work[order])
    cut = int(np.searchsorted(done, done[-1] * below / count)) + 1
    cut = min(max(cut, below), len(order) - (count - below))
    for cells, first, parts in ((order[:cut], 0, below), (order[cut:], below, count - below)):
        part[cells] = first + bisected(centres[cells], work[cells], parts)
    return part


def spread_by_bisection(mesh: Mesh | None, owners: IntArray | None, names: Sequence[str], comm: Any) -> Partition:
    """Spread a mesh of any kinds over the processes of a communicator.

    Parameters
    ----------
    mesh : Mesh, or None
        On the first process.
    owners : integer array, shape (E,), or None
        Number among the names of the region of every cell, on the first process.
    names : sequence of str
        Regions with their own material; empty where one material fills the mesh.
    comm : mpi4py communicator

    Raises
    ------
    InputError
        If there are more processes than cells.
    """
    told = comm.bcast(None if mesh is None else mesh.cell_count, 0)
    if told < comm.size:
        raise InputError(f"a mesh of {told} cells does not fill {comm.size} processes: use fewer")
    parts = None if mesh is None else parts_of(mesh, owners, comm.size)
    part: MeshPart = comm.scatter(parts, 0)
    named = {name: np.flatnonzero(part.regions == k) for k, name in enumerate(names)}
    named = {name: cells for name, cells in named.items() if len(cells)}
    local = Mesh(part.points, part.blocks, regions=named, curved=part.curved)
    return Partition(comm, None, local, part.owned, part.nodes, part.cells, part.gauss, part.ghosts, tuple(names))


def parts_of(mesh: Mesh, owners: IntArray | None, count: int) -> list[MeshPart]:
    """Return what every process gets of a mesh.

    Parameters
    ----------
    mesh : Mesh
    owners : integer array, shape (E,), or None
        Number of the region of every cell.
    count : int
        Processes.
    """
    work = np.diff(mesh.first_points, append=mesh.weights.size)
    part = bisected(mesh.centres, work, count)
    region = np.zeros(mesh.cell_count, dtype=np.int64) if owners is None else owners
    curved = [block.kind for block in mesh.blocks if block.curved]
    owner = np.full(len(mesh.points), count)
    for block in mesh.blocks:
        of_cells = np.broadcast_to(part[block.numbers, None], block.cells.shape)
        np.minimum.at(owner, block.cells.ravel(), of_cells.ravel())
    place = np.empty(len(owner), dtype=np.int64)
    place[np.argsort(owner, kind="stable")] = np.arange(len(owner))
    found = []
    for number in range(count):
        cells = np.flatnonzero(part == number)
        chosen = {block.kind: block.cells[part[block.numbers] == number] for block in mesh.blocks}
        chosen = {kind: rows for kind, rows in chosen.items() if len(rows)}
        used = np.unique(np.concatenate([rows.ravel() for rows in chosen.values()]))
        mine = owner[used] == number
        nodes = np.concatenate([used[mine], used[~mine]])
        local = np.empty(len(owner), dtype=np.int64)
        local[nodes] = np.arange(len(nodes))
        found.append(
            MeshPart(
                points=mesh.points[nodes],
                blocks={kind: local[rows] for kind, rows in chosen.items()},
                regions=region[cells],
                curved=curved,
                owned=int(mine.sum()),
                nodes=nodes,
                cells=cells,
                gauss=mesh.gauss_points(cells),
                ghosts=place[used[~mine]],
            )
        )
    return found
