"""The command line in this process: exit codes and sentences, never a traceback."""

from __future__ import annotations

import traceback
from dataclasses import dataclass

from tests.campaign.trial import BrokenPromiseError, require
from typer.testing import CliRunner

from microtann.cli.main import app

CODES = (0, 2, 3)
"""Done, bad input, not converged."""
LONGEST = 1000
"""Characters of a sentence that a person still reads."""


@dataclass(frozen=True)
class Outcome:
    """How a command ended.

    Parameters
    ----------
    code : int
        Exit code.
    sentence : str
        What it wrote to standard error, progress apart.
    """

    code: int
    sentence: str


def run_command(*arguments: str) -> Outcome:
    """Run a command and hold it to its exit codes and sentences.

    Raises
    ------
    BrokenPromiseError
        If it ends with a traceback or another exit code, or fails without one sentence that says why.
    """
    result = CliRunner().invoke(app, arguments)
    shown = "microtann " + " ".join(arguments)
    error = result.exception
    if isinstance(error, BrokenPromiseError):
        raise error
    if error is not None and not isinstance(error, SystemExit):
        trace = "".join(traceback.format_exception(error)[-4:])
        raise BrokenPromiseError(f"{shown}: a traceback\n{trace}")
    require(result.exit_code in CODES, f"{shown}: exit code {result.exit_code}\n{result.stderr}")
    if not result.exit_code:
        return Outcome(0, "")
    sentences = [line for line in result.stderr.splitlines() if line.startswith("microtann: ")]
    usage = "Usage:" in result.stderr
    require(usage or len(sentences) == 1, f"{shown}: {len(sentences)} sentences\n{result.stderr}")
    require(len(result.stderr) < LONGEST or usage, f"{shown}: {len(result.stderr)} characters on standard error")
    return Outcome(result.exit_code, result.stderr)
