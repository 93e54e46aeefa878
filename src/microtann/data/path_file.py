"""A strain path written by a user: one line of a CSV file for the end of every increment."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.data.text_table import table_lines
from microtann.errors import DataFileError
from microtann.numbers import voigt
from microtann.numbers.written_number import as_number

Array = NDArray[np.float64]
OPTIONAL = ("step", "time")
RESPONSE = ("loading_step", "energy", "dissipation")
"""Columns of a response that are skipped, as are its stresses."""


def read_path(
    path: str | Path, components: int, labels: Sequence[str] = ()
) -> tuple[Float[Array, "T"], Float[Array, "T v"]]:
    """Read a strain path from a CSV file.

    The first line names the columns, in any order: every strain component (``e11,e22,e33,e23,e13,e12``; in 2D
    ``e11,e22,e12``), and optionally ``time`` and ``step``. Shear columns hold engineering shear, γ = 2ε. Each
    following line is the state at the end of an increment. The path starts in the virgin state at time 0; a
    first line that repeats it (time or step 0 and no strain) is left out. Lines that start with ``#`` and empty
    lines at the end are skipped, and so are the columns of a response: stresses (``s11``, …), ``energy``,
    ``dissipation`` and ``loading_step``, so that the ``averages.csv`` of a driven cell is a path.

    Spreadsheets write semicolons or tabs between the columns where the comma is their decimal point; this is
    seen from the first line. Exponents may be those of Fortran, 1.0D-3.

    Parameters
    ----------
    path : str or Path
    components : int
        Number of strain components, v.
    labels : sequence of str, optional
        Their names, if they are not those of a tensor in Voigt's order: a component "n" is in the column ``en``.

    Returns
    -------
    time : array, shape (T,)
        Time at the end of every increment; 1, 2, 3, … without a ``time`` column.
    strain : array, shape (T, v)
        Total strains in Voigt order with engineering shear.

    Raises
    ------
    DataFileError
        If the file cannot be read, a column is missing, unknown or given twice, or a line has a gap, another
        number of values, something that is not a finite number, a time that does not grow, or a step that does
        not follow the one before. The message names the line.
    """
    path = Path(path)
    names = tuple(f"e{label}".lower() for label in labels or voigt.LABELS[voigt.dimension(components)])
    lines = table_lines(path, "a strain path")
    try:
        number, header = next(lines)
    except StopIteration:
        raise DataFileError(f"{path} is empty: its first line must be {','.join(('time', *names))}") from None
    every = _columns(path, number, header, names)
    kept = [place for place, name in enumerate(every) if name in (*names, *OPTIONAL)]
    columns = [every[place] for place in kept]
    whole = ((number, _row(path, number, cells, every)) for number, cells in lines)
    rows = [(number, [row[place] for place in kept]) for number, row in whole]
    if rows and _is_virgin(rows[0][1], columns):
        rows = rows[1:]
    if not rows:
        raise DataFileError(f"{path} has no increments: write one line for the end of every increment")
    table = np.array([row for _, row in rows])
    numbers = [number for number, _ in rows]
    time = np.arange(1.0, len(table) + 1.0)
    if "step" in columns:
        _check_steps(path, numbers, table[:, columns.index("step")])
    if "time" in columns:
        time = table[:, columns.index("time")].copy()
        _check_times(path, numbers, time)
    return time, table[:, [columns.index(name) for name in names]]


def _columns(path: Path, number: int, header: list[str], names: tuple[str, ...]) -> list[str]:
    columns = [name.lower() for name in header]
    wanted = ",".join(names)
    response = (*RESPONSE, *(f"s{name[1:]}" for name in names))
    for name in columns:
        if name not in (*names, *OPTIONAL, *response):
            raise DataFileError(
                f"{path}, line {number}: unknown column {name!r}; the columns are {wanted} and optionally "
                "time, step"
            )
        if columns.count(name) > 1:
            raise DataFileError(f"{path}, line {number}: column {name!r} is given twice")
    missing = [name for name in names if name not in columns]
    if missing:
        raise DataFileError(
            f"{path}, line {number}: column {missing[0]!r} is missing; the columns are {wanted} and optionally "
            "time, step; write zeros for a component that stays zero"
        )
    return columns


def _row(path: Path, number: int, cells: list[str], columns: list[str]) -> list[float]:
    if len(cells) != len(columns):
        raise DataFileError(
            f"{path}, line {number} has {len(cells)} values but the header names {len(columns)} columns"
        )
    row = []
    for name, cell in zip(columns, cells, strict=True):
        if not cell:
            raise DataFileError(f"{path}, line {number}: {name} is empty; a path may have no gaps")
        try:
            value = as_number(cell)
        except ValueError:
            raise DataFileError(f"{path}, line {number}: {name} is {cell!r}, which is not a number") from None
        if not math.isfinite(value):
            raise DataFileError(f"{path}, line {number}: {name} is {cell}; a path may have no gaps")
        row.append(value)
    return row


def _is_virgin(row: list[float], columns: list[str]) -> bool:
    """Whether the line is the start of the path: time or step 0, and no strain."""
    clock = [row[columns.index(name)] for name in OPTIONAL if name in columns]
    return bool(clock) and not any(row)


def _check_steps(path: Path, numbers: list[int], steps: Array) -> None:
    expected = np.arange(1, len(steps) + 1)
    wrong = np.flatnonzero(steps != expected)
    if wrong.size:
        row = int(wrong[0])
        raise DataFileError(
            f"{path}, line {numbers[row]}: step is {steps[row]:g} where {expected[row]} should follow; "
            "the path has a gap"
        )


def _check_times(path: Path, numbers: list[int], time: Array) -> None:
    wrong = np.flatnonzero(np.diff(time, prepend=0.0) <= 0.0)
    if wrong.size:
        row = int(wrong[0])
        before = time[row - 1] if row else 0.0
        raise DataFileError(
            f"{path}, line {numbers[row]}: time is {time[row]:g} after {before:g}; it must grow from line to "
            "line, and the path starts from no strain at time 0"
        )
