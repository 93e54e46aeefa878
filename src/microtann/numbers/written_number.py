"""Numbers as programmes of all kinds write them."""

from __future__ import annotations

import re

FORTRAN = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:[dD]|(?=[+-]))([+-]?\d+)")
"""A number whose exponent follows D, or, as Fortran writes exponents of three digits, nothing."""


def as_number(text: str) -> float:
    """Return the number that a word stands for, with the exponents of Fortran too.

    Raises
    ------
    ValueError
        If the word is no number.

    Examples
    --------
    >>> from microtann.numbers.written_number import as_number
    >>> as_number("1.5D-3"), as_number("2.0-101"), as_number("7")
    (0.0015, 2e-101, 7.0)
    """
    match = FORTRAN.fullmatch(text.strip())
    return float(f"{match[1]}e{match[2]}" if match else text)
