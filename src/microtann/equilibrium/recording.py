"""Reads the equilibria of a record: its response, and from where a march goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.equilibrium.checkpoint import Checkpoint
from microtann.equilibrium.history import History, Part, Statistics
from microtann.equilibrium.increment_table import IncrementRow
from microtann.equilibrium.lazy import Lazy, LazyRows
from microtann.equilibrium.plan import Plan
from microtann.equilibrium.range_watch import Reach, reach_arrays
from microtann.equilibrium.record import entry_path, points_digest, read_header, state_path
from microtann.equilibrium.record_files import Entry, read_entry, read_fields, read_nodal, read_state
from microtann.equilibrium.steps import label
from microtann.equilibrium.unknowns import NodalUnknowns
from microtann.errors import DataFileError, InputError
from microtann.system.hdf5 import opened

Array = NDArray[np.float64]


class Recording:
    """The equilibria of a record, read from its folder.

    Parameters
    ----------
    folder : Path
    points : array, shape (N, d)
        Nodes of the body.
    unknowns : NodalUnknowns
        Of every node.

    Raises
    ------
    InputError
        If the folder holds no record, or that of another body.
    """

    def __init__(self, folder: Path, points: Float[Array, "N d"], unknowns: NodalUnknowns) -> None:
        self.folder, self._points, self._unknowns = folder, points, unknowns
        header = read_header(folder)
        if header is None:
            raise InputError(f"{folder} holds no record of a simulation")
        if header.get("points") != points_digest(points):
            raise InputError(f"the record in {folder} is of another body: its nodes are not those of this one")
        self.entries: list[Entry] = []
        while (entry := self._read(len(self.entries))) is not None:
            self.entries.append(entry)

    def _read(self, number: int) -> Entry | None:
        """Return an equilibrium; None if it is not there or was not written to its end."""
        try:
            return read_entry(entry_path(self.folder, number))
        except DataFileError:
            return None

    @property
    def ends(self) -> list[int]:
        """Numbers of the equilibria that end an increment."""
        return [number for number, entry in enumerate(self.entries) if entry.fraction == 1.0]

    def place(self, increment: int | None) -> int:
        """Return the number of the equilibrium that ends an increment, or of the last to go on from.

        It is −1 where the record holds none.

        Raises
        ------
        InputError
            If there is no such increment, or its state was not kept.
        """
        if increment is None:
            found = (number for number in reversed(range(len(self.entries))) if self._has_state(number))
            return next(found, -1)
        ends = self.ends
        if not 0 <= increment < len(ends):
            raise InputError(f"the record in {self.folder} has no increment {increment}: it holds {len(ends)}")
        if not self._has_state(ends[increment]):
            raise InputError(
                f"the state at the end of increment {increment} was not kept in {self.folder}, or is damaged: "
                "record with every_state=True, or go on from the last"
            )
        return ends[increment]

    def _has_state(self, number: int) -> bool:
        """Return whether the state after an equilibrium is there, and was written to its end."""
        try:
            with opened(state_path(self.folder, number)):
                return True
        except DataFileError:
            return False

    def checkpoint(self, number: int, virgin: Any) -> Checkpoint:
        """Return from where to go on after an equilibrium.

        Raises
        ------
        DataFileError
            If its file is damaged.
        InputError
            If the state is that of another material.
        """
        return read_state(state_path(self.folder, number), virgin)

    def check_loading(self, number: int, plan: Plan) -> None:
        """Refuse steps that are not those of the equilibria up to a number.

        Raises
        ------
        InputError
        """
        digests = [plan.digest(step) for step in range(len(plan.steps))]
        for entry in self.entries[: number + 1]:
            step = plan.step_of(entry.increment) if entry.increment < plan.count else None
            if step is None or digests[step] != entry.loading:
                name = "the steps" if step is None else label(plan.steps[step], step)
                raise InputError(
                    f"the record in {self.folder} was made with other loading: {name} must be as it was up to "
                    f"increment {self.entries[number].increment}"
                )

    def reached(self) -> list[Reach]:
        """Return what every increment came to in the range of training data; nothing where that is not known."""
        return [entry.reach for entry in self.entries if entry.reach is not None]

    def history(self) -> History:
        """Return the response up to the end of the last increment that was finished.

        Raises
        ------
        InputError
            If no increment was.
        """
        ends = self.ends
        if not ends:
            raise InputError(f"the record in {self.folder} holds no increment that was finished")
        chosen = [self.entries[number] for number in ends]
        reached = [entry.reach for entry in chosen if entry.reach is not None]
        training_reach, points_outside = reach_arrays(reached)
        unknowns = self._unknowns
        with_fields = list(takewhile(lambda number: self.entries[number].has_fields, reversed(ends)))[::-1]
        inside = [number for number in range(ends[-1]) if self.entries[number].fraction < 1.0]
        rows: list[IncrementRow] = [entry.row for entry in chosen if entry.row is not None]
        return History(
            points=self._points,
            time=np.array([entry.time for entry in chosen]),
            displacement=self._nodal(ends, "displacement", unknowns.moved),
            reactions=self._nodal(ends, "reactions", unknowns.moved),
            rotation=self._nodal(ends, "displacement", unknowns.turned) if unknowns.rotations else None,
            reaction_moments=self._nodal(ends, "reactions", unknowns.moments) if unknowns.rotations else None,
            energy=np.array([entry.energy for entry in chosen]),
            dissipation=np.array([entry.dissipation for entry in chosen]),
            statistics=Statistics.of(chosen[-1].cost, rows),
            fields=Lazy(len(with_fields), lambda index: read_fields(entry_path(self.folder, with_fields[index]))),
            training_reach=training_reach,
            points_outside=points_outside,
            parts=Lazy(len(inside), lambda index: self._part(inside[index])),
        )

    def _nodal(self, numbers: Sequence[int], name: str, part: Callable[[Array], Array | None]) -> LazyRows:
        """Return a part of what nodes do at chosen equilibria, which is read when it is asked for.

        Parameters
        ----------
        numbers : sequence of int
        name : str
            "displacement" or "reactions".
        part : callable
            Of all unknowns of the nodes.
        """
        width = part(np.zeros(self._unknowns.count))
        shape = (len(numbers), len(self._points), 0 if width is None else len(width))
        return LazyRows(
            shape, lambda index: np.asarray(part(read_nodal(entry_path(self.folder, numbers[index]), name)))
        )

    def _part(self, number: int) -> Part:
        entry = self.entries[number]
        motion = read_nodal(entry_path(self.folder, number), "displacement")
        moved, turned = self._unknowns.moved(motion), self._unknowns.turned(motion)
        return Part(entry.increment, entry.time, moved, entry.fraction, entry.energy, entry.dissipation, turned)
