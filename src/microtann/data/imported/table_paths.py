"""Paths in tables: text with a header of columns, and a line for every state."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.data.imported.averaged_path import AveragedPath
from microtann.data.imported.import_choice import ImportChoice
from microtann.data.imported.raw_states import RawStates, to_path
from microtann.data.imported.stated_units import name_and_unit, require_one_unit
from microtann.data.text_table import table_lines
from microtann.errors import DataFileError
from microtann.numbers.configuration import nearest
from microtann.numbers.written_number import as_number

Array = NDArray[np.float64]


@dataclass(frozen=True)
class TablePath:
    """A path that is read from a table when it is its turn.

    Parameters
    ----------
    file : Path
    choice : ImportChoice
    label : str
        What the column of paths says in its lines; empty if the table is one path.
    """

    file: Path
    choice: ImportChoice
    label: str = ""

    @property
    def name(self) -> str:
        """The file's name, and the label in it."""
        return self.file.stem + (f"/{self.label}" if self.label else "")

    def read(self) -> AveragedPath:
        """Return the path.

        Raises
        ------
        DataFileError
            If the table has a gap, lacks a column or says something else; the sentence names line and column.
        """
        return _read(self.file, self.choice, self.label)


def table_paths(files: Sequence[Path], choice: ImportChoice) -> list[TablePath]:
    """Return the paths of tables.

    Parameters
    ----------
    files : sequence of Path
    choice : ImportChoice
        With the names of columns.
    """
    for key in ("strain", "stress"):
        if not getattr(choice, key):
            raise DataFileError(f"say which columns hold the {key}: import.{key}, as in 11,22,12 of their names")
    if not choice.path:
        return [TablePath(file, choice) for file in files]
    return [TablePath(file, choice, label) for file in files for label in _labels(file, choice)]


def _labels(file: Path, choice: ImportChoice) -> list[str]:
    lines = table_lines(file, "a table", spaces=True)
    header = _Header.of(file, _first(file, lines))
    at = header.place(choice.path)
    return list(dict.fromkeys(cells[at] for _, cells in lines if len(cells) > at))


def _first(file: Path, lines: Iterator[tuple[int, list[str]]]) -> tuple[int, list[str]]:
    try:
        return next(lines)
    except StopIteration:
        raise DataFileError(f"{file} is empty: its first line must name the columns") from None


@dataclass(frozen=True)
class _Header:
    """The columns of a table.

    Parameters
    ----------
    file : Path
    line : int
    names, units : tuple of str
    """

    file: Path
    line: int
    names: tuple[str, ...]
    units: tuple[str, ...]

    @classmethod
    def of(cls, file: Path, first: tuple[int, list[str]]) -> _Header:
        line, cells = first
        pairs = [name_and_unit(cell) for cell in cells]
        names = tuple(name for name, _ in pairs)
        double = next((name for name in names if name and names.count(name) > 1), None)
        if double is not None:
            raise DataFileError(f"{file}, line {line}: the column {double!r} is given twice")
        return cls(file, line, names, tuple(unit for _, unit in pairs))

    def place(self, name: str) -> int:
        wanted = name_and_unit(name)[0]
        if wanted not in self.names:
            known = [known for known in self.names if known]
            raise DataFileError(
                f"{self.file}, line {self.line}: there is no column {wanted!r}: {nearest(wanted, known)}"
                f"its columns are {', '.join(known)}"
            )
        return self.names.index(wanted)

    def matching(self, pattern: str) -> list[int]:
        found = [at for at, name in enumerate(self.names) if fnmatchcase(name, pattern)]
        return found or [self.place(pattern)]


def _read(file: Path, choice: ImportChoice, label: str) -> AveragedPath:
    lines = table_lines(file, "a table", spaces=True)
    header = _Header.of(file, _first(file, lines))
    single = {key: name for key in ("time", "energy", "dissipation") if (name := getattr(choice, key))}
    single |= choice.pairs("extra")
    groups = {name: header.matching(pattern) for name, pattern in choice.pairs("coordinates").items()}
    chosen = [header.place(name) for name in (*choice.strain, *choice.stress, *single.values())]
    counted = [header.place(choice.increment)] if choice.increment else []
    stated = dict(zip(header.names, header.units, strict=True))
    require_one_unit(str(file), stated, choice)
    tells = header.place(choice.path) if choice.path else None
    places = list(dict.fromkeys([*chosen, *counted, *(at for group in groups.values() for at in group)]))
    numbers, rows = [], []
    for number, cells in lines:
        if len(cells) != len(header.names):
            raise DataFileError(
                f"{file}, line {number} has {len(cells)} values, but the header names {len(header.names)} columns"
            )
        if tells is None or cells[tells] == label:
            numbers.append(number)
            rows.append([_number(file, number, header.names[at], cells[at]) for at in places])
    if not rows:
        raise DataFileError(f"{file} has a header, but no state: write a line for every state")
    table = dict(zip(places, np.array(rows).T, strict=True))
    if counted:
        _require_count(file, numbers, choice.increment, table[counted[0]])
    if choice.time:
        _require_growth(file, numbers, choice.time, table[header.place(choice.time)])

    def columns(names: Sequence[str]) -> Float[Array, "K n"]:
        return np.stack([table[header.place(name)] for name in names], axis=1)

    raw = RawStates(
        name=file.name + (f", path {label}" if label else ""),
        strain=columns(choice.strain),
        stress=columns(choice.stress),
        others={key: table[header.place(name)] for key, name in single.items()},
        coordinates={name: np.stack([table[at] for at in group], axis=1) for name, group in groups.items()},
    )
    return to_path(raw, choice)


def _number(file: Path, line: int, column: str, cell: str) -> float:
    try:
        value = as_number(cell)
    except ValueError:
        what = f"is {cell!r}, which is not a number" if cell else "is empty; a path may have no gaps"
        raise DataFileError(f"{file}, line {line}: {column} {what}") from None
    if not math.isfinite(value):
        raise DataFileError(f"{file}, line {line}: {column} is {cell}; a path may have no gaps")
    return value


def _require_count(file: Path, lines: Sequence[int], column: str, values: Float[Array, "K"]) -> None:
    wrong = _wrong(np.diff(values) != 1.0)
    if wrong.size:
        before, after = values[wrong[0] - 1 : wrong[0] + 1]
        raise DataFileError(
            f"{file}, line {lines[wrong[0]]}: {column} is {after:g} after {before:g}, where {before + 1:g} should "
            "follow: sort the states, and leave none out"
        )


def _require_growth(file: Path, lines: Sequence[int], column: str, values: Float[Array, "K"]) -> None:
    wrong = _wrong(np.diff(values) <= 0.0)
    if wrong.size:
        before, after = values[wrong[0] - 1 : wrong[0] + 1]
        raise DataFileError(
            f"{file}, line {lines[wrong[0]]}: {column} is {after:g} after {before:g}: it must grow from line to "
            "line"
        )


def _wrong(between: NDArray[np.bool_]) -> Int[NDArray[np.int64], "w"]:
    """Return the states after wrong steps."""
    return np.flatnonzero(between) + 1
