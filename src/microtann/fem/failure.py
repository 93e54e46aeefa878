"""Finds the Gauss point at which a simulation failed: where a material did, or where its tangent is wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.equilibrium.equilibrium_error import EquilibriumError
from microtann.fem.assembly import FiniteElements, GaussState
from microtann.fem.element_operator import gauss_strains
from microtann.fem.failed_point import FailedPoint
from microtann.fem.material_call import PointError
from microtann.fem.regions import Region
from microtann.materials.protocol import State

Array = NDArray[np.float64]
WRONG_TANGENT = 1e-3
"""Difference of a tangent from finite differences, relative to its largest entry, that is worth telling."""
LIMIT = 1000
"""Points that are looked at: those with the largest strain increments."""
STEP = 1e-6
"""Strain of the finite differences, over the largest strain increment."""
STRESS_ROUND_OFF = 1e-13
"""Of a stress, relative to itself."""


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
    mesh = system.mesh
    if isinstance(cause, PointError):
        points = np.array(cause.points[:1])
    else:
        worst = error.worst if error.worst else np.arange(len(mesh.points))
        near = [np.isin(block.cells, worst).any(axis=1) for block in mesh.blocks]
        points = mesh.gauss_points(np.flatnonzero(np.concatenate(near)))
    cells = np.unique(mesh.cells_of(points)[0])
    moved = attempt.moved.reshape(-1, mesh.dimension)
    strain = gauss_strains(mesh, cells, moved, system.mean_dilatation)
    increments = strain[np.isin(mesh.gauss_points(cells), points)]
    if len(points) > LIMIT:
        most = np.sort(np.argsort(-np.abs(increments).max(axis=1), kind="stable")[:LIMIT])
        points, increments = points[most], increments[most]
    found: list[tuple[float, float, float, int, Region, State]] = []
    for region in system.regions:
        own = np.flatnonzero(np.isin(mesh.cells_of(points)[0], region.cells))
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
        last = int(np.lexsort((sizes, clear))[-1])
        alone = {name: values[last : last + 1] for name, values in state.items()}
        found.append((clear[last], float(off[last]), float(skew[last]), int(own[last]), region, alone))
    if not found:
        return None
    _, off_worst, skew_worst, chosen, region, state = max(found, key=lambda item: item[0])
    cell, number = (int(which[0]) for which in mesh.cells_of(points[[chosen]]))
    return FailedPoint(
        element=cell,
        gauss_point=number,
        region=region.name,
        position=mesh.positions(points[[chosen]])[0],
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


def tangent_errors(
    material: Material, strain_increment: Float[Array, "n v"], state: State, dt: float
) -> tuple[Float[Array, "n"], Float[Array, "n"]]:
    """Return how far tangents are from finite differences of the stress, and from being symmetric.

    Where the material changes between rest and flow its stress has a kink: of the differences forwards and
    backwards the nearer one counts, component by component.

    Parameters
    ----------
    material : Material
    strain_increment : array, shape (n, v)
    state : dict of arrays
    dt : float

    Returns
    -------
    difference, skew : array, shape (n,)
        Relative to the largest entry of the tangent; not a number where it is not finite. What round-off of the
        stress explains does not count.
    """
    stress, tangent, _ = material.update(strain_increment, state, dt, True)
    if tangent is None:
        raise ValueError("the material returned no tangent")
    stress, tangent = np.asarray(stress), np.asarray(tangent)
    step = STEP * max(float(np.abs(strain_increment).max()), STEP)
    size = np.abs(tangent).max(axis=(1, 2))
    off = np.zeros(len(tangent))
    noise = 2.0 * STRESS_ROUND_OFF * np.abs(stress).max(axis=1) / step
    for component in range(tangent.shape[2]):
        apart = []
        for direction in (step, -step):
            moved = strain_increment.copy()
            moved[:, component] += direction
            slope = (np.asarray(material.update(moved, state, dt, False)[0]) - stress) / direction
            apart.append(np.abs(slope - tangent[:, :, component]).max(axis=1))
        off = np.maximum(off, np.minimum(*apart))
    skew = np.abs(tangent - tangent.transpose(0, 2, 1)).max(axis=(1, 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.maximum(off - noise, 0.0) / size, skew / size


def _state_of(
    region: Region, system: FiniteElements, state: GaussState, points: Int[NDArray[np.int64], "k"]
) -> State:
    """Return the states of some Gauss points of a region."""
    place = np.searchsorted(system.mesh.gauss_points(region.cells), points)
    return {name: values[place] for name, values in region.own(state.material).items()}
