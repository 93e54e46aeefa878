"""What a stage reports: a section of text, tables and figures, kept as ``section.json`` beside its results."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from microtann.errors import InputError
from microtann.report.table import Table
from microtann.system.atomic import write_atomically
from microtann.system.csv_file import write_csv

FILE_NAME = "section.json"


@dataclass(frozen=True)
class Figure:
    """A picture file (PNG) with its caption.

    Parameters
    ----------
    file : str
        Name of the PNG file, relative to the folder of the section.
    caption : str
        What is drawn and what to see in it.
    """

    file: str
    caption: str


@dataclass(frozen=True)
class Section:
    """Part of a report.

    Parameters
    ----------
    title : str
    order : int
        Position among the sections of a report.
    paragraphs : tuple of str
    tables : tuple of Table
    figures : tuple of Figure
    files : mapping
        Further files to look at, relative to the folder of the section, and what each holds.
    summary : Table, optional
        The few numbers by which this run is compared with others of its kind: a table of one row.
    """

    title: str
    order: int = 0
    paragraphs: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    figures: tuple[Figure, ...] = ()
    files: Mapping[str, str] | None = None
    summary: Table | None = None

    def to_json(self) -> str:
        """Return the section as JSON text."""
        return json.dumps(_SECTION.dump_python(self), indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Section:
        """Return the section that `to_json` described.

        Raises
        ------
        ValueError
            If it describes none.
        """
        return _SECTION.validate_json(text)


_SECTION = TypeAdapter(Section)


def write_section(folder: Path, section: Section) -> Section:
    """Write a section and its tables (CSV) into the folder of its stage; return it with these files named.

    Parameters
    ----------
    folder : Path
    section : Section
    """
    tables = {name: f"the table “{table.title}”" for name, table in _table_files(section.tables).items()}
    for name, table in _table_files(section.tables).items():
        write_csv(folder / name, table.columns_by_heading())
    written = replace(section, files={**(section.files or {}), **tables})
    write_atomically(folder / FILE_NAME, written.to_json())
    return written


def _table_files(tables: Sequence[Table]) -> dict[str, Table]:
    """Return tables by the name of their file, which is that of the title in small letters and hyphens."""
    files: dict[str, Table] = {}
    for table in tables:
        plain = unicodedata.normalize("NFKD", table.title).encode("ascii", "ignore").decode().lower()
        name = "-".join(re.findall("[a-z0-9]+", plain)) or "table"
        same = sum(file == f"{name}.csv" or file.startswith(f"{name}--") for file in files)
        files[f"{name}--{same + 1}.csv" if same else f"{name}.csv"] = table
    return files


def read_section(folder: Path) -> Section:
    """Return the section kept in ``folder``.

    Raises
    ------
    InputError
        If the file is missing or is not a section.
    """
    path = folder / FILE_NAME
    try:
        return Section.from_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{folder} holds no {FILE_NAME}: it is not the folder of a finished stage") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "the text"
        raise InputError(
            f"{path} is not the section of a report ({where}: {first['msg']}); run the stage again"
        ) from None
    except ValueError as error:
        raise InputError(f"{path} is not the section of a report ({error}); run the stage again") from None


def find_sections(folder: Path) -> list[tuple[Path, Section]]:
    """Return the sections in ``folder``, in the folders in it, and in those in them, in the order of the report.

    Hidden folders are left alone.

    Raises
    ------
    InputError
        If there is none, or one is damaged.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder of results")
    places = [folder, *_folders(folder), *(inner for outer in _folders(folder) for inner in _folders(outer))]
    found = [(place, read_section(place)) for place in places if (place / FILE_NAME).is_file()]
    if not found:
        raise InputError(f"{folder} holds no results of microtann: run a stage with --output in it first")
    return sorted(found, key=lambda item: (item[1].order, item[0].as_posix()))


def _folders(folder: Path) -> list[Path]:
    try:
        return sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))
    except OSError:  # somebody else's
        return []
