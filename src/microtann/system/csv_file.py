"""Columns of numbers as CSV, for spreadsheets and for every plotting programme."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from microtann.system.atomic import write_atomically

CsvColumns = Mapping[str, Sequence[Any] | NDArray[Any]]
"""Values by the name of the column, all equally many; None leaves a gap."""


def write_csv(path: str | os.PathLike[str], columns: CsvColumns, remarks: Sequence[str] = ()) -> None:
    """Write columns under a line of their names, numbers in full precision, with commas and decimal points.

    Parameters
    ----------
    path : path
        Written whole or not at all, in UTF-8.
    columns : mapping
        Values by the name of the column, all equally many; None leaves a gap. A comma in a name becomes a space,
        so that the simplest reader finds the columns.
    remarks : sequence of str, optional
        Lines that go before, each after a ``#``.

    Raises
    ------
    ValueError
        If the columns have different lengths.
    StorageError
        If the file cannot be written.
    """
    text = io.StringIO(newline="")
    text.writelines(f"# {remark}\n" for remark in remarks)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(name.replace(", ", " ").replace(",", " ") for name in columns)
    values = [column.tolist() if isinstance(column, np.ndarray) else column for column in columns.values()]
    writer.writerows(zip(*values, strict=True))
    write_atomically(path, text.getvalue())


def component_columns(
    quantity: str, values: NDArray[np.float64], labels: Sequence[str]
) -> dict[str, NDArray[np.float64]]:
    """Return a column for every component of a vector or tensor, named as "s11" is of the quantity "s".

    Parameters
    ----------
    quantity : str
    values : array, shape (n, v)
    labels : sequence of str
        Of the v components.
    """
    return {f"{quantity}{label}": values[:, place] for place, label in enumerate(labels)}
