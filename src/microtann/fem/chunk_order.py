"""In which order chunks of cells are assembled: those of one turn share no node, and may be done side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from microtann.fem.mesh import Mesh
from microtann.fem.regions import Chunk


def turns(mesh: Mesh, chunks: Sequence[Chunk]) -> tuple[tuple[Chunk, ...], ...]:
    """Return chunks in turns, greedily; those of a turn add to different forces and blocks of the stiffness.

    What is added to one of them is then always added in the same order, however many threads take part.

    Parameters
    ----------
    mesh : Mesh
    chunks : sequence of Chunk
    """
    nodes = [np.unique(mesh.blocks[chunk.block].cells[chunk.cells]) for chunk in chunks]
    if len(chunks) < 2:
        return (tuple(chunks),) if chunks else ()
    indptr = np.concatenate([[0], np.cumsum([len(own) for own in nodes])])
    shape = (len(chunks), len(mesh.points))
    touches = sparse.csr_array((np.ones(indptr[-1], dtype=np.int32), np.concatenate(nodes), indptr), shape=shape)
    meets = (touches @ touches.T).tocsr()
    turn = np.full(len(chunks), -1)
    for i in range(len(chunks)):
        taken = turn[meets.indices[meets.indptr[i] : meets.indptr[i + 1]]]
        turn[i] = np.setdiff1d(np.arange(len(taken) + 1), taken)[0]
    return tuple(tuple(chunks[int(i)] for i in np.flatnonzero(turn == own)) for own in range(int(turn.max()) + 1))
