"""``microtann reproduce section4``: figures beside the paper's claims, from models that are shipped or trained."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from microtann.cli import section4_models
from microtann.cli.main import app
from microtann.report.section import read_section
from microtann.reproduction.claims import CELLS, PAPER

CHOSEN = ("--cell", "square-2x2", "--cell", "square-2x2-perturbed")
SMALL = ("--set", "walks.paths=12", "--set", "walks.steps=20", "--set", "train.updates=0")


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["reproduce", "section4", *(str(a) for a in arguments)])


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("paper") / "section4"
    result = call("--train", *CHOSEN, *SMALL, "--states", "square-2x2-perturbed=6", "--output", folder)
    assert result.exit_code == 0, result.output
    assert "Errors in closed loop" in result.output
    return folder


def test_figures_stand_beside_those_of_the_paper(results: Path) -> None:
    regular, perturbed = (results / name / "responses" for name in ("square-2x2", "square-2x2-perturbed"))
    for name in ("figure-07.png", "figure-07-micro.png", "figure-08.png"):
        assert (regular / name).is_file()
    assert (perturbed / "figure-11.png").is_file()
    assert (perturbed / "path-c.png").is_file()
    captions = [figure.caption for figure in read_section(perturbed).figures]
    eleven = next(figure for figure in PAPER.section4.figures if figure.number == 11)
    assert captions[0].startswith("Beside Figure 11: ")
    assert eleven.claim in captions[0]
    assert "relative RMS errors of stress" in captions[0]
    assert captions[2].startswith("Not shown in the paper: ")
    overview = [figure.file for figure in read_section(results / "overview").figures]
    assert overview == ["figure-05.png", "figure-06.png", "figure-10.png"]
    assert "The schedule of the paper" in read_section(results / "overview").figures[1].caption


def test_the_table_holds_the_errors_of_every_cell_on_both_paths(results: Path) -> None:
    errors, claims = read_section(results / "overview").tables
    assert [row[:3] for row in errors.rows] == [
        ("2×2 regular", "b", 7),
        ("2×2 regular", "c", 8),
        ("2×2 perturbed", "b", 11),
        ("2×2 perturbed", "c", None),
    ]
    numbers = json.loads((results / "square-2x2" / "responses" / "numbers.json").read_text())
    assert errors.rows[0][5] == numbers["paths"]["b"]["stress"] < 1e-12  # four states are exact
    assert errors.rows[2][4] == 6  # as it was asked for
    assert ("2×2 regular", "internal state variables", "12", "4") in claims.rows


def test_the_report_is_one_page_with_all_pictures(results: Path) -> None:
    page = (results / "report.html").read_text(encoding="utf-8")
    assert page.count("data:image/png;base64,") == 3 + 2 * 4
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)


def test_what_is_there_is_kept(results: Path) -> None:
    models = [results / name / "train" / "model.safetensors" for name in ("square-2x2", "square-2x2-perturbed")]
    times = [model.stat().st_mtime_ns for model in models]
    result = call("--train", *CHOSEN, *SMALL, "--states", "square-2x2-perturbed=6", "--output", results)
    assert result.exit_code == 0, result.output
    assert "already holds these results" in result.output
    assert [model.stat().st_mtime_ns for model in models] == times


def test_a_shipped_model_is_taken_where_there_is_one(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = results / "square-2x2" / "train" / "model.safetensors"
    asked = []

    def shipped(name: str) -> Path:
        asked.append(name)
        return model

    monkeypatch.setattr(section4_models, "find_model", shipped)
    result = call("--cell", "square-2x2", "--output", tmp_path / "shipped")
    assert result.exit_code == 0, result.output
    assert asked == ["square-2x2"]
    assert not (tmp_path / "shipped" / "square-2x2" / "train").exists()
    section4_models._shipped(CELLS["square-4x4"], "play")
    assert asked[-1] == "square-4x4-play"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--cell", "cube"), "Section IV has no cell 'cube'"),
        (("--states", "square-2x2"), "--states takes a cell and a number, such as square-6x6-perturbed=48"),
        (("--states", "square-2x2=0"), "--states takes a cell and a number"),
        (("--states", "squares=4"), "Section IV has no cell 'squares'"),
        (("--form", "plaything"), "unknown form 'plaything'"),
    ],
)
def test_a_mistake_is_told_in_one_sentence(arguments: tuple[str, ...], sentence: str, tmp_path: Path) -> None:
    result = call(*arguments, "--output", tmp_path / "none")
    assert result.exit_code == 2, result.output
    assert len(result.stderr.strip().splitlines()) == 1
    assert sentence in result.stderr


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    result = call("--output", tmp_path)
    assert result.exit_code == 2
    assert "holds something that is not of this command (thesis.tex)" in result.stderr
