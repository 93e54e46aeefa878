"""Tables as data: one description, written to the terminal, to HTML and to JSON."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from rich.box import SIMPLE_HEAD
from rich.table import Table as TerminalTable
from rich.text import Text

from microtann.report.number import Kind, format_number

Value = float | int | str | None


@dataclass(frozen=True)
class Column:
    """Heading of a column: its title, unit ("" if none) and how its numbers are written."""

    title: str
    unit: str = ""
    kind: Kind = "general"

    @property
    def heading(self) -> str:
        """Title with the unit in brackets."""
        return f"{self.title} [{self.unit}]" if self.unit else self.title


def columns_of(kind: Kind, *titles: str) -> tuple[Column, ...]:
    """Return columns of one kind without units, by their titles."""
    return tuple(Column(title, kind=kind) for title in titles)


@dataclass(frozen=True)
class Table:
    """Rows of raw numbers under headings; they are formatted only where they are shown.

    Parameters
    ----------
    title : str
    columns : tuple of Column
    rows : tuple of tuples
        One value per column.
    note : str
        A sentence shown under the table: what the numbers mean, and the command that gives them.

    Raises
    ------
    ValueError
        If a row has another number of values than there are columns.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    note: str = ""

    def __post_init__(self) -> None:
        for number, row in enumerate(self.rows):
            if len(row) != len(self.columns):
                raise ValueError(f"row {number} of table {self.title!r} has {len(row)} values")

    def cells(self) -> list[list[str]]:
        """Return the formatted values, row by row."""
        return [
            [format_number(value, column.kind) for value, column in zip(row, self.columns, strict=True)]
            for row in self.rows
        ]

    def columns_by_heading(self) -> dict[str, list[Value]]:
        """Return the raw values of every column; a heading that was there before is followed by its number."""
        columns: dict[str, list[Value]] = {}
        headings = [column.heading for column in self.columns]
        for place, heading in enumerate(headings):
            before = headings[:place].count(heading)
            columns[f"{heading} {before + 1}" if before else heading] = [row[place] for row in self.rows]
        return columns

    def to_html(self) -> str:
        """Return the table as an HTML element."""
        head = "".join(
            f'<th class="{_side(column)}">{escape(column.title)}'
            + (f"<small>{escape(column.unit)}</small>" if column.unit else "")
            + "</th>"
            for column in self.columns
        )
        body = "\n".join(
            "<tr>"
            + "".join(
                f'<td class="{_side(column)}">{escape(text)}</td>'
                for text, column in zip(row, self.columns, strict=True)
            )
            + "</tr>"
            for row in self.cells()
        )
        note = f'<p class="note">{escape(self.note)}</p>' if self.note else ""
        return (
            f'<div class="table"><table><caption>{escape(self.title)}</caption>\n'
            f"<thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table>{note}</div>"
        )

    def to_terminal(self) -> TerminalTable:
        """Return the table for a rich console."""
        table = TerminalTable(
            title=Text(self.title, style="bold"),
            caption=Text(self.note, style="dim"),
            title_justify="left",
            caption_justify="left",
            box=SIMPLE_HEAD,
            pad_edge=False,
        )
        for column in self.columns:
            table.add_column(Text(column.heading), justify="left" if column.kind == "text" else "right")
        for row in self.cells():
            table.add_row(*(Text(value) for value in row))
        return table

    def to_markdown(self) -> str:
        """Return the table in Markdown."""
        lines = [
            "| " + " | ".join(column.heading for column in self.columns) + " |",
            "|" + "|".join("---" if column.kind == "text" else "---:" for column in self.columns) + "|",
        ]
        lines += ["| " + " | ".join(row) + " |" for row in self.cells()]
        return "\n".join(lines)


def _side(column: Column) -> str:
    return "left" if column.kind == "text" else "right"
