"""Paths in HDF5 files of any programme: arrays over the states, by their paths in the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from microtann.data.imported.averaged_path import AveragedPath
from microtann.data.imported.import_choice import ImportChoice
from microtann.data.imported.raw_states import RawStates, to_path
from microtann.data.imported.stated_units import require_one_unit
from microtann.errors import DataFileError
from microtann.numbers.configuration import nearest
from microtann.system.hdf5 import opened, text

Array = NDArray[np.float64]
UNIT_NAMES = ("unit", "units")
"""Attributes that state the unit of a dataset."""


@dataclass(frozen=True)
class ArrayPath:
    """A path that is read from arrays of an HDF5 file when it is its turn.

    Parameters
    ----------
    file : Path
    choice : ImportChoice
    group : str
        Group of the arrays; empty for the file itself.
    """

    file: Path
    choice: ImportChoice
    group: str = ""

    @property
    def name(self) -> str:
        """The file's name, and the group in it."""
        return self.file.stem + (f"/{self.group}" if self.group else "")

    def read(self) -> AveragedPath:
        """Return the path.

        Raises
        ------
        DataFileError
            If an array is not there, or has another number of states.
        """
        with opened(self.file) as file:
            return to_path(self._raw(file[self.group] if self.group else file), self.choice)

    def _raw(self, group: h5py.Group) -> RawStates:
        choice, averages = self.choice, {}
        stated: dict[str, str] = {}
        for key in ("strain", "stress"):
            parts = [self._array(group, name, stated) for name in getattr(choice, key)]
            if len(parts) > 1 and any(part.ndim != 1 for part in parts):
                raise DataFileError(
                    f"{self.file}: several arrays of the {key} hold one component each, with shape (states,)"
                )
            averages[key] = parts[0] if len(parts) == 1 else np.stack(parts, axis=1)
            if averages[key].ndim == 1:
                averages[key] = averages[key][:, None]
        single = {key: name for key in ("time", "energy", "dissipation") if (name := getattr(choice, key))}
        others = {key: self._array(group, name, stated) for key, name in (single | choice.pairs("extra")).items()}
        fields = {name: self._array(group, at, stated) for name, at in choice.pairs("coordinates").items()}
        count = len(averages["strain"])
        for name, values in {**averages, **others, **fields}.items():
            if len(values) != count:
                raise DataFileError(f"{self.file}: {name} has {len(values)} states, but the strain has {count}")
        require_one_unit(str(self.file), stated, choice)
        return RawStates(self.name, averages["strain"], averages["stress"], others, fields)

    def _array(self, group: h5py.Group, name: str, stated: dict[str, str]) -> Array:
        data = group.get(name)
        if not isinstance(data, h5py.Dataset):
            known = _datasets(group)
            within = f" in the group {self.group}" if self.group else ""
            raise DataFileError(
                f"{self.file} has no array {name!r}{within}: {nearest(name, known)}its arrays are {_listed(known)}"
            )
        if data.dtype.kind not in "fiu" or not data.shape:
            raise DataFileError(
                f"{self.file}: {name} holds {data.dtype} of shape {data.shape}, not numbers by state"
            )
        stated[name] = next((text(data.attrs[key]) for key in UNIT_NAMES if key in data.attrs), "")
        return np.asarray(data[()], dtype=np.float64)


def array_paths(files: Sequence[Path], choice: ImportChoice) -> list[ArrayPath]:
    """Return the paths of HDF5 files: a file each, or the groups that are like ``choice.path``.

    Parameters
    ----------
    files : sequence of Path
    choice : ImportChoice

    Raises
    ------
    DataFileError
        If it is not said where strain and stress are, or there is no such group.
    """
    for key in ("strain", "stress"):
        if not getattr(choice, key):
            raise DataFileError(f"say which array holds the {key}: import.{key}, its path in the HDF5 file")
    if not choice.path:
        return [ArrayPath(file, choice) for file in files]
    return [ArrayPath(file, choice, group) for file in files for group in _groups(file, choice.path)]


def _groups(path: Path, pattern: str) -> list[str]:
    with opened(path) as file:
        groups: list[str] = []
        file.visititems(lambda name, item: groups.append(name) if isinstance(item, h5py.Group) else None)
    depth = pattern.strip("/").count("/")  # a star stands for one name
    found = [name for name in groups if fnmatchcase(name, pattern.strip("/")) and name.count("/") == depth]
    if not found:
        close = nearest(pattern, groups)
        raise DataFileError(f"{path} has no group like {pattern!r}: {close}its groups are {_listed(groups)}")
    return found


def _datasets(group: h5py.Group) -> list[str]:
    names: list[str] = []
    group.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
    return names


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:8]) + (", …" if len(names) > 8 else "") if names else "none"
