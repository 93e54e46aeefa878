"""Histories of loads: columns of a table, every row of which is the end of a step."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.data.text_table import table_lines
from microtann.errors import DataFileError
from microtann.numbers.written_number import as_number

Array = NDArray[np.float64]


def read_history(file: Path) -> dict[str, Float[Array, "T"]]:
    """Return the columns of a table of numbers by the names in its first line.

    Raises
    ------
    DataFileError
        If the table cannot be read, is empty, or a cell is no number; the sentence names the line.
    """
    lines = table_lines(file, "a history", spaces=True)
    first = next(lines, None)
    if first is None:
        raise DataFileError(f"{file} is empty: its first line must name the columns")
    names = [name.strip() for name in first[1]]
    rows = []
    for line, cells in lines:
        if len(cells) != len(names):
            raise DataFileError(f"{file}, line {line}: {len(cells)} cells under {len(names)} columns")
        rows.append(
            [_number(cell, f"{file}, line {line}: {name!r}") for name, cell in zip(names, cells, strict=True)]
        )
    if not rows:
        raise DataFileError(f"{file} has no rows under its header")
    return dict(zip(names, np.array(rows).T, strict=True))


def _number(cell: str, where: str) -> float:
    try:
        value = as_number(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise DataFileError(f"{where} is {cell!r}, and must be a finite number")
    return value
