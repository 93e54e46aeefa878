"""States of systems as named arrays, for files: whatever dataclasses, dicts and sequences they are made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from microtann.errors import InputError


def to_arrays(state: Any, name: str = "state") -> dict[str, NDArray[Any]]:
    """Return the arrays of a state by path, such as "state/material/energy".

    Parameters
    ----------
    state : object
        An array or number, or a dataclass, dict, tuple or list of states. None is left out.
    name : str
        Where the path begins.

    Raises
    ------
    InputError
        If there is something else in it.
    """
    if state is None:
        return {}
    parts = _parts(state)
    if parts is None:
        if not isinstance(state, np.ndarray | np.generic | int | float | bool):
            raise InputError(
                f"{name.replace('/', '.')} cannot be written to a file: it is a {type(state).__name__}"
            )
        return {name: np.asarray(state)}
    found: dict[str, NDArray[Any]] = {}
    for key, value in parts:
        found |= to_arrays(value, f"{name}/{key}")
    return found


def from_arrays(arrays: Mapping[str, NDArray[Any]], like: Any, name: str = "state") -> Any:
    """Return a state from its arrays.

    Parameters
    ----------
    arrays : mapping
        As `to_arrays` returned them.
    like : object
        A state of the same system; the entries of its dicts are those that the arrays hold.
    name : str

    Raises
    ------
    InputError
        If the arrays do not fit.
    """
    if isinstance(like, dict):
        below = [path.removeprefix(f"{name}/") for path in arrays if path.startswith(f"{name}/")]
        keys = dict.fromkeys(path.partition("/")[0] for path in below)
        missing = set(like) - set(keys)
        if missing:
            raise InputError(
                f"the state holds no {name.replace('/', '.')}.{min(missing)}: it is of another material"
            )
        return {key: from_arrays(arrays, like.get(key, np.empty(0)), f"{name}/{key}") for key in keys}
    parts = _parts(like)
    if parts is None:
        if like is None:
            return None
        if name not in arrays:
            raise InputError(f"the state holds no {_dotted(name)}: it is of another system")
        return arrays[name] if isinstance(like, np.ndarray) else arrays[name].item()
    made = {key: from_arrays(arrays, value, f"{name}/{key}") for key, value in parts}
    return (
        replace(like, **made) if is_dataclass(like) and not isinstance(like, type) else type(like)(made.values())
    )


def _dotted(name: str) -> str:
    return name.replace("/", ".")


def _parts(state: Any) -> Iterator[tuple[str, Any]] | None:
    """Return what a state is made of; None where it is an array or a number."""
    if isinstance(state, dict):
        return iter(state.items())
    if isinstance(state, tuple | list):
        return ((str(index), value) for index, value in enumerate(state))
    if is_dataclass(state) and not isinstance(state, type):
        return ((f.name, getattr(state, f.name)) for f in fields(state))
    return None
