"""What happened in every increment, kept as rows and shown as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

ROWS_SHOWN = 40
"""Rows of a table in text; of a longer one the first and the last half of these."""


@dataclass(frozen=True)
class FailedAttempt:
    """A part of an increment that found no equilibrium and was taken back.

    Parameters
    ----------
    start, end : float
        Fractions of the increment between which it was tried.
    reason : str
    residuals : tuple of float
        Relative residual of every Newton iteration.
    """

    start: float
    end: float
    reason: str
    residuals: tuple[float, ...] = ()


@dataclass(frozen=True)
class IncrementRow:
    """How one increment went, attempts that were taken back included.

    Parameters
    ----------
    increment : int
    step : str
        Name of the loading step.
    time : float
        At its end.
    parts : int
        Equilibria, the one at its end included: 1 where it was solved at once.
    cuts : int
        Attempts that failed and were cut.
    smallest : float
        Smallest part that was tried, as a fraction of the increment.
    newton, linear : int
        Iterations.
    residual : float
        Relative residual at its end.
    seconds : float
        CPU time.
    failures : tuple of FailedAttempt
    """

    increment: int
    step: str = ""
    time: float = 0.0
    parts: int = 0
    cuts: int = 0
    smallest: float = 1.0
    newton: int = 0
    linear: int = 0
    residual: float = 0.0
    seconds: float = 0.0
    failures: tuple[FailedAttempt, ...] = ()


def increment_table(rows: Sequence[IncrementRow]) -> str:
    """Return rows as a table in text; of more than `ROWS_SHOWN` those in the middle are left out, and counted."""
    width = max([4, *(len(row.step) for row in rows)])
    lines = [
        f"{'inc':>5}  {'step':<{width}}{'time':>11}{'parts':>7}{'cuts':>6}{'smallest':>10}"
        f"{'Newton':>8}{'linear':>8}{'residual':>11}{'CPU s':>9}"
    ]
    shown, hidden = shortened(rows)
    for place, row in enumerate(shown):
        if hidden and place == len(shown) // 2:
            lines.append(f"  ...  {hidden} more")
        lines.append(
            f"{row.increment:>5}  {row.step:<{width}}{row.time:>11.5g}{row.parts:>7}{row.cuts:>6}"
            f"{as_fraction(row.smallest):>10}{row.newton:>8}{row.linear:>8}{row.residual:>11.1e}{row.seconds:>9.3f}"
        )
    return "\n".join(lines)


def shortened(rows: Sequence[IncrementRow]) -> tuple[Sequence[IncrementRow], int]:
    """Return the rows that a table shows, the first and the last of many, and how many it does not."""
    half = ROWS_SHOWN // 2
    return (rows, 0) if len(rows) <= ROWS_SHOWN else ([*rows[:half], *rows[-half:]], len(rows) - ROWS_SHOWN)


def as_fraction(part: float) -> str:
    """Return a part such as 0.125 as "1/8" where it is one over an integer."""
    if part == 1.0:
        return "1"
    below = 1.0 / part
    return f"1/{round(below)}" if abs(below - round(below)) < 1e-6 * below else f"{part:.3g}"
