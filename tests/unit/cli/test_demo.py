"""The whole pipeline in small, run twice: every stage leaves its results, and none is run again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from microtann.cli.main import app
from microtann.system.stage import STAMP

SMALL = """
[walks]
paths = 40
steps = 40
[train]
descent_updates = 500
batch = 200
polish_updates = 50
polish_increments = 1000
[simulate]
mesh_size = 5.0
dns = 0.5
"""


@pytest.mark.verify
def test_the_demo_in_small(tmp_path: Path) -> None:
    config = tmp_path / "small.toml"
    config.write_text(SMALL)
    output = tmp_path / "demo"
    arguments = ["demo", "--output", str(output), "--config", str(config)]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    assert sorted(p.name for p in output.iterdir()) == ["data", "evaluate", "lcT2", "report.html", "train"]

    paths = json.loads((output / "evaluate" / "numbers.json").read_text())["paths"]
    assert sorted(paths) == [*"abcdefgh", "z"]
    assert all(errors["violations"] == 0 for errors in paths.values())
    assert paths["z"]["drift"] < 1e-10
    structure = json.loads((output / "lcT2" / "numbers.json").read_text())
    assert list(structure["runs"]) == ["model", "exact", "lattice"]
    assert structure["runs"]["lattice"]["statistics"]["constitutive_calls"] > 0

    page = (output / "report.html").read_text()
    assert page.count("data:image/png;base64,") >= 8
    assert "http://" not in page
    assert "https://" not in page

    stamps = {p: p.stat().st_mtime_ns for p in output.glob(f"*/{STAMP}")}
    again = CliRunner().invoke(app, arguments)
    assert again.exit_code == 0, again.output
    assert again.output.count("kept") == 4
    assert {p: p.stat().st_mtime_ns for p in output.glob(f"*/{STAMP}")} == stamps

    (output / "notes.txt").write_text("mine")
    refused = CliRunner().invoke(app, arguments)
    assert refused.exit_code == 2
    assert "not of the demo (notes.txt)" in refused.stderr
