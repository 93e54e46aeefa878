"""What a plan of walks asks of a machine, and of its numbers, told before anything is computed or written."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from microtann.data.increments import Increments
from microtann.data.walks import WalkPlan, strain_limit
from microtann.errors import InputError
from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.condensed.condensation import CondensedCell
from microtann.system.memory import require_disk, require_memory

LARGEST, SMALLEST = 1e290, 1e-290
"""Energies beyond are not kept: squares of strains overflow, or lose their digits, not far from here."""
DEVIATIONS = 10.0
"""No normal draw is larger than so many standard deviations."""
FEWER = "use fewer paths or steps, or a smaller cell"


def row_bytes(cell: UnitCell) -> int:
    """Return the bytes of one increment of a cell."""
    return 8 * (5 + 4 * cell.components + 2 * (cell.nodes.size + len(cell.bars)))


def require_room_in_memory(cell: UnitCell, plan: WalkPlan) -> None:
    """Refuse increments that would not fit into the memory of the machine all together.

    Raises
    ------
    InputError
    """
    size = float(row_bytes(cell)) * plan.increments
    require_memory(f"{plan.increments} increments of a cell of {len(cell.bars)} bars", size, FEWER)


def require_room(path: Path, cell: UnitCell, plan: WalkPlan, together: int) -> None:
    """Refuse increments for a file that would not fit on the disk, or whose walks would not fit into the memory.

    Parameters
    ----------
    path : Path
        The file.
    cell : UnitCell
    plan : WalkPlan
    together : int
        Walks that are in memory at the same time.

    Raises
    ------
    InputError
    """
    held = 3.0 * row_bytes(cell) * plan.steps * min(together, plan.paths)
    split = 50.0 * plan.paths  # the paths of every set
    require_memory(f"{plan.paths} walks of {plan.steps} increments", held + split, FEWER)
    size = float(row_bytes(cell)) * plan.increments
    what = f"a file of {plan.increments} increments of a cell of {len(cell.bars)} bars, beside its shards,"
    require_disk(what, path.parent, 2.0 * size, FEWER)


def require_range(condensed: CondensedCell, plan: WalkPlan) -> None:
    """Refuse walks whose energies floating point numbers cannot hold.

    Parameters
    ----------
    condensed : CondensedCell
    plan : WalkPlan
        Scaled to the bars.

    Raises
    ------
    InputError
    """
    stiffness = float(np.abs(condensed.elasticity).max())
    draw = DEVIATIONS if plan.law == "normal" else 1.0
    limit = strain_limit(plan.limit, condensed.elongation.shape[1]).max()
    reach = float(min(limit, draw * plan.increment * plan.steps))
    most = stiffness * reach * reach
    least = stiffness * min(plan.smallest_increment, reach) * min(plan.smallest_increment, reach)
    if not (most < LARGEST and least > SMALLEST):
        raise InputError(
            f"walks of increments from {plan.smallest_increment:.3g} up to strains of {reach:.3g} in a cell of "
            f"stiffness {stiffness:.3g} have energies beyond the range of numbers: use increments near the strain "
            "at first yield, and a limit"
        )


def require_finite(rows: Increments) -> None:
    """Refuse increments with a value that is not finite, so that none is ever written.

    Raises
    ------
    InputError
        It names the walk.
    """
    for name in ("stress_next", "energy_next", "dissipation", "coordinates_next"):
        values = getattr(rows, name)
        finite = np.isfinite(values.reshape(len(values), -1)).all(axis=1)
        if not finite.all():
            walk = rows.path[int(np.argmin(finite))]
            raise InputError(
                f"walk {walk} of the plan overflows, its {name} is not finite: use smaller increments or a limit"
            )
