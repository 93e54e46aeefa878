"""Lines of a table in a text file, however a spreadsheet or a programme separates its columns."""

from __future__ import annotations

import csv
import string
from collections.abc import Iterator
from pathlib import Path

from microtann.errors import DataFileError, InputError
from microtann.system.text_file import read_text

SEPARATORS = ";\t,"
"""What may stand between columns; where it is no comma, a comma is a decimal point."""


def table_lines(path: Path, what: str, spaces: bool = False) -> Iterator[tuple[int, list[str]]]:
    """Yield the number and the cells of every line that counts; a blank line inside the table is a gap.

    Lines that begin with # are skipped, and blank ones at the end.

    Parameters
    ----------
    path : Path
    what : str
        What the file should hold, for sentences.
    spaces : bool
        Whether spaces separate columns where nothing else does.

    Raises
    ------
    DataFileError
        If the file cannot be read, is no text, or has a gap.
    """
    try:
        text = read_text(path)
    except OSError as error:
        raise DataFileError(f"{path} cannot be read: {error.strerror or error}") from None
    except InputError as error:
        raise DataFileError(f"{path} is not a text file, as {what} is: {error}") from None
    lines = text.splitlines()
    while lines and not lines[-1].strip(string.whitespace + SEPARATORS):
        lines.pop()
    separator = ""
    for number, line in enumerate(lines, start=1):
        if line.lstrip().startswith("#") or (not line.strip() and not separator):
            continue
        if not line.strip():
            raise DataFileError(f"{path}, line {number} is empty: the path has a gap; fill it or delete the line")
        if not separator:
            separator = next((sign for sign in SEPARATORS if sign in line), " " if spaces else ",")
            if line.strip().lower() == f"sep={separator}":  # how a spreadsheet says it before the first line
                continue
        cells = line.split() if separator == " " else next(csv.reader([line], delimiter=separator))
        yield number, [cell.strip().replace(",", ".") for cell in cells]
