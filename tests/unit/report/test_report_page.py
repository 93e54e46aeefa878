"""The report is one file that needs nothing else."""

from __future__ import annotations

import base64
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from microtann.errors import InputError
from microtann.report.page import render_page
from microtann.report.runs import compare_runs, headings, run_names
from microtann.report.section import FILE_NAME, Figure, Section, find_sections, read_section
from microtann.report.table import Column, Table

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def write(folder: Path, title: str, order: int) -> Section:
    folder.mkdir()
    (folder / "p.png").write_bytes(PIXEL)
    section = Section(
        title,
        order,
        ("Some <words>.",),
        (Table("T", (Column("a"),), ((1.5,),)),),
        (Figure("p.png", 'A "picture"'),),
        {"x.pvd": "open in ParaView"},
    )
    (folder / FILE_NAME).write_text(section.to_json(), encoding="utf-8")
    return section


def test_sections_come_back_in_order(tmp_path: Path) -> None:
    second, first = write(tmp_path / "a", "Second", 2), write(tmp_path / "b", "First", 1)
    assert [section for _, section in find_sections(tmp_path)] == [first, second]


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "img"):
            self.open.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_well_formed_and_fetches_nothing(tmp_path: Path) -> None:
    write(tmp_path / "a", "One & two", 1)
    page = render_page(tmp_path, "Report", "sub", find_sections(tmp_path), "microtann 0")
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    assert all(link.startswith(("#", "data:image/png;base64,")) for link in tags.links)
    assert not re.search(r"<script|<link|@import|url\(", page)
    assert "One &amp; two" in page
    assert "Some &lt;words&gt;." in page
    assert base64.b64encode(PIXEL).decode() in page


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no results"):
        find_sections(tmp_path)
    with pytest.raises(InputError, match="not a folder"):
        find_sections(tmp_path / "none")
    with pytest.raises(InputError, match=r"holds no section\.json"):
        read_section(tmp_path)
    write(tmp_path / "a", "One", 1)
    (tmp_path / "a" / "p.png").write_bytes(b"GIF")
    with pytest.raises(InputError, match="not a PNG"):
        render_page(tmp_path, "R", "", find_sections(tmp_path))
    (tmp_path / "a" / "p.png").unlink()
    with pytest.raises(InputError, match="cannot be read"):
        render_page(tmp_path, "R", "", find_sections(tmp_path))
    (tmp_path / "a" / FILE_NAME).write_text("{}")
    with pytest.raises(InputError, match="not the section of a report"):
        find_sections(tmp_path)


def run(place: Path, title: str, error: float, more: str = "") -> None:
    place.mkdir(parents=True)
    columns, row = (Column("error", kind="error"),), (error,)
    if more:
        columns, row = (*columns, Column(more)), (*row, 7.0)
    section = Section(title, files={"x.csv": "x"}, summary=Table("S", columns, (row,)))
    (place / FILE_NAME).write_text(section.to_json(), encoding="utf-8")


def test_runs_of_one_kind_carry_their_names_and_are_compared(tmp_path: Path) -> None:
    run(tmp_path / "one" / "evaluate", "Recall", 1e-3)
    run(tmp_path / "two" / "evaluate", "Recall", 2e-3, "seconds")
    run(tmp_path / "train", "Training", 4e-3)
    sections = find_sections(tmp_path)
    names = run_names(tmp_path, sections)
    assert names == ["one/evaluate", "train", "two/evaluate"]
    assert headings(names, sections) == ["Recall: one/evaluate", "Training", "Recall: two/evaluate"]
    (table,) = compare_runs(names, sections)
    assert [column.title for column in table.columns] == ["run", "error", "seconds"]
    assert table.rows == (("one/evaluate", 1e-3, None), ("two/evaluate", 2e-3, 7.0))
    page = render_page(tmp_path, "R", "", sections)
    assert "<h2>Comparison</h2>" in page
    assert "<h2>Recall: two/evaluate</h2>" in page
    assert "<dt>one/evaluate/x.csv</dt>" in page


def test_a_single_run_of_a_kind_is_not_compared(tmp_path: Path) -> None:
    run(tmp_path / "train", "Training", 4e-3)
    page = render_page(tmp_path, "R", "", find_sections(tmp_path))
    assert "Comparison" not in page
    assert "<h2>Training</h2>" in page
    assert find_sections(tmp_path / "train")[0][1].title == "Training"
    assert run_names(tmp_path / "train", find_sections(tmp_path / "train")) == ["train"]


def test_sections_of_an_older_version_are_read(tmp_path: Path) -> None:
    section = write(tmp_path / "a", "One", 1)
    old = json.loads(section.to_json())
    del old["summary"]
    (tmp_path / "a" / FILE_NAME).write_text(json.dumps(old), encoding="utf-8")
    assert read_section(tmp_path / "a") == section
