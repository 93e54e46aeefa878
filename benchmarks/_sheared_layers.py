"""Square grids that are cut at their nodes, and clamped layers of them, beam by beam."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

import microtann as mt
from microtann import fem

Nodes = Callable[[np.ndarray], np.ndarray]
DEPTH = 0.1
"""Of the columns of a grid, over their length."""


def cut_grid(rail: float = 0.5, sections: int = 4, fibres: int = 4) -> mt.Frame:
    """Return a unit square with half a beam on every edge; rails, along x, are ``rail`` as deep as columns."""
    corners = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]
    cell = mt.UnitCell(corners, [[0, 1], [2, 3], [0, 2], [1, 3]], [0.5 * DEPTH] * 4, np.eye(2))
    depths = (rail * DEPTH, rail * DEPTH, DEPTH, DEPTH)
    return mt.Frame(
        cell, [mt.CrossSection.rectangle(depth, fibres=(fibres, 1)) for depth in depths], sections=sections
    )


def sheared(nodes: Sequence[Nodes], ends: Sequence[float], count: int) -> list[fem.Step]:
    """Return the steps of a layer that is clamped, with its top moved along x to one end after another.

    No node sinks or rises, as none does in a layer without ends.

    Parameters
    ----------
    nodes : (callable, callable)
        Those at the bottom and at the top.
    ends : sequence of float
    count : int
        Increments of every step.
    """
    bottom, top = nodes
    held = [fem.Prescribed(bottom, "x"), fem.Prescribed(bottom, "rz"), fem.Prescribed(top, "rz")]
    held.append(fem.Prescribed(lambda x: x[:, 1] > -1.0, "y"))
    return [fem.Step([*held, fem.Prescribed(top, "x", end)], increments=count) for end in ends]


def planes(height: float) -> tuple[Nodes, Nodes]:
    """Return the nodes at the bottom and at the top."""
    return (lambda x: x[:, 1] == 0.0), (lambda x: x[:, 1] == height)


def endless_layer(frame: mt.Frame, rows: int) -> mt.FrameStructure:
    """Return two columns of a layer without ends: rails to both sides of a column lead to the other one."""
    points = [[float(x), float(y)] for y in range(rows + 1) for x in (0, 1)]
    columns = [(2 * y + x, 2 * y + 2 + x) for y in range(rows) for x in (0, 1)]
    rails = [pair for y in range(1, rows) for pair in ((2 * y, 2 * y + 1), (2 * y + 1, 2 * y))]
    kind = np.repeat([2, 0], [len(columns), len(rails)])
    return mt.FrameStructure(points, columns + rails, frame.section, frame.bar, sections=frame.sections, kind=kind)
