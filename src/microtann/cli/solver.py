"""Choices of the equilibrium solver, and records that let a simulation go on where it was stopped."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from microtann.cli.configuration import to_table
from microtann.equilibrium.newton_policy import NewtonPolicy
from microtann.equilibrium.options import SolverOptions
from microtann.equilibrium.record import Record, is_record
from microtann.equilibrium.step_control import StepControl
from microtann.errors import ConvergenceError, InputError
from microtann.numbers.configuration import configuration

RECORDS = "records"
"""Folder, in that of an unfinished stage, of the equilibria of its analyses."""


@configuration
class SolverChoice(StepControl, NewtonPolicy):
    """How structures are brought into equilibrium: the keys of the step control and of Newton's method."""

    def options(self, outside_training: Literal["none", "warn", "error"] = "none") -> SolverOptions:
        """Return the settings of the solver with what is done outside of a training range."""
        return SolverOptions(**to_table(self), outside_training=outside_training)


def recorded(folder: Path, name: str) -> dict[str, Any]:
    """Return the arguments of `Body.solve` that record an analysis in the folder of a stage, or go on with it."""
    place = folder / RECORDS / name
    return {"record": Record(place, every_state=False), "restart": place if is_record(place) else None}


@contextmanager
def kept_if_stopped(folder: Path) -> Iterator[None]:
    """Remove the folder of an unfinished stage after an error that would come again; keep it if it was stopped."""
    try:
        yield
    except (ConvergenceError, InputError):
        shutil.rmtree(folder, ignore_errors=True)
        raise
