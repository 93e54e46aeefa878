"""A simulation that leaves the training range of its model says so, on the terminal and in its report."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

import microtann as mt
from microtann.cli.main import app


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped model, as if it had seen strains up to 0.2 only."""
    tann = mt.load("cube")
    seen = replace(tann.information.training_range, strain=np.full(6, 0.2))
    file = tmp_path_factory.mktemp("narrow") / "narrow.safetensors"
    replace(tann, information=replace(tann.information, training_range=seen)).save(file)
    return file


def simulate(model: str | Path, output: Path, policy: str | None = None) -> Result:
    chosen = [] if policy is None else ["--outside-training", policy]
    arguments = ["simulate", "lcU1", "--model", model, "--mesh-size", 5, "--dns", 0, "-o", output, *chosen]
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_a_warning_is_a_sentence_and_stands_in_the_report(narrow: Path, tmp_path: Path) -> None:
    result = simulate(narrow, tmp_path / "warned")
    assert result.exit_code == 0, result.output
    assert result.stderr.count("microtann: warning: material points leave the range") == 1
    assert "up to 64 of 64" in result.stderr
    section = json.loads((tmp_path / "warned" / "section.json").read_text(encoding="utf-8"))
    assert "Up to 64 of 64 Gauss points leave" in " ".join(section["paragraphs"])


@pytest.mark.parametrize(("policy", "code"), [("none", 0), ("error", 2)])
def test_the_other_policies(narrow: Path, tmp_path: Path, policy: str, code: int) -> None:
    result = simulate(narrow, tmp_path / policy, policy)
    assert result.exit_code == code, result.output
    assert ("leave the range" in result.stderr) == (policy == "error")


def test_nothing_is_said_within_the_range(tmp_path: Path) -> None:
    assert "leave the range" not in simulate("cube", tmp_path / "within").stderr
