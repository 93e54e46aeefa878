"""Reference values as CSV files: a header in TOML behind ``#``, then columns of numbers with all their digits."""

from __future__ import annotations

import csv
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent / "data"
COMMAND = "python scripts/write_reference_values.py"


@dataclass(frozen=True, eq=False)
class ReferenceTable:
    """One file of reference values.

    Parameters
    ----------
    what : str
        What the numbers are.
    source : str
        How they were obtained.
    independent : bool
        Whether they come from another route than the package; if not, they are regression values.
    tolerance : float
        Largest difference that is accepted, relative to the largest value of a quantity.
    units : str
    case : dict
        The problem, as `reference_cases.compute` reads it.
    columns : dict of arrays
    """

    what: str
    source: str
    independent: bool
    tolerance: float
    units: str
    case: dict
    columns: dict

    def write(self, name):
        """Write the table to ``data/name.csv``."""
        header = {
            "what": self.what,
            "source": self.source,
            "independent": self.independent,
            "tolerance": self.tolerance,
            "units": self.units,
            "command": f"{COMMAND} {name}",
        }
        lines = [f"# {key} = {_toml(value)}" for key, value in header.items()]
        lines += ["# [case]"]
        lines += [f"# {key} = {_toml(value)}" for key, value in self.case.items()]
        with (FOLDER / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            file.write("\n".join(lines) + "\n")
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(self.columns)
            writer.writerows([repr(float(v)) for v in row] for row in zip(*self.columns.values(), strict=True))


def _toml(value):
    """Return a value in TOML: that of JSON, but for tables."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(entry)}" for key, entry in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)


def read(path):
    """Read a table."""
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    header = tomllib.loads("\n".join(line[1:].strip() for line in lines if line.startswith("#")))
    names, *rows = csv.reader(line for line in lines if not line.startswith("#"))
    values = np.array(rows, dtype=float)
    assert values.shape[1] == len(names)
    header.pop("command")
    return ReferenceTable(**header, columns=dict(zip(names, values.T, strict=True)))
