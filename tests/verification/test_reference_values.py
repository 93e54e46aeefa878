"""The package reproduces the reference values in data/, which scripts/write_reference_values.py wrote."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from reference_cases import compute, group
from reference_table import FOLDER, ReferenceTable, read

FILES = sorted(FOLDER.glob("*.csv"))


def largest(table: ReferenceTable, name: str) -> float:
    """Return the largest value of the quantity that a column belongs to; of the dissipation, of D and Ψ/100."""
    value = max(float(np.abs(v).max()) for n, v in table.columns.items() if group(n) == group(name))
    return max(value, 0.01 * float(table.columns["energy"].max())) if name == "dissipation" else value


def marked(path: Path):
    long = path.stem.startswith("verify-")
    return pytest.param(path, id=path.stem, marks=pytest.mark.verify if long else ())


@pytest.mark.parametrize("path", [marked(path) for path in FILES])
def test_reference_values_are_reproduced(path: Path) -> None:
    table = read(path)
    computed = compute(table)
    assert computed
    for name, found in computed.items():
        scale = largest(table, name)
        gap = np.abs(found - table.columns[name]).max() / scale
        assert gap <= table.tolerance, f"{name} differs by {gap:.1e} of {scale:g}"


def test_every_file_has_an_origin_and_all_cases_are_there() -> None:
    tables = {path.stem: read(path) for path in FILES}
    assert [name for name, table in tables.items() if not table.independent] == ["verify-lcT2-fe-fine"]
    for structure in ("lcU1", "lcU2", "lcC1", "lcC2", "lcT1", "lcT2", "lcH"):
        for way in ("fe", "lattice"):
            assert {f"{structure}-{way}", f"verify-{structure}-{way}"} <= set(tables)
    for name, table in tables.items():
        assert all(np.isfinite(column).all() for column in table.columns.values()), name
        assert len(table.source) > 40
    plastic = [name for name, table in tables.items() if table.columns.get("dissipation", np.ones(1)).max() > 0]
    assert len(plastic) > 0.8 * len(tables)
