"""In which order chunks of cells are assembled: runs of chunks that share no node may be done side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from microtann.fem.mesh import Mesh
from microtann.fem.regions import Chunk

MOST_RUNS = 32
FEW_TURNS = 3
"""Turns up to which long runs are worth while: they leave most of them to be done side by side."""
Run = tuple[Chunk, ...]
"""Chunks that are done one after the other: they share nodes, whose forces and stiffness stay in the cache."""


def turns(mesh: Mesh, chunks: Sequence[Chunk]) -> tuple[tuple[Run, ...], ...]:
    """Return runs of chunks in turns, greedily; those of a turn add to different forces and blocks.

    What is added to one of them is then always added in the same order, however many threads take part.

    Parameters
    ----------
    mesh : Mesh
    chunks : sequence of Chunk
    """
    if not chunks:
        return ()
    nodes = [np.unique(mesh.blocks[chunk.block].cells[chunk.cells]) for chunk in chunks]
    indptr = np.concatenate([[0], np.cumsum([len(own) for own in nodes])])
    shape = (len(chunks), len(mesh.points))
    touches = sparse.csr_array((np.ones(indptr[-1], dtype=np.int32), np.concatenate(nodes), indptr), shape=shape)
    found: list[list[Run]] = []
    for length in (-(-len(chunks) // MOST_RUNS), 1):
        starts = range(0, len(chunks), length)
        run = np.arange(len(chunks)) // length
        ones = np.ones(len(chunks), dtype=np.int32)
        joined = (
            sparse.csr_array((ones, (run, np.arange(len(chunks)))), shape=(len(starts), len(chunks))) @ touches
        )
        meets = (joined @ joined.T).tocsr()
        turn = np.full(len(starts), -1)
        for i in range(len(starts)):
            taken = turn[meets.indices[meets.indptr[i] : meets.indptr[i + 1]]]
            turn[i] = np.setdiff1d(np.arange(len(taken) + 1), taken)[0]
        found = [[] for _ in range(int(turn.max()) + 1)]
        for own, start in zip(turn, starts, strict=True):
            found[own].append(tuple(chunks[start : start + length]))
        if len(found) <= FEW_TURNS:
            break
    return tuple(map(tuple, found))
