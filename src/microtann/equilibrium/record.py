"""A simulation on disk: a folder with two HDF5 files per equilibrium, written as the march goes.

Each file appears when it is whole, so that a simulation that is killed leaves all equilibria before. Nothing of
them stays in memory.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.equilibrium.checkpoint import Accepted, Checkpoint
from microtann.equilibrium.history import History, Part, Statistics
from microtann.equilibrium.increment_table import IncrementRow
from microtann.equilibrium.lazy import Lazy, LazyRows
from microtann.equilibrium.plan import Plan
from microtann.equilibrium.range_watch import Reach, reach_arrays
from microtann.equilibrium.record_files import (
    Entry,
    read_entry,
    read_fields,
    read_nodal,
    read_state,
    write_entry,
    write_state,
)
from microtann.equilibrium.steps import label
from microtann.errors import DataFileError, InputError, StorageError
from microtann.system.atomic import remove_leftovers, write_atomically
from microtann.system.hdf5 import opened

Array = NDArray[np.float64]
HEADER = "record.json"
FAILED_POINT = "failed-point.h5"
"""File, in the folder of a record, of the material point at which the simulation failed."""
RECORD_SCHEMA = "microtann record 1"
STATE = "-state.h5"
"""End of the names of files from which a march goes on."""


@dataclass(frozen=True)
class Record:
    """Where a simulation is recorded.

    Parameters
    ----------
    folder : path
        New, empty, or that of a record that a restart goes on with.
    every_state : bool
        Whether the state of every equilibrium is kept, so that a restart may begin at any of them; else only those
        of the last ones, from which a simulation that was stopped goes on.
    """

    folder: str | os.PathLike[str]
    every_state: bool = True

    @property
    def path(self) -> Path:
        """The folder."""
        return Path(self.folder)


@dataclass(frozen=True)
class Restart:
    """Where a simulation goes on.

    Parameters
    ----------
    folder : path
        Of a record.
    increment : int, optional
        Index of the increment at whose end to go on; the last equilibrium of the record if left out.
    """

    folder: str | os.PathLike[str]
    increment: int | None = None

    @property
    def path(self) -> Path:
        """The folder."""
        return Path(self.folder)


class Recording:
    """The equilibria of a record, read from its folder.

    Parameters
    ----------
    folder : Path
    points : array, shape (N, d)
        Nodes of the body.

    Raises
    ------
    InputError
        If the folder holds no record, or that of another body.
    """

    def __init__(self, folder: Path, points: Float[Array, "N d"]) -> None:
        self.folder, self._points = folder, points
        header = _read_header(folder)
        if header is None:
            raise InputError(f"{folder} holds no record of a simulation")
        if header.get("points") != _digest(points):
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
        """Return the number of the equilibrium that ends an increment; else of the last that can be gone on from.

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
        shape = (len(ends), *self._points.shape)
        with_fields = list(takewhile(lambda number: self.entries[number].has_fields, reversed(ends)))[::-1]
        inside = [number for number in range(ends[-1]) if self.entries[number].fraction < 1.0]
        rows: list[IncrementRow] = [entry.row for entry in chosen if entry.row is not None]
        return History(
            points=self._points,
            time=np.array([entry.time for entry in chosen]),
            displacement=LazyRows(shape, self._nodal(ends, "displacement")),
            reactions=LazyRows(shape, self._nodal(ends, "reactions")),
            energy=np.array([entry.energy for entry in chosen]),
            dissipation=np.array([entry.dissipation for entry in chosen]),
            statistics=Statistics.of(chosen[-1].cost, rows),
            fields=Lazy(len(with_fields), lambda index: read_fields(entry_path(self.folder, with_fields[index]))),
            training_reach=training_reach,
            points_outside=points_outside,
            parts=Lazy(len(inside), lambda index: self._part(inside[index])),
        )

    def _nodal(self, numbers: Sequence[int], name: str) -> Callable[[int], Array]:
        return lambda index: read_nodal(entry_path(self.folder, numbers[index]), name)

    def _part(self, number: int) -> Part:
        entry = self.entries[number]
        moved = read_nodal(entry_path(self.folder, number), "displacement")
        return Part(entry.increment, entry.time, moved, entry.fraction, entry.energy, entry.dissipation)


