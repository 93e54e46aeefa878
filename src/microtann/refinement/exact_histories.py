"""The exact answer of a microstructure along strain histories, as increments to learn from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.data.generate import DIMENSIONLESS, empty_increments
from microtann.data.increments import Dataset, Increments
from microtann.errors import ConvergenceError, InputError
from microtann.evaluation.audit import BATCH
from microtann.microstructure.protocol import Microstructure
from microtann.numbers.coordinates import columns, width
from microtann.system.progress import ProgressReport

Array = NDArray[np.float64]
HELD_OUT = 7
"""One history of so many validates."""


def solve_histories(
    exact: Microstructure, strain: Float[Array, "n T v"], dt: Float[Array, "T"], report: ProgressReport
) -> Dataset:
    """Return the increments of a microstructure along strain histories, without those that it cannot be solved on.

    Parameters
    ----------
    exact : Microstructure
    strain : array, shape (n, T, v)
        At the end of every increment, from the virgin state.
    dt : array, shape (T,)
    report : callable
        Hears how far it is.

    Raises
    ------
    InputError
        If no history can be solved.
    """
    rows: list[Increments] = []
    for first in range(0, len(strain), BATCH):
        part = strain[first : first + BATCH]
        try:
            rows += _increments(exact, part, dt, first)
        except ConvergenceError:
            for number, one in enumerate(part, start=first):
                try:
                    rows += _increments(exact, one[None], dt, number)
                except ConvergenceError:
                    continue
        report(first + len(part), len(strain), "exact histories")
    if not rows:
        raise InputError(
            f"none of the {len(strain)} strain histories of the structure could be solved by the exact "
            f"{exact.kind}: take smaller increments in the job"
        )
    held = [number for number in range(len(rows)) if number % HELD_OUT == HELD_OUT - 1]
    learnt = [number for number in range(len(rows)) if number not in held]
    nothing = empty_increments(0, exact.components, width(exact.coordinate_shapes))
    units = {**DIMENSIONLESS, **dict.fromkeys(exact.coordinate_shapes, "1")}
    return Dataset(
        training=joined([rows[number] for number in learnt]),
        validation=joined([rows[number] for number in held]) if held else nothing,
        test=nothing,
        coordinate_shapes=dict(exact.coordinate_shapes),
        units=units,
        microstructure=exact,
        provenance={"generator": f"exact {exact.kind} along strain histories of a structure"},
    )


def joined(parts: list[Increments]) -> Increments:
    """Return increments one after the other."""
    names = vars(parts[0])
    return Increments(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def numbered(data: Increments, first: int) -> Increments:
    """Return increments whose paths are counted from another number."""
    return replace(data, path=data.path + first)


def _increments(
    exact: Microstructure, strain: Float[Array, "n T v"], dt: Float[Array, "T"], first: int
) -> list[Increments]:
    """Return the increments of every history."""
    n, steps, v = strain.shape
    response = exact.solve(strain, np.broadcast_to(dt, (n, steps)))
    virgin = exact.initial_state(1)
    decoded = exact.decode(virgin)
    after = np.empty((n, steps, width(exact.coordinate_shapes)))
    rest = np.empty(after.shape[2])
    for name, place in columns(exact.coordinate_shapes).items():
        after[..., place] = response.coordinates[name].reshape(n, steps, -1)
        rest[place] = decoded[name].ravel()
    unknown = {name: np.nan if name in exact.untold else 0.0 for name in ("energy", "dissipation")}
    energy = (
        np.concatenate([np.full((n, 1), float(virgin["energy"][0])), response.energy], axis=1) + unknown["energy"]
    )
    strains = np.concatenate([np.zeros((n, 1, v)), strain], axis=1)
    stress = np.concatenate([np.zeros((n, 1, v)), response.stress], axis=1)
    coordinates = np.concatenate([np.tile(rest, (n, 1, 1)), after], axis=1)
    nothing = np.empty((steps, 0))
    return [
        Increments(
            path=np.full(steps, first + row, dtype=np.int64),
            step=np.arange(steps, dtype=np.int64),
            dt=np.array(dt, dtype=np.float64),
            strain=strains[row, :-1],
            strain_increment=np.diff(strains[row], axis=0),
            extra=nothing,
            extra_increment=nothing,
            stress=stress[row, :-1],
            stress_next=stress[row, 1:],
            energy=energy[row, :-1],
            energy_next=energy[row, 1:],
            dissipation=response.dissipation[row] + unknown["dissipation"],
            coordinates=coordinates[row, :-1],
            coordinates_next=coordinates[row, 1:],
        )
        for row in range(n)
    ]
