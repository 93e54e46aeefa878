"""Content of files whose headers are text and whose numbers are text or binary, as gmsh and VTK write them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.errors import InputError
from microtann.numbers.written_number import as_number

WORD = 40
"""Bytes that a number in text and the blank before it take at most, as a first guess."""


@dataclass
class MixedContent:
    """Bytes of a file and the place up to which they are read.

    Parameters
    ----------
    content : bytes
    binary : bool
        Whether numbers are binary.
    order : str
        Order of the bytes of binary numbers, "<" (least first) or ">".
    position : int
        Number of bytes that are read.
    """

    content: bytes
    binary: bool = False
    order: str = "<"
    position: int = 0

    def line(self) -> str | None:
        """Return the rest of the line without blanks around it, or None at the end of the file."""
        if self.position >= len(self.content):
            return None
        end = self.content.find(b"\n", self.position)
        end = len(self.content) if end < 0 else end
        raw, self.position = self.content[self.position : end], end + 1
        try:
            return raw.decode("utf-8").strip()
        except UnicodeDecodeError:
            return raw.decode("latin-1").strip()

    def next_line(self) -> str | None:
        """Return the next line that is not blank."""
        while (line := self.line()) == "":
            pass
        return line

    def take(self, kind: str, count: int) -> NDArray[Any]:
        """Return the next numbers; in text all kinds of integers are read alike, and all kinds of floats.

        Parameters
        ----------
        kind : str
            NumPy's code of a binary number, as "i4" or "f8".
        count : int

        Raises
        ------
        InputError
            If there are fewer numbers, or a word is none.
        """
        if self.binary:
            return self._binary(np.dtype(self.order + kind), count)
        return numbers_in(self.words(count), kind)

    def rows(self, count: int, integers: int, floats: int) -> tuple[Int[Any, "r a"], Float[Any, "r b"]]:
        """Return the next rows, each of integers of four bytes and of floats of eight bytes.

        Parameters
        ----------
        count : int
            Number of rows.
        integers, floats : int
            How many of them are in a row.
        """
        if self.binary:
            parts = [("integers", f"{self.order}i4", (integers,)), ("floats", f"{self.order}f8", (floats,))]
            table = self._binary(np.dtype(parts), count)
            return table["integers"].astype(np.int64), table["floats"].astype(np.float64)
        values = self.take("f8", count * (integers + floats)).reshape(count, -1)
        return values[:, :integers].astype(np.int64), values[:, integers:]

    def words(self, count: int) -> list[bytes]:
        """Return the next words of a text."""
        left = len(self.content) - self.position
        if count < 0 or 2 * count > left + 1:
            raise InputError(f"{count} numbers are announced where it ends: the file seems to be cut short")
        size = WORD * count + WORD
        while True:
            piece = self.content[self.position : self.position + size]
            found = piece.split(None, count)
            if len(found) > count or size >= left:
                break
            size *= 2
        if len(found) < count:
            raise InputError(f"{len(found)} of {count} numbers are there: the file seems to be cut short")
        self.position += len(piece) - len(found[count]) if len(found) > count else len(piece)
        return found[:count]

    def _binary(self, kind: np.dtype[Any], count: int) -> NDArray[Any]:
        end = self.position + count * kind.itemsize
        if count < 0 or end > len(self.content):
            raise InputError(f"{count} numbers are announced where it ends: the file seems to be cut short")
        found = np.frombuffer(self.content, kind, count, self.position)
        self.position = end
        return found.astype(kind.newbyteorder("="))


def numbers_in(words: list[bytes], kind: str) -> NDArray[Any]:
    """Return the numbers that words stand for, as integers or floats, as NumPy's code says.

    Raises
    ------
    InputError
        If a word is no number, or no integer.
    """
    if kind[0] == "f":
        return _floats(words)
    try:
        return np.fromiter(map(int, words), np.int64, len(words))
    except (ValueError, OverflowError):
        return _whole(words)


def _floats(words: list[bytes]) -> Float[NDArray[np.float64], "_"]:
    try:
        return np.fromiter(map(float, words), np.float64, len(words))
    except ValueError:  # exponents as Fortran writes them, or no numbers
        pass
    found = np.zeros(len(words))
    for place, word in enumerate(words):
        try:
            found[place] = as_number(word.decode("latin-1"))
        except ValueError:
            raise InputError(f"there is {_shown(word)} where a number should be") from None
    return found


def _whole(words: list[bytes]) -> Int[NDArray[np.int64], "_"]:
    """Return integers that are written with a decimal point."""
    values = _floats(words)
    wrong = np.flatnonzero(~(np.abs(values) < 2.0**53) | (values != np.rint(values)))
    if wrong.size:
        raise InputError(f"there is {_shown(words[wrong[0]])} where an integer should be")
    return values.astype(np.int64)


def _shown(word: bytes) -> str:
    return repr(word[:30].decode("latin-1"))