class RecordWriter:
    """Writes the equilibria of a march to the folder of a record.

    Parameters
    ----------
    record : Record
    points : array, shape (N, d)
    number : int
        Of the next equilibrium.
    reached : list of Reach
        What the increments before came to in the range of training data.
    """

    def __init__(self, record: Record, points: Float[Array, "N d"], number: int, reached: list[Reach]) -> None:
        self._record, self._points, self._number = record, points, number
        self.reached = reached
        self._ends: list[int] = []
        self._states = {_number(path) for path in record.path.glob(f"*{STATE}")}

    @property
    def folder(self) -> Path:
        """Where the files are."""
        return self._record.path

    @staticmethod
    def new(record: Record, points: Float[Array, "N d"]) -> RecordWriter:
        """Begin a record in a folder that is new or empty.

        Raises
        ------
        InputError
            If there is something in the folder.
        StorageError
            If it cannot be made.
        """
        folder = record.path
        if folder.is_dir():
            remove_leftovers(folder)
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            held = "a record" if folder.is_dir() and (folder / HEADER).exists() else "other files"
            raise InputError(f"{folder} holds {held}: restart from it, or record in a new folder")
        _make(folder)
        write_atomically(folder / HEADER, json.dumps({"schema": RECORD_SCHEMA, "points": _digest(points)}) + "\n")
        return RecordWriter(record, points, 0, [])

    @staticmethod
    def going_on(record: Record, points: Float[Array, "N d"], recording: Recording, number: int) -> RecordWriter:
        """Go on after an equilibrium of a record, in its own folder or in a new one that gets a copy of it.

        Raises
        ------
        InputError
            If another folder is not empty.
        StorageError
            If something cannot be written.
        """
        folder = record.path
        if folder.exists() and folder.samefile(recording.folder):
            remove_leftovers(folder)
            for path in sorted(folder.glob("[0-9]*.h5"), reverse=True):  # the last first: a record has no gaps
                if _number(path) > number:
                    path.unlink()
        else:
            RecordWriter.new(record, points)
            for done in range(number + 1):
                for path in (state_path(recording.folder, done), entry_path(recording.folder, done)):
                    if path.is_file():
                        shutil.copyfile(path, folder / path.name)
        (folder / FAILED_POINT).unlink(missing_ok=True)
        reached = [entry.reach for entry in recording.entries[: number + 1] if entry.reach is not None]
        writer = RecordWriter(record, points, number + 1, reached)
        writer._ends = [end for end in recording.ends if end <= number][-2:]
        return writer

    def accept(self, accepted: Accepted, fields: dict[str, Array] | None) -> None:
        """Write an equilibrium: its state, and then the file that makes it count.

        Raises
        ------
        StorageError
            If a file cannot be written.
        """
        folder, number = self._record.path, self._number
        write_state(state_path(folder, number), accepted.checkpoint)
        self._states.add(number)
        write_entry(entry_path(folder, number), accepted, fields)
        if accepted.reach is not None:
            self.reached.append(Reach.of(accepted.reach))
        if accepted.ends_increment:
            self._ends = [*self._ends[-1:], number]
        if not self._record.every_state:
            # the one before is kept in case that the last files do not survive, the ends of increments for results
            kept = {number, number - 1, *self._ends}
            for old in self._states - kept:
                state_path(folder, old).unlink(missing_ok=True)
            self._states &= kept
        self._number += 1

    def history(self) -> History:
        """Return the response, read from the folder."""
        return Recording(self._record.path, self._points).history()


def entry_path(folder: Path, number: int) -> Path:
    """Return the file of an equilibrium by its number, counted from 0 since the start."""
    return folder / f"{_name(number)}.h5"


def state_path(folder: Path, number: int) -> Path:
    """Return the file from which a march goes on after an equilibrium."""
    return folder / f"{_name(number)}{STATE}"


def _name(number: int) -> str:
    return f"{number:08d}"


def _number(path: Path) -> int:
    return int(path.name[: len(_name(0))])


def is_record(folder: Path) -> bool:
    """Return whether a folder holds a record, though it may have no equilibrium yet."""
    return _read_header(folder) is not None


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(error.errno or 0, f"{folder} cannot be made: {error.strerror}") from error


def _read_header(folder: Path) -> dict[str, Any] | None:
    try:
        content = json.loads((folder / HEADER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) and content.get("schema") == RECORD_SCHEMA else None


def _digest(points: Float[Array, "N d"]) -> str:
    return hashlib.sha256(np.ascontiguousarray(points).tobytes()).hexdigest()
