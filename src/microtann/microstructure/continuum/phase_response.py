"""What the phases of a cell answer at all integration points of many cells at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.fem.regions import Region
from microtann.materials.protocol import State
from microtann.microstructure.continuum.cell_equations import CellEquations
from microtann.microstructure.protocol import SHARED_STATE

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PhaseResponse:
    """Response of all integration points of n cells.

    Parameters
    ----------
    stress : array, shape (n, P, v)
    moduli : tuple of arrays, shape (n, p, v, v)
        Tangents at the points of every region; none where they were not wanted.
    energy, dissipation : array, shape (n,)
        Averages over the cells, voids included.
    state : dict of arrays, shape (n, p, ...)
        Variables of the phases by the names that regions give them, without strain, energy and dissipation.
    """

    stress: Float[Array, "n P v"]
    moduli: tuple[Float[Array, "n _ v v"], ...]
    energy: Float[Array, "n"]
    dissipation: Float[Array, "n"]
    state: State


def virgin_phases(equations: CellEquations, n: int) -> State:
    """Return the variables of the phases of n virgin cells, shape (n, p, ...)."""
    found: State = {}
    for region, points in zip(equations.regions, equations.points, strict=True):
        for name, value in region.material.initial_state(len(points)).items():
            if name not in SHARED_STATE:
                found |= region.named({name: np.broadcast_to(value, (n, *value.shape)).copy()})
    return found


def respond_of_phases(
    equations: CellEquations,
    strain: Float[Array, "n P v"],
    before: Float[Array, "n P v"],
    state: State,
    dt: float,
    tangent: bool,
) -> PhaseResponse:
    """Advance all integration points from their states at the beginning of an increment.

    Parameters
    ----------
    equations : CellEquations
    strain, before : array, shape (n, P, v)
        Strains at the end of the increment and at its beginning.
    state : dict of arrays, shape (n, p, ...)
        At its beginning, as in `PhaseResponse`.
    dt : float
    tangent : bool
        Whether tangents are wanted.
    """
    n = len(strain)
    stress = np.empty_like(strain)
    energy, dissipation = np.zeros(n), np.zeros(n)
    moduli: list[Array] = []
    new: State = {}
    for region, points in zip(equations.regions, equations.points, strict=True):
        start = _flat_state(region, before[:, points], state)
        increment = (strain[:, points] - before[:, points]).reshape(-1, strain.shape[2])
        own_stress, own_moduli, own = region.material.update(increment, start, dt, tangent)
        stress[:, points] = np.reshape(own_stress, (n, len(points), -1))
        weights = equations.weights[points]
        energy += own["energy"].reshape(n, -1) @ weights
        dissipation += own["dissipation"].reshape(n, -1) @ weights
        if own_moduli is not None:
            moduli.append(np.reshape(own_moduli, (n, len(points), *own_moduli.shape[1:])))
        new |= region.named(
            {k: v.reshape(n, len(points), *v.shape[1:]) for k, v in own.items() if k not in SHARED_STATE}
        )
    return PhaseResponse(stress, tuple(moduli), energy, dissipation, new)


def _flat_state(region: Region, strain: Float[Array, "n p v"], state: State) -> State:
    """Return the state of a phase as its material knows it, the cells one after another."""
    count = strain.shape[0] * strain.shape[1]
    own = {k: v.reshape(count, *v.shape[2:]) for k, v in region.own(state).items() if k not in SHARED_STATE}
    return {"strain": strain.reshape(count, -1), "energy": np.zeros(count), "dissipation": np.zeros(count)} | own
