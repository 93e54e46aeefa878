"""What a command says while it works: lines with the time where they go to a file, and sentences for warnings."""

from __future__ import annotations

import logging
import re
import sys
import time
import warnings
from typing import Any

import pytest
from typer.testing import CliRunner

from microtann.cli import models, progress_bar
from microtann.cli.log_lines import log_line, messages_as_lines
from microtann.cli.main import app
from microtann.errors import ReadingNote, TrainingRangeWarning
from microtann.report.table import Table

STAMP = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d "
LONG = "a sentence that goes on, " * 12


def test_a_message_is_one_line_with_the_time(capsys: pytest.CaptureFixture[str]) -> None:
    log_line(LONG + "\nand on")
    (line,) = capsys.readouterr().err.splitlines()
    assert re.fullmatch(STAMP + " ".join(f"{LONG} and on".split()), line)


def test_a_terminal_shows_no_time(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    log_line("training: done")
    assert capsys.readouterr().err == "training: done\n"


def test_progress_is_a_line_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress_bar, "LINE_EVERY", 0.0)
    with progress_bar.progress("training") as report:
        report(1.0, 4.0, LONG)
    lines = capsys.readouterr().err.splitlines()
    wanted = [r"training \.\.\.", f"training: 25 %, {' '.join(LONG.split())}", r"training: done in \d+\.\d s"]
    assert len(lines) == len(wanted)
    assert all(re.fullmatch(STAMP + text, line) for text, line in zip(wanted, lines, strict=True))


def test_warnings_are_sentences_without_places(capsys: pytest.CaptureFixture[str]) -> None:
    with messages_as_lines():
        warnings.warn("3 lines are left out", ReadingNote, stacklevel=1)
        warnings.warn("the path leaves the range", TrainingRangeWarning, stacklevel=1)
        warnings.simplefilter("always", RuntimeWarning)
        warnings.warn("overflow", RuntimeWarning, stacklevel=1)
        logging.getLogger("microtann.training").warning("training: not converged")
    lines = [re.sub(STAMP, "", line) for line in capsys.readouterr().err.splitlines()]
    assert lines == [
        "microtann: note: 3 lines are left out",
        "microtann: warning: the path leaves the range",
        "microtann: warning: overflow",
        "microtann: training: not converged",
    ]
    assert not any(isinstance(h.level, int) and h.level for h in logging.getLogger("microtann").handlers)


def test_a_command_shows_notes_as_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = models.models_table

    def noted(*cards: Any) -> Table:
        warnings.warn("3 lines are left out", ReadingNote, stacklevel=2)
        return listed(*cards)

    monkeypatch.setattr(models, "models_table", noted)
    result = CliRunner().invoke(app, ["models"])
    assert re.match(STAMP + "microtann: note: 3 lines are left out\n", result.stderr)
    assert result.exit_code == 0
    assert ".py" not in result.stderr


def test_the_time_is_that_of_the_clock(capsys: pytest.CaptureFixture[str]) -> None:
    before = time.strftime("%Y-%m-%d %H:%M:%S")
    log_line("now")
    assert before <= capsys.readouterr().err[:19] <= time.strftime("%Y-%m-%d %H:%M:%S")
