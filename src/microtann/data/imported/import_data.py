"""Files of another programme become a data file: tables, HDF5 arrays, results of DAMASK."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from microtann.data.imported.array_paths import array_paths
from microtann.data.imported.averaged_path import PathSource
from microtann.data.imported.damask_paths import damask_paths, is_damask
from microtann.data.imported.found_clusters import clustered_paths
from microtann.data.imported.import_choice import ImportChoice
from microtann.data.imported.path_writer import Split, write_paths
from microtann.data.imported.stated_units import name_and_unit
from microtann.data.imported.table_paths import table_paths
from microtann.data.text_table import table_lines
from microtann.errors import ConfigurationError, DataFileError
from microtann.numbers.written_number import as_number

READERS: dict[str, Callable[[Sequence[Path], ImportChoice], Sequence[PathSource]]] = {
    "table": table_paths,
    "hdf5": array_paths,
    "damask": damask_paths,
}


def import_data(
    files: Sequence[str | os.PathLike[str]],
    output: str | os.PathLike[str],
    choice: ImportChoice | None = None,
    *,
    progress: Callable[[int, int], object] | None = None,
) -> None:
    """Make a data file of what another programme computed, as ``microtann data import`` does.

    Parameters
    ----------
    files : sequence of paths
        Tables or HDF5 files, all of one kind.
    output : path
        The data file.
    choice : ImportChoice, optional
        Where things are in the files, in which order and unit.
    progress : callable, optional
        Called with the paths done and the paths in all.

    Raises
    ------
    DataFileError
        If a file cannot be used; the sentence names file, line and column, or the array.
    ConfigurationError
        If something must be said that is not.
    StorageError
        If the output cannot be written.
    """
    choice = choice or ImportChoice()
    places = [Path(file) for file in files]
    if not places:
        raise DataFileError("name at least one file to import")
    missing = next((place for place in places if not place.is_file()), None)
    if missing is not None:
        raise DataFileError(f"{missing} is not a file")
    kind = choice.format or _kind(places[0])
    if kind == "damask":
        choice = _damask(choice)
    if not choice.stress_unit:
        choice = replace(choice, stress_unit=_stated(places[0], choice) if kind == "table" else "")
    if not choice.stress_unit:
        raise ConfigurationError("say the unit of the stress: import.stress_unit, such as MPa")
    paths = READERS[kind](places, choice)
    extra, units = choice.pairs("extra"), choice.pairs("units")
    for name in (*extra, *choice.pairs("coordinates")):
        if name not in units:
            raise ConfigurationError(f"say the unit of {name}: import.units, as in {name}=1")
    write_paths(
        output,
        clustered_paths(paths, choice.clusters) if choice.clusters else paths,
        units | {"stress": choice.stress_unit, "time": choice.time_unit or "1"},
        Split(choice.validation, choice.test),
        extra_names=tuple(extra),
        elastic_stiffness=_stiffness(Path(choice.stiffness)) if choice.stiffness else None,
        provenance={"files": f"{len(places)} of format {kind}, the first {places[0].name}"},
        single=choice.single,
        progress=progress,
    )


def _kind(path: Path) -> str:
    """Return the format of a file by its content."""
    if not h5py.is_hdf5(path):
        return "table"
    return "damask" if is_damask(path) else "hdf5"


def _damask(choice: ImportChoice) -> ImportChoice:
    """Return what DAMASK's files say themselves."""
    unit = choice.stress_unit or ("Pa" if choice.stress_factor == 1.0 else "")
    return replace(choice, components=("tensor",), shear="tensor", time_unit="s", stress_unit=unit)


def _stated(path: Path, choice: ImportChoice) -> str:
    """Return the unit that the header of a table states for the stress; empty if it states none."""
    for _, cells in table_lines(path, "a table", spaces=True):
        pairs = dict(name_and_unit(cell) for cell in cells)
        return next((pairs[name] for name in choice.stress if pairs.get(name)), "")
    return ""


def _stiffness(path: Path) -> NDArray[np.float64]:
    rows = []
    for number, cells in table_lines(path, "an elastic stiffness", spaces=True):
        try:
            rows.append([as_number(cell) for cell in cells])
        except ValueError:
            raise DataFileError(f"{path}, line {number} holds something that is no number") from None
        if len(rows[-1]) != len(rows[0]):
            raise DataFileError(
                f"{path}, line {number} has {len(rows[-1])} numbers, the lines before {len(rows[0])}"
            )
    return np.array(rows)
