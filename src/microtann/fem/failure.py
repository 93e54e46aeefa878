"""Finds the Gauss point at which a simulation failed."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Int
from numpy.typing import NDArray

from microtann.equilibrium.equilibrium_error import EquilibriumError
from microtann.fem.assembly import KERNELS, FiniteElements
from microtann.fem.failed_point import FailedPoint
from microtann.fem.point_check import tangent_errors
from microtann.fem.point_error import PointError
from microtann.fem.regions import Region, gauss_points
from microtann.materials.protocol import State
from microtann.numbers.voigt import components

Array = NDArray[np.float64]
WRONG_TANGENT = 1e-3
"""Difference of a tangent from finite differences, relative to its largest entry, that is worth telling."""
LIMIT = 1000
"""Points that are looked at: those with the largest strain increments."""


def failed_point(system: FiniteElements, error: EquilibriumError) -> FailedPoint | None:
    """Return the Gauss point where a material failed; else the one around the worst nodes whose tangent is worst.

    Parameters
    ----------
    system : FiniteElements
    error : EquilibriumError

    Returns
    -------
    FailedPoint or None
        None if the system was never asked.
    """
    attempt, cause = error.attempt, error.__cause__
    before: Any = attempt.start.state
    if attempt.moved is None:
        return None
    mesh, per_cell = system.mesh, system.mesh.element.gauss_points
    if isinstance(cause, PointError):
        points = np.array(cause.points[:1])
    else:
        near = (
            np.isin(mesh.cells, error.worst).any(axis=1) if error.worst else np.ones(len(mesh.cells), dtype=bool)
        )
        points = gauss_points(np.flatnonzero(near), per_cell)
    cells, place = np.unique(points // per_cell, return_inverse=True)
    strain = np.empty((len(cells) * per_cell, components(mesh.dimension)))
    KERNELS[mesh.dimension].gauss_strain(
        mesh.gradients[cells], mesh.cells[cells], attempt.moved.reshape(-1, mesh.dimension), strain
    )
    increments = strain[place * per_cell + points % per_cell]
    if len(points) > LIMIT:
        most = np.sort(np.argsort(-np.abs(increments).max(axis=1), kind="stable")[:LIMIT])
        points, increments = points[most], increments[most]
    found: list[tuple[float, float, float, int, Region, State]] = []
    for region in system.regions:
        own = np.flatnonzero(np.isin(points // per_cell, region.cells))
        if not own.size:
            continue
        state = _state_of(region, system, before, points[own])
        try:
            with np.errstate(all="ignore"):
                off, skew = tangent_errors(region.material, increments[own], state, attempt.dt)
        except Exception:  # whatever a material raises: that is what is looked for
            off = skew = np.full(len(own), np.nan)
        sizes = np.abs(increments[own]).max(axis=1)
        clear = np.where(np.isnan(off), np.inf, np.where(off > WRONG_TANGENT, off, 0.0))
        worst = int(np.lexsort((sizes, clear))[-1])
        alone = {name: values[worst : worst + 1] for name, values in state.items()}
        found.append((clear[worst], float(off[worst]), float(skew[worst]), int(own[worst]), region, alone))
    if not found:
        return None
    _, off_worst, skew_worst, chosen, region, state = max(found, key=lambda item: item[0])
    cell, number = divmod(int(points[chosen]), per_cell)
    return FailedPoint(
        element=cell,
        gauss_point=number,
        region=region.name,
        position=mesh.element.values[number] @ mesh.points[mesh.cells[cell]],
        increment=attempt.increment,
        step=attempt.step,
        dt=attempt.dt,
        reason=str(error),
        failures=attempt.failures,
        strain=before.strain[points[chosen]],
        strain_increment=increments[chosen],
        state=state,
        tangent_error=off_worst,
        skew=skew_worst,
        material=region.material,
        description=repr(region.material),
    )


def remark(point: FailedPoint) -> str:
    """Return what is to be said of the tangent of a failed point; empty where nothing is wrong with it."""
    if point.tangent_error > WRONG_TANGENT:
        return (
            f"the tangent of the material differs from finite differences of its stress by "
            f"{100 * point.tangent_error:.3g} % at {point}: it is wrong, or not that of the increment"
        )
    return ""


def _state_of(
    region: Region, system: FiniteElements, state: GaussState, points: Int[NDArray[np.int64], "k"]
) -> State:
    """Return the states of some Gauss points of a region."""
    per_cell = system.mesh.element.gauss_points
    place = np.searchsorted(region.cells, points // per_cell) * per_cell + points % per_cell
    return {name: values[place] for name, values in region.own(state.material).items()}
