"""`simulate` shows both scales: a table, numbers, and the decoded lattice inside the structure."""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib.image
import pytest
from typer.testing import CliRunner, Result

from microtann.cli.main import app
from microtann.plotting import bodies
from microtann.plotting.inside import HEIGHT
from microtann.report.section import read_section

SMALL = ("--mesh-size", "5", "--dns", "1/2")


def simulate(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["simulate", *(str(argument) for argument in arguments)])


def test_both_scales_stand_in_table_numbers_and_picture(tmp_path: Path) -> None:
    folder = tmp_path / "scales"
    result = simulate("lcU2", *SMALL, "--inside", "0,0,5", "-o", folder)
    assert result.exit_code == 0, result.output
    assert "Both scales at the end of the loading" in result.output
    scales = json.loads((folder / "numbers.json").read_text(encoding="utf-8"))["scales"]
    assert next(iter(scales)).startswith("stress of 7 bars at (5, 5, 10)")
    # a regular cell under uniform compression: all scales are exact
    found = [value for row in scales.values() for value in row.values() if value is not None]
    assert len(found) == 4 * 5 + 2 * 3  # the displacement fields are not solved again
    assert max(found) < 1e-6
    assert max(row["network error"] for row in scales.values()) < 1e-9
    section = read_section(folder)
    assert section.tables[1].columns[1].title == "network error"
    assert "decoded at (0, 0, 5)" in section.figures[-1].caption
    picture = matplotlib.image.imread(folder / section.figures[-1].file)
    assert picture.shape[0] == round(HEIGHT * bodies.DPI)  # and no sentence in its place


def test_without_a_full_lattice_there_is_nothing_to_hold_both_scales_against(tmp_path: Path) -> None:
    folder = tmp_path / "none"
    result = simulate("lcU2", "--mesh-size", "5", "--dns", "0", "-o", folder)
    assert result.exit_code == 0, result.output
    assert "Both scales" not in result.output
    assert not (folder / "inside.png").exists()


@pytest.mark.parametrize(
    ("inside", "words"),
    [
        ("0,0,11", "lies outside of the structure, which is -5 to 5, -5 to 5, 0 to 10"),
        ("0,0", "a point of three coordinates"),
        ("top", "must be coordinates such as 0,-5,20"),
    ],
)
def test_a_point_that_is_none_of_the_structure_is_refused_at_once(inside: str, words: str, tmp_path: Path) -> None:
    result = simulate("lcU1", *SMALL, "--inside", inside, "-o", tmp_path / "none")
    assert result.exit_code == 2
    assert words in result.stderr
    assert not (tmp_path / "none").exists()


@pytest.mark.verify
def test_decoded_and_solved_again_stand_side_by_side(tmp_path: Path) -> None:
    """With 48 states for 104 bars the cell is solved again at the control node and at the point of --inside."""
    model = ("--model", "cube-2x2x2-perturbed", "--inside", "0,0,5")
    folder = tmp_path / "solved"
    result = simulate("lcC2", *SMALL, *model, "-o", folder)
    assert result.exit_code == 0, result.output
    assert "Solved again: the exact cell at 64 Gauss points" in " ".join(result.output.split())
    rows = list(json.loads((folder / "numbers.json").read_text(encoding="utf-8"))["scales"].values())[:3]
    assert all(row["network error, solved again"] < 0.25 * row["network error"] for row in rows)
    assert read_section(folder).figures[-1].caption.startswith("The lattice solved again and decoded at (0, 0, 5)")
    folder = tmp_path / "decoded"
    result = simulate("lcC2", *SMALL, *model, "--localisation", "decode", "-o", folder)
    assert result.exit_code == 0, result.output
    assert "olved again" not in result.output
    rows = list(json.loads((folder / "numbers.json").read_text(encoding="utf-8"))["scales"].values())
    assert all("network error, solved again" not in row for row in rows)


def test_a_hybrid_has_both_scales(tmp_path: Path) -> None:
    folder = tmp_path / "hybrid"
    result = simulate("lcU2", *SMALL, "--outside-training", "exact", "-o", folder)
    assert result.exit_code == 0, result.output
    scales = json.loads((folder / "numbers.json").read_text(encoding="utf-8"))["scales"]
    assert max(row["network error"] for row in scales.values()) < 1e-9
