"""``microtann cost``: a table, a sentence, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from microtann.cli.main import app
from microtann.data.walks import WalkPlan
from microtann.studies import cost, refinement
from microtann.studies.training_cost import TrainingCost


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["cost", *(str(a) for a in arguments)])


def test_a_structure_is_priced_and_a_method_recommended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refinement, "MESHES", (5.0, 2.5, 1.25))
    monkeypatch.setattr(refinement, "CELLS", (2, 4, 8))
    monkeypatch.setattr(cost, "SAMPLE", WalkPlan(paths=12, steps=20))
    monkeypatch.setattr(
        cost, "try_training", lambda data, states, growth: TrainingCost(3000, 0.01, 13.0, 2.0, 3.0)
    )
    folder = tmp_path / "cost"
    arguments = ("cube", "lcC1", "--mesh-size", "2.5", "--dns", "1/8", "--states", "13", "-o", folder)
    result = call(*arguments)
    assert result.exit_code == 0, result.output
    assert "What lcC1 will cost" in result.output
    assert "Use " in result.output.splitlines()[-1]
    numbers = json.loads((folder / "numbers.json").read_text(encoding="utf-8"))
    assert [e["method"] for e in numbers["estimates"]] == ["dns", "fe2", "tann"]
    assert numbers["training_s"] == pytest.approx(3000 * 0.01 + 13.0 + 2 * 2.0)
    assert numbers["estimates"][2]["once"] == pytest.approx(numbers["data_s"] + numbers["training_s"])
    assert "update of a short training" in result.output
    assert max(numbers["network_errors"].values()) < 1e-9  # thirteen states are exact
    assert "kept" in call(*arguments).output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("cube", "lcX"), "there is no reference case 'lcX'"),
        (("square", "lcT2"), "choose a cell in space"),
        (("cube", "lcT2", "--dns", "0"), "needs the size ratio"),
        (("cube", "lcT2", "--dns", "0.3"), "do not fill"),
        (("cuboid", "lcT2"), "there is no cell 'cuboid'"),
    ],
)
def test_a_mistake_is_told_in_one_sentence(arguments: tuple[str, ...], words: str, tmp_path: Path) -> None:
    result = call(*arguments, "-o", tmp_path / "none")
    assert result.exit_code == 2
    assert words in result.stderr
    assert not (tmp_path / "none").exists()
