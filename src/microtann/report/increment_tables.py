"""Tables of how the increments of a simulation went: parts, cuts, iterations."""

from __future__ import annotations

from microtann.equilibrium.increment_table import as_fraction, shortened
from microtann.evaluation.comparison import ANALYSIS_TITLES, Comparison
from microtann.report.table import Column, Table, Value, columns_of

COLUMNS = (
    Column("increment", kind="integer"),
    Column("step", kind="text"),
    Column("time"),
    *columns_of("integer", "parts", "cuts"),
    Column("smallest part", kind="text"),
    *columns_of("integer", "Newton", "linear"),
    Column("residual", kind="error"),
    Column("time", "CPU s", "seconds"),
)
NOTE = (
    "Parts: equilibria found in the increment. Cuts: attempts that found none and were taken back; the smallest "
    "part is that of all attempts. Newton and linear: iterations, of all attempts."
)


def increment_tables(comparison: Comparison) -> tuple[Table, ...]:
    """Return one table for every analysis that took more than one equilibrium."""
    tables = []
    for analysis, run in comparison.runs.items():
        rows = run.statistics.increments
        if sum(row.parts for row in rows) < 2:
            continue
        shown, hidden = shortened(rows)
        values: list[tuple[Value, ...]] = [
            (
                row.increment,
                row.step,
                row.time,
                row.parts,
                row.cuts,
                as_fraction(row.smallest),
                row.newton,
                row.linear,
                row.residual,
                row.seconds,
            )
            for row in shown
        ]
        note = NOTE + (f" {hidden} increments in the middle are left out." if hidden else "")
        title = f"Increments of {comparison.case.name}, {ANALYSIS_TITLES[analysis]}"
        tables.append(Table(title, COLUMNS, tuple(values), note))
    return tuple(tables)
