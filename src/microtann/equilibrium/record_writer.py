"""Writes the equilibria of a march to the folder of a record."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.equilibrium.checkpoint import Accepted
from microtann.equilibrium.history import History
from microtann.equilibrium.range_watch import Reach
from microtann.equilibrium.record import (
    FAILED_POINT,
    HEADER,
    RECORD_SCHEMA,
    STATE,
    Record,
    entry_path,
    number_of,
    points_digest,
    state_path,
)
from microtann.equilibrium.record_files import write_entry, write_state
from microtann.equilibrium.recording import Recording
from microtann.equilibrium.unknowns import NodalUnknowns
from microtann.errors import InputError, StorageError
from microtann.system.atomic import remove_leftovers, write_atomically

Array = NDArray[np.float64]


class RecordWriter:
    """Writes the equilibria of a march to the folder of a record.

    Parameters
    ----------
    record : Record
    points : array, shape (N, d)
    unknowns : NodalUnknowns
        Of every node.
    number : int
        Of the next equilibrium.
    reached : list of Reach
        What the increments before came to in the range of training data.
    """

    def __init__(
        self,
        record: Record,
        points: Float[Array, "N d"],
        unknowns: NodalUnknowns,
        number: int,
        reached: list[Reach],
    ) -> None:
        self._record, self._points, self._unknowns, self._number = record, points, unknowns, number
        self.reached = reached
        self._ends: list[int] = []
        self._states = {number_of(path) for path in record.path.glob(f"*{STATE}")}

    @property
    def folder(self) -> Path:
        """Where the files are."""
        return self._record.path

    @staticmethod
    def new(record: Record, points: Float[Array, "N d"], unknowns: NodalUnknowns) -> RecordWriter:
        """Begin a record in a folder that is new or empty.

        Parameters
        ----------
        record : Record
        points : array, shape (N, d)
        unknowns : NodalUnknowns
            Of every node.

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
        write_atomically(
            folder / HEADER, json.dumps({"schema": RECORD_SCHEMA, "points": points_digest(points)}) + "\n"
        )
        return RecordWriter(record, points, unknowns, 0, [])

    @staticmethod
    def going_on(
        record: Record,
        points: Float[Array, "N d"],
        unknowns: NodalUnknowns,
        recording: Recording,
        number: int,
    ) -> RecordWriter:
        """Go on after an equilibrium of a record, in its own folder or in a new one that gets a copy of it.

        Parameters
        ----------
        record : Record
            Where to write.
        points : array, shape (N, d)
            Nodes of the body.
        unknowns : NodalUnknowns
            Of every node.
        recording : Recording
            What was recorded so far.
        number : int
            Of the equilibrium to go on after.

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
                if number_of(path) > number:
                    path.unlink()
        else:
            RecordWriter.new(record, points, unknowns)
            for done in range(number + 1):
                for path in (state_path(recording.folder, done), entry_path(recording.folder, done)):
                    if path.is_file():
                        shutil.copyfile(path, folder / path.name)
        (folder / FAILED_POINT).unlink(missing_ok=True)
        reached = [entry.reach for entry in recording.entries[: number + 1] if entry.reach is not None]
        writer = RecordWriter(record, points, unknowns, number + 1, reached)
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
        return Recording(self._record.path, self._points, self._unknowns).history()


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(error.errno or 0, f"{folder} cannot be made: {error.strerror}") from error
