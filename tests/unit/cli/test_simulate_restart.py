"""A simulation that was stopped goes on where it was, and ends as one that nobody stopped."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from microtann.cli.main import app
from microtann.evaluation import simulation
from microtann.fem import Progress

STOPPED = 9
"""Increment in which the command is stopped."""


def call(output: Path, *arguments: str, case: str = "lcH") -> Result:
    chosen = ["--model", "exact", "--mesh-size", "5", "--dns", "0.5", *arguments]
    return CliRunner().invoke(app, ["simulate", case, *chosen, "-o", str(output)])


def numbers(folder: Path) -> dict[str, Any]:
    """Return all numbers, times apart."""

    def untimed(item: Any) -> Any:
        if isinstance(item, dict):
            return {key: untimed(value) for key, value in item.items() if "seconds" not in key}
        return [untimed(value) for value in item] if isinstance(item, list) else item

    return untimed(json.loads((folder / "numbers.json").read_text(encoding="utf-8")))


def test_a_simulation_goes_on_after_ctrl_c(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulation, "compile_kernels", lambda *_: None)
    monkeypatch.setattr("microtann.report.simulation_section.draw_simulation", lambda *_: [])
    whole = call(tmp_path / "whole")
    assert whole.exit_code == 0, whole.output
    quiet = simulation.newton_progress
    seen: list[list[int]] = []

    def disturbed(stop: bool) -> Callable[..., Callable[[Progress], None]]:
        def newton(report: Any) -> Callable[[Progress], None]:
            inner, increments = quiet(report), []
            seen.append(increments)

            def update(progress: Progress) -> None:
                increments.append(progress.increment)
                if stop and len(seen) == 2 and progress.increment == STOPPED:
                    raise KeyboardInterrupt
                inner(progress)

            return update

        return newton

    monkeypatch.setattr(simulation, "newton_progress", disturbed(True))
    stopped = call(tmp_path / "stopped")
    assert stopped.exit_code == 130
    assert "simulations go on where they stopped" in stopped.output
    assert not (tmp_path / "stopped").exists()
    seen.clear()
    monkeypatch.setattr(simulation, "newton_progress", disturbed(False))
    again = call(tmp_path / "stopped")
    assert again.exit_code == 0, again.output
    firsts = [min(increments, default=None) for increments in seen]
    assert firsts == [None, STOPPED]  # the finite elements were done, the lattice was not
    assert numbers(tmp_path / "stopped") == numbers(tmp_path / "whole")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["stopped", "whole"]
    assert not (tmp_path / "stopped" / "records").exists()


def test_the_configuration_reaches_the_solver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulation, "compile_kernels", lambda *_: None)
    monkeypatch.setattr("microtann.report.simulation_section.draw_simulation", lambda *_: [])
    assert call(tmp_path / "s", "--set", "solver.first_fraction=0.5", case="lcU1").exit_code == 0
    rows = numbers(tmp_path / "s")["runs"]["exact"]["statistics"]["increments"]
    assert {row["parts"] for row in rows} == {2}
    wrong = call(tmp_path / "w", "--set", "solver.tolerence=1e-8")
    assert wrong.exit_code == 2
    assert "did you mean 'tolerance'?" in wrong.output
