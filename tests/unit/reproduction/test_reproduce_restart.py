"""Section V goes on where it was stopped: finished runs are kept, the one in progress goes on from its record."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from microtann.cli.main import app
from microtann.evaluation.reference_run import RunRecords
from microtann.fem import Progress
from microtann.reproduction import section5
from microtann.reproduction.section5_cases import Section5Plan
from microtann.reproduction.section5_errors import find_limits

STOPPED = 9
"""Increment in which the command is stopped."""
RUNS = ["model-5", "exact-5", "model-2.5", "exact-2.5", "lattice-1", "lattice-0.5"]


def call(output: Path) -> Result:
    return CliRunner().invoke(app, ["reproduce", "section5", "-m", "cube", "--case", "lcH", "-o", str(output)])


def numbers(folder: Path) -> dict[str, Any]:
    """Return all numbers of the case, times apart."""

    def untimed(item: Any) -> Any:
        if isinstance(item, dict):
            return {key: untimed(value) for key, value in item.items() if "seconds" not in key}
        return [untimed(value) for value in item] if isinstance(item, list) else item

    return untimed(json.loads((folder / "cube" / "lcH" / "numbers.json").read_text(encoding="utf-8")))


def kept(output: Path) -> list[str]:
    """Return what an interrupted command has left of the case."""
    (work,) = (output / "cube").glob(".lcH.*")
    return sorted(path.name for path in (work / "records").iterdir())


@pytest.mark.verify
def test_finished_runs_are_kept_and_the_one_in_progress_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(section5, "section5_plan", lambda *_: Section5Plan((1.0, 0.5), (5.0, 2.5)))
    monkeypatch.setattr(section5, "_compile", lambda *_: None)
    section = section5.case_section
    monkeypatch.setattr(
        section5, "case_section", lambda *args: section(*args) if drawn else pytest.fail("not reached")
    )
    drawn = True
    assert call(tmp_path / "whole").exit_code == 0
    quiet = section5.newton_progress
    seen: dict[int, list[int]] = {}
    stop_in: int | None = None

    def disturbed(report: Any, done: int, runs: int, text: str) -> Callable[[Progress], None]:
        inner, increments = quiet(report, done, runs, text), seen.setdefault(done, [])

        def update(progress: Progress) -> None:
            increments.append(progress.increment)
            if done == stop_in and progress.increment == STOPPED:
                raise KeyboardInterrupt
            inner(progress)

        return update

    monkeypatch.setattr(section5, "newton_progress", disturbed)
    drawn = False
    for stop_in, begun in ((3, {0: 0, 1: 0, 2: 0, 3: 0}), (5, {2: None, 3: STOPPED, 4: 0, 5: 0})):
        seen.clear()
        stopped = call(tmp_path / "stopped")
        assert stopped.exit_code == 130, stopped.output
        assert {run: min(increments, default=None) for run, increments in seen.items()} == begun
        # coarse runs leave their numbers alone, those of the finest mesh their records too
        assert kept(tmp_path / "stopped") == sorted(
            [f"{name}.json" for name in RUNS[:stop_in] if not name.endswith("-2.5")]
            + ["model-2.5", RUNS[stop_in]]
            + ["exact-2.5"] * (stop_in > 3)
        )
    stop_in, drawn = None, True
    seen.clear()
    again = call(tmp_path / "stopped")
    assert again.exit_code == 0, again.output
    assert {run: min(increments, default=None) for run, increments in seen.items()} == {
        2: None,
        3: None,
        5: STOPPED,
    }
    assert numbers(tmp_path / "stopped") == numbers(tmp_path / "whole")
    assert not list((tmp_path / "stopped").rglob("records"))


def test_limits_go_on_after_the_runs_that_are_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = (5.0, 2.5), (1.0, 0.5)
    whole = find_limits("lcT1", *sizes)
    solving, solved = RunRecords.solving, []

    def noted(self: RunRecords, name: str) -> Any:
        solved.append(name)
        if len(solved) == 3:
            raise KeyboardInterrupt
        return solving(self, name)

    monkeypatch.setattr(RunRecords, "solving", noted)
    with pytest.raises(KeyboardInterrupt):
        find_limits("lcT1", *sizes, RunRecords(tmp_path))
    assert find_limits("lcT1", *sizes, RunRecords(tmp_path)) == whole
    assert solved == ["exact-5", "exact-2.5", "lattice-1", "lattice-1", "lattice-0.5"]
