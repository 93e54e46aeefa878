"""What is kept of the equilibria of a march: in memory here, in files in `microtann.equilibrium.record`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.equilibrium.checkpoint import Accepted
from microtann.equilibrium.history import History, Part, Statistics
from microtann.equilibrium.increment_table import IncrementRow
from microtann.equilibrium.range_watch import Reach, reach_arrays
from microtann.equilibrium.unknowns import NodalUnknowns

Array = NDArray[np.float64]
Fields = dict[str, Array]


@runtime_checkable
class Recorder(Protocol):
    """Takes note of the equilibria of a march, in order."""

    reached: list[Reach]
    """What every increment came to in the range of training data; empty where that is not known."""

    @property
    def folder(self) -> Path | None:
        """Where the files are, if there are any."""
        ...

    def accept(self, accepted: Accepted, fields: Fields | None) -> None:
        """Take note of an equilibrium; ``fields`` are those of elements or bars where they are to be kept."""
        ...

    def history(self) -> History:
        """Return the response up to the end of the last increment that was finished."""
        ...


class MemoryRecorder:
    """Keeps the ends of all increments as arrays in memory.

    Parameters
    ----------
    points : array, shape (N, d)
    count : int
        Number of increments.
    unknowns : NodalUnknowns
        Of every node.
    """

    def __init__(self, points: Float[Array, "N d"], count: int, unknowns: NodalUnknowns) -> None:
        self._points, self._unknowns = points, unknowns
        self._times, self._energies, self._dissipations = np.zeros(count), np.zeros(count), np.zeros(count)
        self._motion, self._forces = np.zeros((2, count, len(points), unknowns.count))
        self._fields: list[Fields] = []
        self._rows: list[IncrementRow] = []
        self.reached: list[Reach] = []
        self._parts: list[Part] = []
        self._statistics = Statistics(0, 0, 0, 0, 0.0, 0.0, 0.0, 0.0)

    @property
    def folder(self) -> None:
        """None: there are no files."""

    def accept(self, accepted: Accepted, fields: Fields | None) -> None:
        """Take note of an equilibrium."""
        index, checkpoint = accepted.increment, accepted.checkpoint
        energy, dissipated = checkpoint.equilibrium.energy, checkpoint.dissipated
        if accepted.row is None:
            moved, turned = (
                self._unknowns.moved(accepted.displacement),
                self._unknowns.turned(accepted.displacement),
            )
            self._parts.append(Part(index, accepted.time, moved, accepted.fraction, energy, dissipated, turned))
            return
        self._times[index], self._energies[index], self._dissipations[index] = accepted.time, energy, dissipated
        self._motion[index], self._forces[index] = accepted.displacement, accepted.reactions
        self._rows.append(accepted.row)
        if accepted.reach is not None:
            self.reached.append(Reach.of(accepted.reach))
        if fields is not None:
            self._fields.append(fields)
        self._statistics = Statistics.of(checkpoint.cost, self._rows)

    def history(self) -> History:
        """Return the response up to the end of the last increment that was finished."""
        training_reach, points_outside = reach_arrays(self.reached)
        done, unknowns = len(self._rows), self._unknowns
        motion, forces = self._motion[:done], self._forces[:done]
        return History(
            points=self._points,
            time=self._times[:done],
            displacement=unknowns.moved(motion),
            reactions=unknowns.moved(forces),
            rotation=unknowns.turned(motion),
            reaction_moments=unknowns.moments(forces),
            energy=self._energies[:done],
            dissipation=self._dissipations[:done],
            statistics=self._statistics,
            fields=tuple(self._fields),
            training_reach=training_reach,
            points_outside=points_outside,
            parts=tuple(self._parts),
        )

    def history_with(self, accepted: Accepted, fields: Fields) -> History:
        """Return the response up to an equilibrium inside an increment, which was the last to be accepted.

        Parameters
        ----------
        accepted : Accepted
        fields : dict of arrays
            Those of elements or bars there.
        """
        checkpoint, before, unknowns = accepted.checkpoint, self.history(), self._unknowns
        motion, forces = accepted.displacement[None], accepted.reactions[None]
        turned, moments = unknowns.turned(motion), unknowns.moments(forces)
        reached = [*self.reached, Reach.of(checkpoint.reach)] if checkpoint.reach is not None else []
        training_reach, points_outside = reach_arrays(reached)
        return replace(
            before,
            time=np.append(before.time, accepted.time),
            displacement=np.concatenate([before.displacement, unknowns.moved(motion)]),
            reactions=np.concatenate([before.reactions, unknowns.moved(forces)]),
            rotation=None if turned is None else np.concatenate([before.rotation, turned]),
            reaction_moments=None if moments is None else np.concatenate([before.reaction_moments, moments]),
            energy=np.append(before.energy, checkpoint.equilibrium.energy),
            dissipation=np.append(before.dissipation, checkpoint.dissipated),
            statistics=Statistics.of(checkpoint.cost, [*self._rows, checkpoint.row]),
            fields=(*self._fields, fields),
            training_reach=training_reach,
            points_outside=points_outside,
            parts=tuple(self._parts[:-1]),
        )
