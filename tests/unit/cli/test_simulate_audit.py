"""`simulate --audit`, without the exact run, and with the exact cell outside the training range."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from microtann.cli.main import app

SMALL = ("--mesh-size", "5", "--dns", "0")


def simulate(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["simulate", *(str(argument) for argument in arguments)])


def test_an_audit_stands_in_report_and_numbers_without_the_exact_run(tmp_path: Path) -> None:
    folder = tmp_path / "audited"
    result = simulate("lcU2", *SMALL, "--no-exact", "--audit", "12", "-o", folder)
    assert result.exit_code == 0, result.output
    assert "Audit: errors of the model in this structure" in result.output
    numbers = json.loads((folder / "numbers.json").read_text(encoding="utf-8"))
    assert list(numbers["runs"]) == ["model"]
    assert numbers["network_errors"] is None
    assert len(numbers["audit"]["points"]) == 12
    assert max(numbers["audit"]["errors"]["stress"]) < 1e-9


def test_the_exact_cell_outside_the_training_range(tmp_path: Path) -> None:
    folder = tmp_path / "hybrid"
    result = simulate("lcU2", *SMALL, "--outside-training", "exact", "--audit", "4", "-o", folder)
    assert result.exit_code == 0, result.output
    assert "leave the range" not in result.stderr
    text = " ".join(json.loads((folder / "section.json").read_text(encoding="utf-8"))["paragraphs"])
    assert "of 64 Gauss points near or outside the border" in text
    numbers = json.loads((folder / "numbers.json").read_text(encoding="utf-8"))
    assert set(numbers["audit"]["errors"]) == {"stress", "displacement", "force", "dissipation"}
    assert max(numbers["audit"]["errors"]["force"]) < 1e-9
    assert max(numbers["network_errors"].values()) < 1e-9


@pytest.mark.parametrize(
    ("option", "words"), [(("--audit", "5"), "an audit compares a model"), (("--no-exact",), "neither a model")]
)
def test_an_audit_of_the_exact_cell_and_nothing_to_compute_are_refused(
    option: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    result = simulate("lcU1", *SMALL, "--model", "exact", *option, "-o", tmp_path / "none")
    assert result.exit_code == 2
    assert words in result.stderr
    assert not (tmp_path / "none").exists()
