"""Nodes that several processes have: motions go out to them, forces and stiffness are summed, by PETSc."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.fenicsx.partition import Partition

Array = NDArray[np.float64]


class SharedNodes:
    """What our own elements need of other processes.

    Parameters
    ----------
    partition : Partition
    """

    def __init__(self, partition: Partition) -> None:
        from petsc4py import PETSc

        self._size, d = partition.mesh.dimension, partition.mesh.dimension
        self._owned, self._comm = partition.owned * d, partition.comm
        ghosts = partition.ghosts.astype(np.int32)
        self._vector = PETSc.Vec().createGhost(ghosts, (self._owned, None), d, self._comm)

    def local_motion(self, motion: Float[Array, "n"]) -> Float[Array, "m"]:
        """Return a motion with that of the nodes that other processes own."""
        from petsc4py import PETSc

        self._vector.array[:] = motion
        self._vector.ghostUpdate(addv=PETSc.InsertMode.INSERT, mode=PETSc.ScatterMode.FORWARD)
        with self._vector.localForm() as local:
            return np.array(local.array_r)

    def summed(self, local: Float[Array, "m"]) -> Float[Array, "n"]:
        """Return the sum over all processes of forces on their local nodes, for those that this process owns."""
        from petsc4py import PETSc

        with self._vector.localForm() as form:
            form.array[:] = local
        self._vector.ghostUpdate(addv=PETSc.InsertMode.ADD, mode=PETSc.ScatterMode.REVERSE)
        return np.array(self._vector.array_r)

    def new_matrix(self) -> Any:
        """Return a matrix of the owned nodes, which takes its pattern from what is inserted first."""
        from petsc4py import PETSc

        sizes = (self._owned, None)
        matrix = PETSc.Mat().createAIJ((sizes, sizes), bsize=self._size, comm=self._comm)
        matrix.setLGMap(self._vector.getLGMap())
        matrix.setUp()
        return matrix

    def inserted(self, matrix: Any, blocks: Any) -> Any:
        """Add the blocks of all processes, by local nodes, into a matrix, and return it.

        Parameters
        ----------
        matrix : PETSc matrix
        blocks : scipy.sparse.bsr_array
        """
        from petsc4py import PETSc

        matrix.zeroEntries()
        pointers, columns = blocks.indptr.astype(np.int32), blocks.indices.astype(np.int32)
        matrix.setValuesBlockedLocalCSR(pointers, columns, blocks.data, addv=PETSc.InsertMode.ADD)
        matrix.assemble()
        return matrix
