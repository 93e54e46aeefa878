"""Several runs in one report: the name of each, and tables that compare those of one kind."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from microtann.report.section import Section
from microtann.report.table import Column, Table

Sections = Sequence[tuple[Path, Section]]


def run_names(root: Path, sections: Sections) -> list[str]:
    """Return the name of every section: its folder, seen from the root of the report."""
    names = [
        place.relative_to(root).as_posix() if place.is_relative_to(root) else place.name for place, _ in sections
    ]
    return [
        place.resolve().name if name == "." else name for name, (place, _) in zip(names, sections, strict=True)
    ]


def headings(names: Sequence[str], sections: Sections) -> list[str]:
    """Return the title of every section, with the name of the run where several share one."""
    titles = [section.title for _, section in sections]
    return [
        f"{title}: {name}" if titles.count(title) > 1 else title for name, title in zip(names, titles, strict=True)
    ]


def compare_runs(names: Sequence[str], sections: Sections) -> list[Table]:
    """Return a table for every title that several sections share, with a row for every run.

    Runs whose summaries have other columns, as those of an older version, show nothing in the columns that they
    lack.
    """
    tables = []
    for title in dict.fromkeys(section.title for _, section in sections):
        runs = [
            (name, section.summary)
            for name, (_, section) in zip(names, sections, strict=True)
            if section.title == title and section.summary is not None
        ]
        if len(runs) > 1:
            tables.append(_side_by_side(title, runs))
    return tables


def _side_by_side(title: str, runs: Sequence[tuple[str, Table]]) -> Table:
    columns = {column.title: column for _, summary in runs for column in summary.columns}
    rows = []
    for name, summary in runs:
        values = dict(zip((column.title for column in summary.columns), summary.rows[0], strict=True))
        rows.append((name, *(values.get(heading) for heading in columns)))
    return Table(f"{title}, {len(runs)} runs", (Column("run", kind="text"), *columns.values()), tuple(rows))
