"""Lines of an input deck, with those of the files that it includes, gathered to keywords and their data."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, NoReturn

from microtann.errors import InputError
from microtann.system.text_file import read_text

QUOTED_WORD = re.compile(r'(?:[^,"]|"[^"]*"?)+|(?<=,)(?=,)|^(?=,)')
"""What stands between two commas, where commas within quotation marks separate nothing."""


class Line(NamedTuple):
    """A line of a deck.

    Parameters
    ----------
    text : str
        Without blanks around it.
    number : int
        Its number in the file, from 1.
    file : str
        Name of the included file that it is in, empty for the deck itself.
    """

    text: str
    number: int
    file: str

    @property
    def place(self) -> str:
        """Where it is, in words."""
        return f"line {self.number}" + (f" of {self.file}" if self.file else "")

    @property
    def words(self) -> list[str]:
        """What stands between its commas, without quotation marks; nothing follows a comma at its end."""
        if '"' in self.text:
            words = [word.replace('"', "").strip() for word in QUOTED_WORD.findall(self.text)]
        else:
            words = list(map(str.strip, self.text.split(",")))
        while words and not words[-1]:
            words.pop()
        return words

    @property
    def first_word(self) -> str:
        """What stands before its first comma."""
        return next(iter(self.words), "")


@dataclass(frozen=True, eq=False)
class KeywordBlock:
    """A keyword with its parameters, and the data lines below it.

    Parameters
    ----------
    keyword : str
        In capitals and without blanks, as in "SOLIDSECTION".
    parameters : dict of str
        Values by name, the names as the keyword; empty where a parameter has no value.
    line : Line
        That of the keyword.
    data : list of Line
    """

    keyword: str
    parameters: dict[str, str]
    line: Line
    data: list[Line] = field(default_factory=list)

    @property
    def place(self) -> str:
        """Where its keyword is, in words."""
        return self.line.place

    @property
    def written(self) -> str:
        """The keyword as it is written."""
        return " ".join(self.line.words[0].upper().split())

    def require_known(self, known: Collection[str]) -> None:
        """Refuse parameters that are not among the known ones: they might change what the data mean.

        Raises
        ------
        InputError
        """
        unknown = [name for name in self.parameters if name not in known]
        if unknown:
            self.refuse(f"the parameter {unknown[0]} of {self.written} is not read: write the deck without it")

    def required(self, name: str) -> str:
        """Return the value of a parameter.

        Raises
        ------
        InputError
            If it has none.
        """
        value = self.parameters.get(name, "")
        if not value:
            self.refuse(f"{self.written} has no {name}=")
        return value

    def refuse(self, sentence: str) -> NoReturn:
        """Raise an error that says where the keyword is.

        Raises
        ------
        InputError
        """
        raise InputError(f"{self.place}: {sentence}")


def keyword_blocks(path: Path) -> Iterator[KeywordBlock]:
    """Yield keywords with their data; comments and blank lines are left out.

    Raises
    ------
    OSError
        If the deck cannot be read.
    InputError
        If a file that is included is not there, or includes itself.
    """
    block = None
    for line in _expanded(path, path, ()):
        if line.text[0] != "*":
            if block is not None:
                block.data.append(line)
            continue
        if block is not None:
            yield block
        block = _keyword(line)
    if block is not None:
        yield block


def included_file(block: KeywordBlock, deck: Path) -> Path:
    """Return the file that a keyword names by INPUT=, relative to the file that it is in, or to the deck.

    Parameters
    ----------
    block : KeywordBlock
    deck : Path
        The deck itself.

    Raises
    ------
    InputError
        If there is no such file.
    """
    return _named_file(block, deck.parent, deck)


def file_lines(path: Path, name: str) -> list[Line]:
    """Return the lines of a file of data alone.

    Parameters
    ----------
    path : Path
    name : str
        What the file is called in messages.
    """
    return [
        Line(text, number, name)
        for number, raw in enumerate(_raw_lines(path), start=1)
        if (text := raw.strip()) and not text.startswith("**")
    ]


def _raw_lines(path: Path) -> list[str]:
    # not splitlines, which takes letters of other encodings for ends of lines
    return read_text(path, fallback="latin-1").replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _expanded(path: Path, deck: Path, above: tuple[Path, ...]) -> Iterator[Line]:
    """Yield the lines of a file and, in their places, of those that it includes; keywords are on one line each."""
    name = path.name if above else ""
    begun: Line | None = None  # a keyword that goes on in the next line
    for number, raw in enumerate(_raw_lines(path), start=1):
        text = raw.strip()
        if not text or text.startswith("**"):
            continue
        line = Line(text, number, name)
        if begun is not None:
            if text[0] != "*" and not text[0].isdecimal():  # data begin with a number
                line = Line(f"{begun.text} {text}", begun.number, name)
            else:
                yield from _included(begun, path, deck, above)
            begun = None
        if line.text[0] != "*":
            yield line
        elif text[-1] == ",":
            begun = line
        else:
            yield from _included(line, path, deck, above)
    if begun is not None:
        yield from _included(begun, path, deck, above)


def _included(line: Line, path: Path, deck: Path, above: tuple[Path, ...]) -> Iterator[Line]:
    """Yield a line, or those of the file that it includes."""
    block = _keyword(line) if line.text[:1] == "*" and line.text[1:].lstrip()[:7].upper() == "INCLUDE" else None
    if block is None or block.keyword != "INCLUDE":
        yield line
        return
    block.require_known(("INPUT",))
    file = _named_file(block, path.parent, deck)
    inside = (*above, path.resolve())
    if file.resolve() in inside:
        block.refuse(f"{file.name} includes itself")
    yield from _expanded(file, deck, inside)


def _named_file(block: KeywordBlock, folder: Path, deck: Path) -> Path:
    name = block.required("INPUT").replace("\\", "/")
    file = next((place / name for place in (folder, deck.parent) if (place / name).is_file()), None)
    if file is None:
        block.refuse(f"the included file {name!r} is not there, nor is it beside {deck.name}")
    return file


def _keyword(line: Line) -> KeywordBlock:
    keyword, *words = line.words
    pairs = (word.partition("=") for word in words if word)
    parameters = {"".join(key.upper().split()): value.strip() for key, _, value in pairs}
    return KeywordBlock("".join(keyword[1:].upper().split()), parameters, line)
