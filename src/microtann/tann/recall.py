"""Recall: the response along strain paths, the state of every increment being fed back."""

from __future__ import annotations

from dataclasses import dataclass, field

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import NDArray

from microtann.tann.batches import rounded
from microtann.tann.error_bound import ErrorBound
from microtann.tann.point import Increment, MaterialPoint

Numbers = NDArray[np.float64]
PIECE = 64
"""Number of increments that are compiled, and followed, as one piece of a path."""


@dataclass(frozen=True)
class Recall:
    """Response of a TANN at the end of every increment; "..." is (T,) or (B, T), as in the strain given.

    Parameters
    ----------
    strain : array, shape (..., v)
        As it was given.
    stress : array, shape (..., v)
    energy, dissipation : array, shape (...)
        Ψ, and −T · ΔZ of the increment (unclipped), per unit volume.
    state : array, shape (..., z)
        Internal state variables Z (dimensionless).
    coordinates : dict of arrays, shape (..., *group)
        Decoded internal coordinates by the name of their group; empty unless asked for.
    training_reach : array, shape (...), or None
        How far strain, increment and state reach in the range of the training data: 1 on its border, 1.3 where
        30 % outside. None for a model that does not know its range.
    conjugates : dict of arrays, shape (...)
        −∂Ψ/∂θ of every extra state variable θ, by its name, per unit volume: the entropy if θ is the temperature
        (paper, Eq. 9a).
    bound : ErrorBound, optional
        What the errors of stress and plastic strains do not exceed, if asked for.
    """

    strain: Float[Numbers, "*batch v"]
    stress: Float[Numbers, "*batch v"]
    energy: Float[Numbers, "*batch"]
    dissipation: Float[Numbers, "*batch"]
    state: Float[Numbers, "*batch z"]
    coordinates: dict[str, Numbers]
    training_reach: Float[Numbers, "*batch"] | None = None
    conjugates: dict[str, Numbers] = field(default_factory=dict)
    bound: ErrorBound | None = None

    def __repr__(self) -> str:
        shape = "×".join(str(n) for n in self.energy.shape)
        groups = "".join(f", {name}" for name in self.coordinates)
        return f"Recall({shape} increments, {self.state.shape[-1]} ISVs{groups}{self._far()})"

    def _far(self) -> str:
        if self.training_reach is None or self.training_reach.max(initial=0.0) <= 1.0:
            return ""
        return f"; {self.points_outside} outside the training range"

    @property
    def points_outside(self) -> int | None:
        """Number of increments, over all paths, that leave the range of the training data."""
        return None if self.training_reach is None else int(np.count_nonzero(self.training_reach > 1.0))

    def __getattr__(self, name: str) -> Numbers:
        """Return a group of decoded internal coordinates by its name, as in ``recall.force`` of lattices."""
        coordinates: dict[str, Numbers] = self.__dict__.get("coordinates", {})
        if name in coordinates:
            return coordinates[name]
        raise AttributeError(
            f"a recall has no {name!r}, and no {name} was decoded: internal coordinates need "
            "recall(..., decode=True) on a model trained with them"
        )


def follow_paths(point: MaterialPoint, driving: Numbers, dt: Numbers) -> tuple[Numbers, ...]:
    """Follow driving paths (B, T, y); return what `Increment` holds, with leading axes (B, T).

    Paths are followed in pieces of one length, and their number is rounded up, so that few shapes are ever
    compiled; the steps and paths that this adds repeat the last strain of a path, and are cut off at the end.

    Parameters
    ----------
    point : MaterialPoint
    driving : array, shape (B, T, y)
        Driving variables at the end of every increment, in physical units; paths begin undeformed.
    dt : array, shape (B, T)
        Durations of the increments.
    """
    count, steps, y = driving.shape
    pieces, rows = -(-steps // PIECE), rounded(count)
    filled = np.zeros((rows, pieces * PIECE, y))
    filled[:count, :steps] = driving
    filled[:count, steps:] = driving[:, -1:]
    durations = np.ones((rows, pieces * PIECE))
    durations[:count, :steps] = dt
    before, state = jax.device_put(
        (np.zeros((rows, y)), np.tile(np.asarray(compiled_virgin_state(point)), (rows, 1)))
    )
    results = []
    for start in range(0, pieces * PIECE, PIECE):
        part = slice(start, start + PIECE)
        before, state, result = _follow(
            point, before, state, *jax.device_put((filled[:, part], durations[:, part]))
        )
        results.append(result)
    return tuple(np.concatenate(arrays, axis=1)[:count, :steps] for arrays in zip(*results, strict=True))


@eqx.filter_jit
def compiled_virgin_state(material: MaterialPoint) -> Float[Array, "z"]:
    """Return Z of the undeformed, unstressed material; one program compiles faster than each of its operations."""
    return material.virgin_state()


@eqx.filter_jit
def _follow(
    material: MaterialPoint,
    before: Float[Array, "B y"],
    state: Float[Array, "B z"],
    driving: Float[Array, "B T y"],
    dt: Float[Array, "B T"],
) -> tuple[Float[Array, "B y"], Float[Array, "B z"], Increment]:
    """Follow a piece of driving paths; return where it ends, and the results with leading axes (B, T)."""

    def path(
        before: Float[Array, "y"], state: Float[Array, "z"], driving: Float[Array, "T y"], dt: Float[Array, "T"]
    ) -> tuple[Float[Array, "y"], Float[Array, "z"], Increment]:
        def step(
            carry: tuple[Float[Array, "y"], Float[Array, "z"]], target: tuple[Float[Array, "y"], Float[Array, ""]]
        ) -> tuple[tuple[Float[Array, "y"], Float[Array, "z"]], Increment]:
            before, state = carry
            after, duration = target
            result = material.increment(before, state, after - before, duration)
            return (after, result.state), result

        (before, state), results = jax.lax.scan(step, (before, state), (driving, dt))
        return before, state, results

    return jax.vmap(path)(before, state, driving, dt)
