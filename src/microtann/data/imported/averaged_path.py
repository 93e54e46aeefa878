"""One path of a microstructure that somebody else solved: averages, and fields if there are any."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from microtann.errors import InputError
from microtann.numbers.checks import as_floats

Array = NDArray[np.float64]
AT_REST = 1e-9
"""Part of the largest stress that the virgin state may have: what a programme writes for zero."""


@runtime_checkable
class PathSource(Protocol):
    """Something that a path is read from when it is its turn, so that not all fields are in memory together."""

    @property
    def name(self) -> str:
        """What it is called in sentences."""

    def read(self) -> AveragedPath:
        """Return the path."""


@dataclass(frozen=True, eq=False)
class AveragedPath:
    """States of a microstructure along one path from the virgin state.

    Strains and stresses are in the order of the package (11, 22, 33, 23, 13, 12; 11, 22, 12) with γ = 2ε; other
    orders: `microtann.data.imported.component_order.ComponentOrder`. A path that begins with its first increment
    gets the virgin state, where all is zero, in front.

    Parameters
    ----------
    strain, stress : array, shape (K, v)
        At K states.
    time : array, shape (K,), optional
        By default 1 for every increment.
    energy : array, shape (K,), optional
        Ψ per unit volume.
    dissipation : array, shape (K,), optional
        What is dissipated from the virgin state on, per unit volume.
    extra : array, shape (K, e), optional
        State variables that are imposed as the strain is, such as a temperature.
    coordinates : mapping of arrays, shape (K, ...), optional
        Internal coordinates by name; rows of NaN where the field of a state is not kept.
    name : str
        For sentences.

    Raises
    ------
    InputError
        If shapes do not fit, a number is not finite, time does not grow, or the path begins with a stress without
        strain.
    """

    strain: Array
    stress: Array
    time: Array | None = None
    energy: Array | None = None
    dissipation: Array | None = None
    extra: Array | None = None
    coordinates: Mapping[str, Array] = field(default_factory=dict)
    name: str = "the path"

    def __post_init__(self) -> None:
        strain = self._array("strain", self.strain)
        if strain.ndim != 2 or not len(strain):
            raise InputError(f"{self.name}: strain must have shape (K, v) with K ≥ 1, got {strain.shape}")
        given = {"strain": strain, "stress": self._array("stress", self.stress)}
        if given["stress"].shape != strain.shape:
            raise InputError(f"{self.name}: stress has shape {given['stress'].shape}, but strain {strain.shape}")
        for key in ("time", "energy", "dissipation", "extra"):
            if (value := getattr(self, key)) is not None:
                given[key] = self._array(key, value)
        if "extra" in given and given["extra"].ndim == 1:
            given["extra"] = given["extra"][:, None]
        fields = {key: as_floats(key, value) for key, value in self.coordinates.items()}
        for key, array in (given | fields).items():
            if len(array) != len(strain) or (key in ("time", "energy", "dissipation") and array.ndim != 1):
                raise InputError(f"{self.name}: {key} has shape {array.shape}, but there are {len(strain)} states")
        if np.any(strain[0]):
            given, fields = _from_virgin(given), {key: _after_zeros(array) for key, array in fields.items()}
        elif np.abs(given["stress"][0]).max() > AT_REST * np.abs(given["stress"]).max():
            raise InputError(
                f"{self.name}: it begins with the stress {given['stress'][0].tolist()} without strain: a path "
                "starts in the virgin state; subtract what it starts with"
            )
        else:
            given["stress"] = np.concatenate([np.zeros_like(strain[:1]), given["stress"][1:]])
        if len(given["strain"]) < 2:
            raise InputError(f"{self.name}: it has the virgin state alone, and no increment")
        given.setdefault("time", np.arange(float(len(given["strain"]))))
        bad = np.flatnonzero(np.diff(given["time"]) <= 0.0)
        if bad.size:
            before, after = given["time"][bad[0] : bad[0] + 2]
            raise InputError(
                f"{self.name}: time is {after:g} after {before:g}, in state {bad[0] + 1}: it must grow"
            )
        for key, array in given.items():
            object.__setattr__(self, key, array)
        object.__setattr__(self, "coordinates", fields)

    def __len__(self) -> int:
        return len(self.strain)

    def read(self) -> AveragedPath:
        """Return itself: it is a `PathSource` that has been read."""
        return self

    def _array(self, key: str, value: ArrayLike) -> Array:
        array = as_floats(key, value)
        bad = np.argwhere(~np.isfinite(array))
        if len(bad):
            place = tuple(int(i) for i in bad[0])
            raise InputError(f"{self.name}: {key} is {array[place]} in state {place[0]}: a path may have no gaps")
        return array


def _from_virgin(given: dict[str, Array]) -> dict[str, Array]:
    """Return arrays of states with the virgin one in front, at time 0, its extra variables as at the start."""
    whole = {key: _after_zeros(array) for key, array in given.items()}
    if "extra" in given:
        whole["extra"][0] = given["extra"][0]
    return whole


def _after_zeros(array: Array) -> Array:
    return np.concatenate([np.zeros_like(array[:1]), array])
