"""What memory, disk and range of numbers a plan of walks needs, checked before anything is computed or written."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from microtann.data.increments import Increments
from microtann.data.walks import WalkPlan, strain_limit
from microtann.errors import InputError
from microtann.microstructure.protocol import Microstructure
from microtann.numbers.coordinates import width
from microtann.system.memory import require_disk, require_memory

LARGEST, SMALLEST = 1e290, 1e-290
"""Energies outside of this range are refused: squares of strains overflow, or lose digits, not far beyond it."""
DEVIATIONS = 10.0
"""No normal draw is larger than so many standard deviations."""
FEWER = "use fewer paths or steps, or a smaller cell"


def row_bytes(microstructure: Microstructure) -> int:
    """Return the bytes of one increment."""
    return 8 * (5 + 4 * microstructure.components + 2 * width(microstructure.coordinate_shapes))


def require_room_in_memory(microstructure: Microstructure, plan: WalkPlan) -> None:
    """Refuse increments that would not fit into the memory of the machine all together.

    Raises
    ------
    InputError
    """
    size = float(row_bytes(microstructure)) * plan.increments
    require_memory(f"{plan.increments} increments of {microstructure.description}", size, FEWER)


def require_room(path: Path, microstructure: Microstructure, plan: WalkPlan, together: int) -> None:
    """Refuse increments for a file that would not fit on the disk, or whose walks would not fit into the memory.

    Parameters
    ----------
    path : Path
        The file.
    microstructure : Microstructure
    plan : WalkPlan
    together : int
        Walks that are in memory at the same time.

    Raises
    ------
    InputError
    """
    held = 3.0 * row_bytes(microstructure) * plan.steps * min(together, plan.paths)
    split = 50.0 * plan.paths  # the paths of every set
    require_memory(f"{plan.paths} walks of {plan.steps} increments", held + split, FEWER)
    size = float(row_bytes(microstructure)) * plan.increments
    what = f"a file of {plan.increments} increments of {microstructure.description}, beside its shards,"
    require_disk(what, path.parent, 2.0 * size, FEWER)


def require_range(microstructure: Microstructure, plan: WalkPlan) -> None:
    """Refuse walks whose energies floating point numbers cannot hold.

    Parameters
    ----------
    microstructure : Microstructure
    plan : WalkPlan
        Scaled to its metric.

    Raises
    ------
    InputError
    """
    metric = microstructure.strain_metric(plan.metric)
    directed = metric.unit / metric.scale
    stiffness = float(np.abs(directed.T @ microstructure.elastic_stiffness() @ directed).max())
    draw = DEVIATIONS if plan.law == "normal" else 1.0
    limit = strain_limit(plan.limit, microstructure.components).max()
    reach = float(min(limit, draw * plan.increment * plan.steps))
    most = stiffness * reach * reach
    least = stiffness * min(plan.smallest_increment, reach) * min(plan.smallest_increment, reach)
    if not (most < LARGEST and least > SMALLEST):
        raise InputError(
            f"walks of increments from {plan.smallest_increment:.3g} up to strains of {reach:.3g} in a material "
            f"of stiffness {stiffness:.3g} have energies beyond the range of numbers: use increments near the "
            "strain at first yield, and a limit"
        )


def require_finite(rows: Increments) -> None:
    """Refuse increments with a value that is not finite, so that none is ever written.

    Raises
    ------
    InputError
        It names the walk.
    """
    for name in ("stress_next", "energy_next", "dissipation", "coordinates_next"):
        if name.removesuffix("_next") in rows.unknown:
            continue
        values = getattr(rows, name)
        finite = np.isfinite(values.reshape(len(values), -1)).all(axis=1)
        if not finite.all():
            walk = rows.path[int(np.argmin(finite))]
            raise InputError(
                f"walk {walk} of the plan overflows, its {name} is not finite: use smaller increments or a limit"
            )
