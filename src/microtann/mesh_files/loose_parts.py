"""What stands beside the body in a file and carries nothing: other elements, and nodes that no cell holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from microtann.mesh_files.foreign_mesh import ForeignMesh

IntArray = NDArray[np.int64]


def without_loose_parts(foreign: ForeignMesh, in_body: Sequence[bool], notes: list[str]) -> ForeignMesh:
    """Return a mesh whose nodes are those of its body.

    Other cells stay where all of their nodes are in the body, for their names may be those of its faces.

    Parameters
    ----------
    foreign : ForeignMesh
    in_body : sequence of bool
        Whether the cells of each block make up the body.
    notes : list of str
        Gets a sentence that counts what is left out.
    """
    body = [cells for (_, cells), chosen in zip(foreign.blocks, in_body, strict=True) if chosen]
    held = np.zeros(len(foreign.points), dtype=bool)
    for cells in body:
        held[cells] = True
    node = np.where(held, np.cumsum(held) - 1, -1)
    whole = [held[cells].all(axis=1) for _, cells in foreign.blocks]
    kept = np.concatenate([*whole, np.zeros(0, dtype=bool)])
    cell = np.where(kept, np.cumsum(kept) - 1, -1)
    node_sets, cell_sets = _renumbered(foreign.node_sets, node), _renumbered(foreign.cell_sets, cell)
    surfaces = {
        name: [(int(cell[at]), face) for at, face in faces if kept[at]] for name, faces in foreign.surfaces.items()
    }
    empty = [
        name
        for before, after in (
            (foreign.node_sets, node_sets),
            (foreign.cell_sets, cell_sets),
            (foreign.surfaces, surfaces),
        )
        for name in before
        if len(before[name]) and not len(after[name])
    ]
    notes += _told(dict(_others(foreign, in_body)), int((~held).sum()), empty)
    return replace(
        foreign,
        points=foreign.points[held],
        blocks=[
            (kind, node[cells[chosen]])
            for (kind, cells), chosen in zip(foreign.blocks, whole, strict=True)
            if chosen.any()
        ],
        node_sets={name: members for name, members in node_sets.items() if name not in empty or len(members)},
        cell_sets={name: members for name, members in cell_sets.items() if name not in empty or len(members)},
        surfaces={name: faces for name, faces in surfaces.items() if name not in empty or faces},
        areas=None if foreign.areas is None else foreign.areas[kept],
        types=_renumbered(foreign.types, cell),
        left_out={},
    )


def _others(foreign: ForeignMesh, in_body: Sequence[bool]) -> Iterator[tuple[str, int]]:
    """Yield how many elements of each type are not in the body."""
    counts = [len(cells) for _, cells in foreign.blocks]
    beside = np.repeat(~np.array(in_body, dtype=bool), counts)
    for name, cells in foreign.types.items():
        if beside[cells].any():
            yield name, int(beside[cells].sum())
    yield from foreign.left_out.items()


def _renumbered(sets: Mapping[str, IntArray], number: IntArray) -> dict[str, IntArray]:
    """Return sets by new numbers, without members that have none."""
    return {name: number[members][number[members] >= 0] for name, members in sets.items()}


def _told(others: Mapping[str, int], nodes: int, empty: Sequence[str]) -> Iterator[str]:
    """Yield a sentence on what is left out."""
    parts = []
    if others:
        parts.append("elements " + ", ".join(f"{name} ({count})" for name, count in others.items()))
    if nodes:
        parts.append("1 node that no cell holds" if nodes == 1 else f"{nodes} nodes that no cell holds")
    if empty:
        parts.append("the names of these alone, " + ", ".join(map(repr, dict.fromkeys(empty))))
    if parts:
        yield "left out, for they carry nothing here: " + "; ".join(parts)
