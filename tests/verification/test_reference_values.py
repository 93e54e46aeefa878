"""The package reproduces the reference values in data/, which scripts/write_reference_values.py wrote."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from reference_cases import compute, group, is_input
from reference_table import FOLDER, ReferenceTable, read

FILES = sorted(FOLDER.glob("*.csv"))


def largest(table: ReferenceTable, name: str) -> float:
    """Return the largest value of the quantity that a column belongs to; of the dissipation, of D and Ψ/100."""
    value = max(float(np.abs(v).max()) for n, v in table.columns.items() if group(n) == group(name))
    return max(value, 0.01 * float(table.columns["energy"].max())) if name == "dissipation" else value


def marked(path: Path):
    """Return a file as a parameter of the test."""
    long = path.stem.startswith("verify-")
    return pytest.param(path, id=path.stem, marks=pytest.mark.verify if long else ())


def differences(table: ReferenceTable) -> dict[str, float]:
    """Return the largest difference of every computed column, relative to the largest value of its quantity."""
    return {
        name: float(np.abs(found - table.columns[name]).max()) / largest(table, name)
        for name, found in compute(table).items()
    }


@pytest.mark.parametrize("path", [marked(path) for path in FILES])
def test_reference_values_are_reproduced(path: Path) -> None:
    table = read(path)
    found = differences(table)
    assert set(found) == {name for name in table.columns if not is_input(name)}
    wrong = {name: gap for name, gap in found.items() if not gap <= table.tolerance}
    assert not wrong, f"relative differences above {table.tolerance}: {wrong}"


@pytest.mark.parametrize("name", ["cell-octet", "lcT2-fe", "lcH-lattice", "forces-lcC2-octet"])
def test_a_wrong_digit_is_noticed(name: str) -> None:
    table = read(FOLDER / f"{name}.csv")
    outputs = [column for column in table.columns if not is_input(column)]
    for column in (outputs[0], outputs[-1]):
        values = table.columns[column].copy()
        values[-1] += 10 * table.tolerance * largest(table, column)
        wrong = replace(table, columns=table.columns | {column: values})
        assert differences(wrong)[column] > table.tolerance


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


def test_the_script_writes_these_files() -> None:
    path = Path(__file__).parents[2] / "scripts" / "write_reference_values.py"
    specification = importlib.util.spec_from_file_location("write_reference_values", path)
    assert specification is not None
    assert specification.loader is not None
    script = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(script)
    assert set(script.TABLES) == {path.stem for path in FILES}
    again, table = script.TABLES["cell-octet"](), read(FOLDER / "cell-octet.csv")
    assert again.case == table.case
    assert (again.source, again.tolerance, again.independent) == (table.source, table.tolerance, table.independent)
    for name, column in table.columns.items():
        np.testing.assert_allclose(
            again.columns[name], column, rtol=0, atol=1e-13 * np.abs(column).max(initial=1.0)
        )


@pytest.mark.parametrize("name", ["solid-elliptic-membrane", "solid-cook", "solid-cylinder-elastic"])
def test_finer_meshes_of_a_solid_come_nearer(name: str) -> None:
    """Of a difference from the literature on a coarse mesh, at most 60 % is left on one twice as fine."""
    table = read(FOLDER / f"{name}.csv")
    coarse, fine = (
        differences(replace(table, case=table.case | {"divisions": [divisions, divisions]}))
        for divisions in (4, 8)
    )
    assert all(fine[quantity] < 0.6 * coarse[quantity] for quantity in fine), (coarse, fine)
