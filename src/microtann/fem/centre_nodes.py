"""Quadratic cells with nodes amid faces and in the middle, read as those that have nodes on edges alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from microtann.mesh_files.foreign_mesh import ForeignMesh

IntArray = NDArray[np.int64]
WITH_CENTRES = {"quad9": ("quad8", 8), "triangle7": ("triangle6", 6), "hexahedron27": ("hexahedron20", 20)}
"""Kinds whose last nodes are such: the kind without them, and how many nodes it has."""


def without_centres(foreign: ForeignMesh, notes: list[str]) -> ForeignMesh:
    """Return a mesh without nodes amid faces and cells, which no other cell holds; names lose them as well.

    Parameters
    ----------
    foreign : ForeignMesh
    notes : list of str
        Gets a sentence that counts the cells of every kind that has them.
    """
    counts: dict[str, int] = {}
    blocks, centres = [], [np.zeros(0, dtype=np.int64)]
    for kind, cells in foreign.blocks:
        plain, kept = WITH_CENTRES.get(kind, (kind, cells.shape[1]))
        if plain != kind:
            counts[kind] = counts.get(kind, 0) + len(cells)
            centres.append(cells[:, kept:].ravel())
        blocks.append((plain, cells[:, :kept]))
    if not counts:
        return foreign
    held = np.concatenate([cells.ravel() for _, cells in blocks])
    gone = np.setdiff1d(np.concatenate(centres), held)
    kept_points = np.setdiff1d(np.arange(len(foreign.points)), gone)
    node = np.full(len(foreign.points), -1)
    node[kept_points] = np.arange(len(kept_points))
    sets = {name: node[members][node[members] >= 0] for name, members in foreign.node_sets.items()}
    empty = [name for name, members in sets.items() if not len(members)]
    text = " and ".join(
        f"{count} {kind} cells are read as {WITH_CENTRES[kind][0]}" for kind, count in counts.items()
    )
    named = f", nor the sets of these alone, {', '.join(map(repr, empty))}" if empty else ""
    many = "node" if len(gone) == 1 else f"{len(gone)} nodes"
    notes.append(f"{text}, without the {many} amid faces and cells{named}")
    return replace(
        foreign,
        points=foreign.points[kept_points],
        blocks=[(kind, node[cells]) for kind, cells in blocks],
        node_sets={name: members for name, members in sets.items() if name not in empty},
    )
