"""Structures of beams: CPU time and memory of drawn Kelvin foams, by the number of beams.

``python -m benchmarks frame_structures [CELLS ...]`` with cells along every edge (4 and 8 by default; 17 makes
118 000 beams, 35 a million). Four increments, far into plastic flow; CPU seconds include assembly and multigrid.
"""

from __future__ import annotations

import resource

import numpy as np

import microtann as mt
from benchmarks.machine import table, write
from microtann import fem


def solved(cells: int) -> tuple[int, mt.FrameStructureResult]:
    """Return the number of beams and the response of a block of foam, clamped below and drawn above."""
    frame = mt.Frame(mt.kelvin_cell(), sections=5)
    body = mt.FrameStructure.tile(frame, (cells,) * 3)
    low, high = body.points[:, 2].min(), body.points[:, 2].max()
    foot = np.flatnonzero(body.points[:, 2] < low + 1e-6)
    head = np.flatnonzero(body.points[:, 2] > high - 1e-6)
    names = ("x", "y", "z", "rx", "ry", "rz")
    held = [fem.Prescribed(foot, name) for name in names]
    drawn = [fem.Prescribed(head, name, 4.0 * (high - low) if name == "z" else 0.0) for name in names]
    return len(body.beams), body.solve(fem.Step([*held, *drawn], increments=4))


def main(arguments: list[str]) -> None:
    """Print and write the table."""
    solved(2)
    rows = []
    for cells in map(int, arguments or ["4", "8"]):
        beams, result = solved(cells)
        cost = result.statistics
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        rows.append(
            {
                "beams": beams,
                "CPU s": round(cost.seconds, 1),
                "ms a beam": round(1e3 * cost.seconds / beams, 3),
                "Newton": cost.newton_iterations,
                "linear": cost.linear_iterations,
                "peak GB of the process": round(memory, 2),
            }
        )
    print(table(rows))
    write("frame_structures", rows)
