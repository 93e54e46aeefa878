"""A mesh spread over processes: the part of each, and how arrays of the whole get to the parts and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Int
from numpy.typing import NDArray

from microtann.errors import InputError
from microtann.fem.mesh import Mesh

IntArray = NDArray[np.int64]
ELEMENTS = {
    "hexahedron": ("hexahedron", 1),
    "tetra": ("tetrahedron", 1),
    "tetra10": ("tetrahedron", 2),
    "quad": ("quadrilateral", 1),
    "wedge": ("prism", 1),
    "triangle": ("triangle", 1),
    "triangle6": ("triangle", 2),
}
"""Kinds that FEniCSx has elements of: what it calls their cells, and the degree of its Lagrange elements."""


@dataclass(frozen=True, eq=False)
class Partition:
    """The part of a mesh that a process has.

    Its nodes are those of its cells: first the ones that it owns, then those that belong to other processes.

    Parameters
    ----------
    comm : mpi4py communicator
    space : dolfinx.fem.FunctionSpace or None
        Of the displacements; its degrees of freedom are numbered as the nodes are. None where FEniCSx has no
        elements of the mesh.
    mesh : Mesh
        The part, in our own form, cells and nodes in FEniCSx' local order.
    owned : int
        Nodes that belong to this process.
    nodes, cells, points : integer array
        Numbers of the local nodes, cells and Gauss points in the whole mesh.
    ghosts : integer array
        Places of the nodes that belong to other processes in PETSc's vectors.
    regions : tuple of str
        Names of all regions of the whole mesh that have their own material.
    """

    comm: Any
    space: Any
    mesh: Mesh
    owned: int
    nodes: Int[IntArray, "n"]
    cells: Int[IntArray, "e"]
    points: Int[IntArray, "P"]
    ghosts: Int[IntArray, "g"]
    regions: tuple[str, ...]

    @property
    def own_nodes(self) -> Int[IntArray, "m"]:
        """Numbers in the whole mesh of the nodes that this process owns."""
        return self.nodes[: self.owned]

    def scatter(
        self, values: Sequence[NDArray[Any]] | None, wanted: Int[IntArray, "k"]
    ) -> tuple[NDArray[Any], ...]:
        """Return rows of arrays that the first process holds.

        Parameters
        ----------
        values : sequence of arrays, or None
            On the first process; others say None.
        wanted : integer array
            The rows that this process wants.
        """
        return scattered(self.comm, values, wanted)

    def collect(self, values: NDArray[Any], places: Int[IntArray, "k"], count: int) -> NDArray[Any] | None:
        """Return an array of the whole from the rows of all processes, on the first one; None on others.

        Parameters
        ----------
        values : array, shape (k, ...)
        places : integer array, shape (k,)
            Where its rows belong.
        count : int
            Rows of the whole.
        """
        parts = self.comm.gather((places, values), 0)
        if parts is None:
            return None
        whole = np.zeros((count, *values.shape[1:]), dtype=values.dtype)
        for where, rows in parts:
            whole[where] = rows
        return whole


def scattered(comm: Any, values: Sequence[NDArray[Any]] | None, wanted: IntArray) -> tuple[NDArray[Any], ...]:
    """Return rows of arrays that the first process of a communicator holds.

    Parameters
    ----------
    comm : mpi4py communicator
    values : sequence of arrays, or None
        On the first process; others say None.
    wanted : integer array
        The rows that this process wants.
    """
    wishes = comm.gather(wanted, 0)
    parts = None
    if wishes is not None:
        assert values is not None
        parts = [tuple(array[wish] for array in values) for wish in wishes]
    found: tuple[NDArray[Any], ...] = comm.scatter(parts, 0)
    return found


def fenicsx_has(mesh: Mesh) -> bool:
    """Return whether FEniCSx has elements of a mesh; those of others are our own."""
    return mesh.kind in ELEMENTS


def spread_mesh(mesh: Mesh | None, owners: IntArray | None, names: Sequence[str], comm: Any) -> Partition:
    """Spread a mesh of one kind that FEniCSx has elements of over the processes of a communicator.

    Parameters
    ----------
    mesh : Mesh, or None
        On the first process; what others give is not looked at.
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
    import basix.ufl
    import dolfinx

    first = comm.rank == 0
    assert not first or mesh is not None
    told = None
    if first and mesh:
        curved = [block.kind for block in mesh.blocks if block.curved]
        told = (mesh.kind, mesh.cells.shape[1], mesh.dimension, mesh.cell_count, curved)
    kind, per_cell, dimension, count, curved = comm.bcast(told, 0)
    if count < comm.size:
        raise InputError(f"a mesh of {count} cells does not fill {comm.size} processes: use fewer")
    shape, degree = ELEMENTS[kind]
    cell_type = dolfinx.mesh.to_type(shape)
    order = np.asarray(dolfinx.cpp.io.perm_vtk(cell_type, per_cell))
    cells = mesh.cells[:, order] if first and mesh else np.empty((0, per_cell), dtype=np.int64)
    points = mesh.points if first and mesh else np.empty((0, dimension))
    element = basix.ufl.element("Lagrange", shape, degree, shape=(dimension,))
    domain = dolfinx.mesh.create_mesh(comm, cells, element, points)
    space = dolfinx.fem.functionspace(domain, element)
    own_cells = domain.topology.index_map(domain.topology.dim).size_local
    nodes_of, places_of = space.dofmap.list[:own_cells], domain.geometry.dofmap[:own_cells]
    nodes = np.empty(space.tabulate_dof_coordinates().shape[0], dtype=np.int64)
    nodes[nodes_of] = np.asarray(domain.geometry.input_global_indices)[places_of]
    numbers = np.asarray(domain.topology.original_cell_index[:own_cells], dtype=np.int64)
    emptiest = comm.allreduce(own_cells, op=_least())
    if emptiest == 0:
        raise InputError(f"one of {comm.size} processes got no cell of the {count}: use fewer processes")
    (coordinates,) = scattered(comm, [mesh.points] if first and mesh else None, nodes)
    vtk = np.empty_like(nodes_of)
    vtk[:, order] = nodes_of
    regions = {}
    if names:
        (own,) = scattered(comm, [owners] if owners is not None else None, numbers)
        regions = {name: np.flatnonzero(own == k) for k, name in enumerate(names) if (own == k).any()}
    local = Mesh(coordinates, vtk.astype(np.int64), kind, regions, curved=curved)
    per_cell = local.element.gauss_points
    gauss = (numbers[:, None] * per_cell + np.arange(per_cell)).ravel()
    shared = space.dofmap.index_map
    ghosts = np.asarray(shared.ghosts, dtype=np.int64)
    return Partition(comm, space, local, shared.size_local, nodes, numbers, gauss, ghosts, tuple(names))


def _least() -> Any:
    from mpi4py import MPI

    return MPI.MIN
