"""Numbers and tables of a report."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microtann.report.number import format_number
from microtann.report.section import Section, read_section, write_section
from microtann.report.table import Column, Table


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (0.0123456, "general", "0.01235"),
        (-1.5, "general", "−1.500"),
        (99999.6, "general", "100000"),
        (9.9996, "general", "10.00"),
        (1.23456e-4, "general", "1.235e-4"),
        (1.23456e7, "general", "1.235e7"),
        (0, "general", "0"),
        (1234567, "integer", "1 234 567"),
        (-1234, "integer", "−1 234"),
        (0.0123, "percent", "1.23 %"),
        (2.5e-6, "percent", "2.5e-4 %"),
        (0.0, "percent", "0 %"),
        (3.34e-3, "error", "3.3e-3"),
        (0.0004, "seconds", "0.00"),
        (12.345, "seconds", "12.35"),
        (None, "error", "–"),
        (math.nan, "general", "nan"),
        (-math.inf, "error", "−∞"),
        ("lcT2", "text", "lcT2"),
    ],
)
def test_numbers_are_written_consistently(value: float, kind: str, text: str) -> None:
    assert format_number(value, kind) == text


@given(st.floats(1e-12, 1e12), st.sampled_from(["general", "error", "percent"]))
def test_a_written_number_is_close_to_the_number(value: float, kind: str) -> None:
    text = format_number(value, kind)
    back = float(text.removesuffix(" %")) * (0.01 if kind == "percent" else 1.0)
    assert back == pytest.approx(value, rel=0.051)


def table() -> Table:
    columns = (
        Column("path", kind="text"),
        Column("stress <error>", "–", "error"),
        Column("calls", kind="integer"),
    )
    return Table("Errors & co", columns, (("a", 3.3e-3, 1000), ("b", None, 2000)), "What `evaluate` gives.")


def test_one_table_in_four_forms() -> None:
    html = table().to_html()
    assert "Errors &amp; co" in html
    assert "stress &lt;error&gt;" in html
    assert "<td" in html
    assert "3.3e-3" in html
    assert table().to_markdown().splitlines()[2] == "| a | 3.3e-3 | 1 000 |"
    section = Section("t", tables=(table(), Table("∞", (Column("error"),), ((math.inf,),))), files={})
    assert Section.from_json(section.to_json()) == section
    assert table().to_terminal().row_count == 2


def test_a_row_has_one_value_per_column() -> None:
    with pytest.raises(ValueError, match="row 0"):
        Table("t", (Column("a"),), ((1, 2),))


def test_the_tables_of_a_section_lie_beside_it_as_csv(tmp_path: Path) -> None:
    times = Table("Größe × Zeit", (Column("time", "s"), Column("time", "s")), ((1 / 3, math.inf),))
    written = write_section(tmp_path, Section("t", tables=(table(), table(), times)))
    assert list(written.files or {}) == ["errors-co.csv", "errors-co--2.csv", "groe-zeit.csv"]
    assert read_section(tmp_path) == written
    rows = list(csv.reader((tmp_path / "errors-co.csv").read_text(encoding="utf-8").splitlines()))
    assert rows == [["path", "stress <error> [–]", "calls"], ["a", "0.0033", "1000"], ["b", "", "2000"]]
    assert (tmp_path / "groe-zeit.csv").read_text() == f"time [s],time [s] 2\n{1 / 3!r},inf\n"
