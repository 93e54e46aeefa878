"""The record of a simulation: a folder of equilibria, of which each is two files that appear when they are whole.

`RecordWriter` writes it as a march goes on, `Recording` reads it. A simulation that is killed leaves all that it
has found, and nothing of it stays in memory.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

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


def is_record(folder: Path) -> bool:
    """Return whether a folder holds a record, though it may have no equilibrium yet."""
    return read_header(folder) is not None


def entry_path(folder: Path, number: int) -> Path:
    """Return the file of an equilibrium by its number, counted from 0 since the start."""
    return folder / f"{_name(number)}.h5"


def state_path(folder: Path, number: int) -> Path:
    """Return the file from which a march goes on after an equilibrium."""
    return folder / f"{_name(number)}{STATE}"


def _name(number: int) -> str:
    return f"{number:08d}"


def number_of(path: Path) -> int:
    """Return the number of the equilibrium that a file belongs to."""
    return int(path.name[: len(_name(0))])


def read_header(folder: Path) -> dict[str, Any] | None:
    """Return what a record says of itself; None where a folder holds none."""
    try:
        content = json.loads((folder / HEADER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) and content.get("schema") == RECORD_SCHEMA else None


def points_digest(points: Float[NDArray[np.float64], "N d"]) -> str:
    """Return what identifies the body: a digest of its nodes."""
    return hashlib.sha256(np.ascontiguousarray(points).tobytes()).hexdigest()
