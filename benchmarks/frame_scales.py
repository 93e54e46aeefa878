"""A block of a square grid, sheared far into flow: finite elements of the cell against all of its beams.

``python -m benchmarks frame_scales [CELLS ...]`` with cells, and finite elements, along every edge of the block
(4 to 64 by default). Feet and heads of the beams are clamped. Errors are those of the shear force at the end and
where it differs most, against the finite elements of the last row: the elements converge, and the beams to them as
cells become small beside the block.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import microtann as mt
from benchmarks.machine import table, write
from microtann import fem
from microtann.equilibrium.history import History

SHEAR = 8.0
"""Of the block; the grid first yields at 2.4 in shear, and at 1/3 along its beams."""
INCREMENTS = 8


def force(solved: History) -> np.ndarray:
    """Return the shear force on the head of the block at the end of every increment."""
    return np.asarray(solved.reaction(_head)[:, 0])


def _head(points: np.ndarray) -> np.ndarray:
    return np.asarray(points[:, 1] > 1.0 - 1e-9)


def _foot(points: np.ndarray) -> np.ndarray:
    return np.asarray(points[:, 1] < 1e-9)


def _sheared(names: tuple[str, ...]) -> fem.Step:
    held = [fem.Prescribed(_foot, name) for name in names]
    moved = [fem.Prescribed(_head, name, SHEAR if name == "x" else 0.0) for name in names]
    return fem.Step([*held, *moved], increments=INCREMENTS)


def main(arguments: list[str]) -> None:
    """Print and write the table."""
    frame = mt.Frame(mt.square_grid_cell(thickness=0.1), sections=4)
    counts = list(map(int, arguments or ["4", "8", "16", "32", "64"]))
    forces: dict[int, tuple[np.ndarray, np.ndarray]] = {}
    for count in counts:
        of_elements = fem.Model(fem.box((1.0, 1.0), (count, count)), frame).solve([_sheared(("x", "y"))])
        beams = mt.FrameStructure.box(frame, (1.0, 1.0), cell_size=1.0 / count)
        forces[count] = force(of_elements), force(beams.solve(_sheared(("x", "y", "rz"))))
    right = forces[counts[-1]][0]
    rows: list[dict[str, Any]] = []
    for count, found in forces.items():
        errors = [np.abs(one - right) for one in found]
        rows.append(
            {
                "along an edge": count,
                "force, elements": round(float(found[0][-1]), 7),
                "force, beams": round(float(found[1][-1]), 7),
                "elements, at the end": f"{errors[0][-1] / right[-1]:.1e}",
                "beams, at the end": f"{errors[1][-1] / right[-1]:.1e}",
                "beams, most": f"{errors[1].max() / right[-1]:.1e}",
            }
        )
    print(table(rows))
    print(write("frame_scales", rows))
