"""What a training run tells of itself while it goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from microtann.system.notebook import in_notebook, notebook_bar
from microtann.training.time_left import TimeLeft


@dataclass(frozen=True)
class TrainingProgress:
    """What a training run reports after each block of updates.

    Parameters
    ----------
    phase : str
        Name of the phase, as the form calls it.
    update, updates : int
        Updates (or epochs) done in this phase, and the most it will do.
    states : int
        Internal state variables.
    training, validation : float
        Loss on training and validation increments.
    unit : str
        What is counted: "update" or "epoch".
    left : TimeLeft, optional
        What the rest of the phase will take, by the pace since its first block of updates, in which it is
        compiled; None in that.
    share : float
        Part of all updates of all phases that is done, or will not be needed: from 0 to 1, once.
    """

    phase: str
    update: int
    updates: int
    states: int
    training: float
    validation: float
    unit: str = "update"
    left: TimeLeft | None = None
    share: float = 0.0

    def __str__(self) -> str:
        losses = f"loss {self.training:.1e}, validation {self.validation:.1e}"
        left = "" if self.left is None else f" ({self.left} left)"
        return f"{self.phase}, {self.unit} {self.update} of {self.updates}{left}, {self.states} ISVs, {losses}"


@contextmanager
def shown_updates(
    progress: Callable[[TrainingProgress], None] | None,
) -> Iterator[Callable[[TrainingProgress], None] | None]:
    """Yield the callback of the caller; where there is none and a notebook is open, one that shows a bar."""
    if progress is not None or not in_notebook():
        yield progress
        return
    with notebook_bar("training") as bar:
        yield lambda state: bar(state.share, 1.0, str(state))
