"""What is written as CSV is read again bit for bit, by Python and by NumPy."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest

from microtann.system.csv_file import component_columns, write_csv


def test_numbers_keep_every_digit(tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=(20, 3)) * 10.0 ** np.arange(-20, 40, 20)
    write_csv(tmp_path / "a.csv", {"increment": range(20), **component_columns("s", values, ("11", "22", "12"))})
    table = np.genfromtxt(tmp_path / "a.csv", delimiter=",", names=True)
    assert table.dtype.names == ("increment", "s11", "s22", "s12")
    assert np.array_equal(np.column_stack([table[name] for name in ("s11", "s22", "s12")]), values)


def test_text_with_commas_gaps_and_remarks(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", {"a, b": ['say "u"', None], "c": [1, 2.5]}, ["consistent units"])
    text = (tmp_path / "a.csv").read_text(encoding="utf-8")
    assert text.startswith("# consistent units\n")
    rows = list(csv.reader(io.StringIO(text.partition("\n")[2])))
    assert rows == [["a b", "c"], ['say "u"', "1"], ["", "2.5"]]


def test_columns_of_different_lengths_leave_no_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="shorter"):
        write_csv(tmp_path / "a.csv", {"a": [1, 2], "b": [1]})
    assert not list(tmp_path.iterdir())
