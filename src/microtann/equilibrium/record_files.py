"""The two files of a recorded equilibrium: what it is, for results, and its state, for a restart."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from pydantic import TypeAdapter

from microtann.equilibrium.checkpoint import Accepted, Checkpoint, StepStart
from microtann.equilibrium.increment_table import IncrementRow
from microtann.equilibrium.newton import Equilibrium
from microtann.equilibrium.range_watch import Reach
from microtann.equilibrium.running_cost import Cost
from microtann.equilibrium.sparse_rows import read_rows, write_rows
from microtann.equilibrium.state_arrays import from_arrays, to_arrays
from microtann.system.hdf5 import created, opened

Array = NDArray[np.float64]
NODAL = ("displacement", "reactions")
_ROW: TypeAdapter[Any] = TypeAdapter(IncrementRow | None)
_REACH: TypeAdapter[Any] = TypeAdapter(Reach | None)


@dataclass(frozen=True)
class Entry:
    """A recorded equilibrium without its fields.

    Parameters
    ----------
    increment : int
    fraction, time : float
    energy, dissipation : float
        Free energy, and what was dissipated since the start.
    last : bool
    loading : str
    has_fields : bool
    cost : Cost
        Since the start.
    row : IncrementRow or None
    reach : Reach or None
        As in `microtann.equilibrium.checkpoint.Accepted`.
    """

    increment: int
    fraction: float
    time: float
    energy: float
    dissipation: float
    last: bool
    loading: str
    has_fields: bool
    cost: Cost
    row: IncrementRow | None
    reach: Reach | None


def write_entry(path: Path, accepted: Accepted, fields: Mapping[str, Array] | None) -> None:
    """Write an equilibrium with its nodal values and the fields of elements or bars.

    Parameters
    ----------
    path : Path
    accepted : Accepted
    fields : mapping of arrays, or None
        One row per element or bar; None where they are not kept.

    Raises
    ------
    StorageError
        If the file cannot be written.
    """
    checkpoint = accepted.checkpoint
    reach = None if accepted.reach is None else Reach.of(accepted.reach)
    with created(path) as file:
        file.attrs.update(
            increment=accepted.increment,
            fraction=accepted.fraction,
            time=accepted.time,
            energy=checkpoint.equilibrium.energy,
            dissipation=checkpoint.dissipated,
            last=accepted.last,
            loading=accepted.loading,
        )
        file["displacement"], file["reactions"] = accepted.displacement, accepted.reactions
        if fields is not None:
            for name, values in fields.items():
                file[f"fields/{name}"] = values
        notes = {"cost": checkpoint.cost, "row": accepted.row, "reach": reach}
        _write_json(file, "notes", {name: None if note is None else asdict(note) for name, note in notes.items()})


def read_entry(path: Path) -> Entry:
    """Read an equilibrium without its arrays.

    Raises
    ------
    DataFileError
        If the file is damaged or not there.
    """
    with opened(path) as file:
        attributes, notes = file.attrs, _read_json(file, "notes")
        for name in NODAL:
            file[name].shape  # noqa: B018 - a file that lost them is damaged
        return Entry(
            increment=int(attributes["increment"]),
            fraction=float(attributes["fraction"]),
            time=float(attributes["time"]),
            energy=float(attributes["energy"]),
            dissipation=float(attributes["dissipation"]),
            last=bool(attributes["last"]),
            loading=str(attributes["loading"]),
            has_fields="fields" in file,
            cost=Cost(**notes["cost"]),
            row=_ROW.validate_python(notes["row"]),
            reach=_REACH.validate_python(notes["reach"]),
        )


def read_nodal(path: Path, name: str) -> Float[Array, "N d"]:
    """Read "displacement" or "reactions"."""
    with opened(path) as file:
        return np.asarray(file[name][()])


def read_fields(path: Path) -> dict[str, Array]:
    """Read the fields of elements or bars."""
    with opened(path) as file:
        return {name: np.asarray(values[()]) for name, values in file["fields"].items()}


def write_state(path: Path, checkpoint: Checkpoint) -> None:
    """Write all from which a march goes on.

    Raises
    ------
    StorageError
        If the file cannot be written.
    InputError
        If a state is made of other things than arrays and numbers.
    """
    found = checkpoint.equilibrium
    arrays = {
        "displacement": found.displacement,
        "force": found.force,
        "step_displacement": checkpoint.step_start.displacement,
        "step_force": checkpoint.step_start.force,
        "guess": checkpoint.guess,
        "reach": checkpoint.reach,
    }
    arrays |= to_arrays(found.state)
    with created(path) as file:
        for name, values in arrays.items():
            if values is not None:
                write_rows(file, name, values)
        numbers = {name: getattr(checkpoint, name) for name in _NUMBERS}
        numbers |= {name: getattr(found, name) for name in _FOUND}
        _write_json(file, "notes", numbers | {"cost": asdict(checkpoint.cost), "row": asdict(checkpoint.row)})


def read_state(path: Path, virgin: Any) -> Checkpoint:
    """Read from where a march goes on.

    Parameters
    ----------
    path : Path
    virgin : object
        The virgin state of the system.

    Raises
    ------
    DataFileError
        If the file is damaged or not there.
    InputError
        If it is of another system.
    """
    with opened(path) as file:
        arrays = read_rows(file)
        notes = _read_json(file, "notes")
    state = from_arrays(arrays, virgin)
    found = Equilibrium(
        displacement=arrays["displacement"],
        force=arrays["force"],
        state=state,
        **{name: notes[name] for name in _FOUND},
    )
    return Checkpoint(
        equilibrium=found,
        step_start=StepStart(arrays["step_displacement"], arrays["step_force"]),
        guess=arrays.get("guess"),
        reach=arrays.get("reach"),
        cost=Cost(**notes["cost"]),
        row=_ROW.validate_python(notes["row"]),
        **{name: notes[name] for name in _NUMBERS},
    )


_NUMBERS = ("increment", "passed", "dissipated", "part", "cuts", "equilibria")
_FOUND = ("energy", "dissipation", "scale", "elastic", "residual")


def _write_json(file: h5py.File, name: str, content: Any) -> None:
    """Write plain values as text; numbers come back to the last bit."""
    file[name] = np.frombuffer(json.dumps(content, default=_plain).encode(), dtype=np.uint8)


def _read_json(file: h5py.File, name: str) -> Any:
    return json.loads(file[name][()].tobytes())


def _plain(value: Any) -> Any:
    return value.item()
