"""A simulation as columns of numbers, a line for every increment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.equilibrium.increment_table import IncrementRow
from microtann.equilibrium.lazy import LazyRows

Array = NDArray[np.float64]


@runtime_checkable
class WithHistory(Protocol):
    """What is read of a `microtann.equilibrium.history.History`."""

    @property
    def points(self) -> Float[Array, "N d"]:
        """Positions of the nodes."""
        ...

    @property
    def time(self) -> Float[Array, "I"]:
        """At the end of every increment."""
        ...

    @property
    def displacement(self) -> Float[Array, "I N d"] | LazyRows:
        """Of the nodes."""
        ...

    @property
    def reactions(self) -> Float[Array, "I N d"] | LazyRows:
        """Of the supports."""
        ...

    @property
    def rotation(self) -> Float[Array, "I N r"] | LazyRows | None:
        """Of the nodes of frames."""
        ...

    @property
    def reaction_moments(self) -> Float[Array, "I N r"] | LazyRows | None:
        """Of the supports of frames."""
        ...

    @property
    def energy(self) -> Float[Array, "I"]:
        """Free energy."""
        ...

    @property
    def dissipation(self) -> Float[Array, "I"]:
        """Since the start."""
        ...


def history_columns(
    history: WithHistory, sets: Mapping[str, Int[NDArray[np.int64], "_"]]
) -> dict[str, NDArray[Any]]:
    """Return time, energies and, for sets of nodes, mean displacement and reaction, by the name of the column.

    Displacements and reactions of a recorded simulation are read once, an increment at a time.

    Parameters
    ----------
    history : WithHistory
    sets : mapping
        Node indices by name.
    """
    points, count = history.points, len(history.time)
    axes = "xyz"[: points.shape[1]]
    means, forces = np.zeros((2, len(sets), count, len(axes)))
    work = np.zeros(count)
    before = np.zeros((2, *points.shape))
    turned = np.zeros((2, *points.shape[:1], 0 if history.rotation is None else history.rotation.shape[2]))
    for index in range(count):
        displacement, reaction = history.displacement[index], history.reactions[index]
        work[index] = work[index - 1] + 0.5 * float(np.sum((reaction + before[1]) * (displacement - before[0])))
        before = np.stack([displacement, reaction])
        if history.rotation is not None and history.reaction_moments is not None:
            now = np.stack([history.rotation[index], history.reaction_moments[index]])
            work[index] += 0.5 * float(np.sum((now[1] + turned[1]) * (now[0] - turned[0])))
            turned = now
        for place, nodes in enumerate(sets.values()):
            means[place, index], forces[place, index] = (
                displacement[nodes].mean(axis=0),
                reaction[nodes].sum(axis=0),
            )
    columns: dict[str, NDArray[Any]] = {
        "increment": np.arange(count),
        "time": history.time,
        "energy": history.energy,
        "dissipation": history.dissipation,
        "support_work": work,
    }
    for place, name in enumerate(sets):
        columns |= {f"displacement {name} {axis}": means[place, :, i] for i, axis in enumerate(axes)}
        columns |= {f"reaction {name} {axis}": forces[place, :, i] for i, axis in enumerate(axes)}
    return columns


def supported_faces(history: WithHistory) -> dict[str, Int[NDArray[np.int64], "_"]]:
    """Return the nodes of those faces of the bounding box that have reactions at the end, by names as "z=2"."""
    points, loaded = history.points, np.abs(history.reactions[-1]).max(axis=1) > 0.0
    size = float(np.ptp(points, axis=0).max())
    found = {}
    for i, axis in enumerate("xyz"[: points.shape[1]]):
        for value in dict.fromkeys((float(points[:, i].min()), float(points[:, i].max()))):
            nodes = np.flatnonzero(np.abs(points[:, i] - value) <= 1e-9 * size)
            if loaded[nodes].any():
                found[f"{axis}={value:g}"] = nodes
    return found


def iteration_columns(rows: Sequence[IncrementRow]) -> dict[str, list[Any]]:
    """Return step, parts, cuts and iterations of increments, by the name of the column."""
    return {
        "step": [row.step for row in rows],
        "parts": [row.parts for row in rows],
        "cuts": [row.cuts for row in rows],
        "newton": [row.newton for row in rows],
        "linear": [row.linear for row in rows],
    }
