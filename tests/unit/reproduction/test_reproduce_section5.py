"""``microtann reproduce section5``: figures beside those of the paper, tables of errors, one report."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import microtann as mt
from microtann.cli.main import app
from microtann.report.section import read_section
from microtann.reproduction import section5
from microtann.reproduction.claims import SECTION5_CASES
from microtann.reproduction.section5_cases import Section5Plan

CHOSEN = ("--model", "cube", "--case", "lcC2", "--case", "lcT1", "--case", "lcH")


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["reproduce", *(str(a) for a in arguments)])


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run small sizes, and again, so that what is there is kept."""
    folder = tmp_path_factory.mktemp("paper") / "section5"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(section5, "section5_plan", lambda *_: Section5Plan((1.0, 0.5), (5.0, 2.5, 2.0)))
        patch.setattr(section5, "LIMITS", ((5.0, 2.5, 1.25), (0.5, 0.25, 0.125)))
        patch.setattr(section5, "_compile", lambda *_: None)
        result = call("section5", *CHOSEN, "--output", folder)
        assert result.exit_code == 0, result.output
        assert "Errors of Section V, cube" in result.output
        times = {path: path.stat().st_mtime_ns for path in folder.rglob("numbers.json")}
        result = call("section5", *CHOSEN, "--output", folder)
        assert result.exit_code == 0, result.output
        assert times == {path: path.stat().st_mtime_ns for path in folder.rglob("numbers.json")}
    return folder


def test_figures_stand_beside_those_of_the_paper(results: Path) -> None:
    captions = {name: read_section(results / "cube" / name).figures for name in ("lcC2", "lcT1", "lcH")}
    assert [f.file for f in captions["lcC2"]] == ["figure-15-lcC2.png", "bars.png"]
    assert captions["lcC2"][0].caption.startswith("Beside Figure 15: lcC2")
    assert SECTION5_CASES["lcC2"].claim in captions["lcC2"][0].caption
    assert captions["lcC2"][1].caption.startswith("Beside Figure 16")
    assert [f.caption[:19] for f in captions["lcH"][:3]] == [
        "Beside Figure 18: t",
        "Beside Figure 19 (a",
        "Beside Figure 19 (b",
    ]
    overview = [figure.file for figure in read_section(results / "overview").figures]
    assert overview == ["figure-20-cube.png", "figure-21-cube.png", "limits-lcT1.png", "limits-lcH.png"]


def test_the_table_has_our_errors_those_of_the_paper_and_of_the_authors_network(results: Path) -> None:
    errors, cost, limits, left = read_section(results / "overview").tables
    titles = [column.title for column in errors.columns]
    assert titles[2:] == ["total", "homogenisation", "network", "paper, total", "authors' network"]
    rows = {row[:2]: row[2:] for row in errors.rows}
    assert rows["lcC2", "displacement"][2] < 1e-9
    assert rows["lcC2", "displacement"][3:] == (1.6e-2, 9.2e-2)
    assert rows["lcC2", "bars at the control nodes"][3:] == (3.5e-3, None)
    assert rows["lcH", "dissipation"][3:] == (None, None)  # what is said of the authors' network is
    assert rows["lcH", "dissipation, after the release"][3:] == (None, 4e-2)  # relative to what is left
    assert "relative to what is left of the reference" in errors.note
    assert len(cost.rows) == 3 * 3
    assert [row[0] for row in limits.rows][2:] == ["energy Ψ", "torque"]
    numbers = json.loads((results / "overview" / "numbers.json").read_text())
    assert numbers["limits_of_lcT1"]["torque"]["gap"] == limits.rows[3][-1]
    assert [row[1] for row in left.rows] == ["elements of 5", "elements of 2.5", "elements of 1.25"] + [
        f"ε = 1/{n}" for n in (2, 4, 8)
    ]
    energy = numbers["limits_of_lcH"]["energy"]["elements"]
    assert [row[-2:] for row in left.rows[:2]] == [(energy[0], None), (energy[1], energy[1] / energy[0] - 1.0)]


def test_the_report_is_one_page_with_all_pictures(results: Path) -> None:
    page = (results / "report.html").read_text(encoding="utf-8")
    assert page.count("data:image/png;base64,") == 4 + 2 + 2 + 5
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)


def test_sizes_are_those_of_the_paper_where_they_are_all_asked_for() -> None:
    cube, perturbed = mt.load("cube"), mt.load("cube-2x2x2-perturbed")
    full, quick = section5.section5_plan(cube, True), section5.section5_plan(cube, False)
    assert full.ratios[0] == quick.ratios[0] == 1.0
    assert full.ratios[-1] == section5.section5_plan(perturbed, True).ratios[-1] == 1 / 20
    assert {2.0, 1.0, 0.5} <= set(full.meshes)
    assert section5.section5_plan(mt.load("cube-4x4x4-perturbed"), True).ratios[-1] == 1 / 16  # 6.8 million bars
    assert (quick.ratios[-1], section5.section5_plan(perturbed, False).ratios[-1]) == (1 / 10, 1 / 5)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("section5", "--case", "lcX"), "Section V has no case 'lcX'"),
        (("section5", "--train"), "--train is not an option of section5"),
        (("section4", "--full"), "--full is not an option of section4"),
        (("section5", "--model", "square-2x2", "--case", "lcU1"), "models of lattices in space"),
    ],
)
def test_a_mistake_is_told_in_one_sentence(arguments: tuple[str, ...], sentence: str, tmp_path: Path) -> None:
    result = call(*arguments, "--output", tmp_path / "none")
    assert result.exit_code == 2, result.output
    assert sentence in result.stderr.strip().splitlines()[-1]
    assert not list((tmp_path / "none").rglob("numbers.json"))
