"""Hosts of a model side by side, as a table and as a section of a report."""

from __future__ import annotations

from microtann.hosts.host_comparison import COMPARED, HostComparison
from microtann.report.section import Section
from microtann.report.table import Column, Table, columns_of


def host_table(found: HostComparison) -> Table:
    """Return the differences and the times of all hosts."""
    columns = (
        Column("", kind="text"),
        *columns_of("error", *COMPARED),
        Column("a point", "µs", kind="general"),
    )
    rows: list[tuple[float | str | None, ...]] = [("Python", *[None] * len(COMPARED), found.python_us_per_point)]
    rows += [
        (name, *(numbers[quantity] for quantity in COMPARED), numbers["us_per_point"])
        for name, numbers in found.hosts.items()
    ]
    note = (
        f"Largest differences from Python over the largest value, of {found.points} points along "
        f"{found.increments} random strain increments; every host advances its own states. Times are of one point "
        "and increment with its tangent, the best of three, calls from Python included; umat and mfront are "
        "called point by point."
    )
    return Table(f"{found.model} in its hosts", columns, tuple(rows), note)


def host_section(found: HostComparison) -> Section:
    """Return the section of a report."""
    missing = tuple(f"{name}: {reason}" for name, reason in found.missing.items())
    return Section(title=f"{found.model} in its hosts", order=60, paragraphs=missing, tables=(host_table(found),))
