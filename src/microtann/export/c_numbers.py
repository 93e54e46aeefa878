"""Numbers and arrays as C99 writes them: hexadecimal, so that no digit is lost."""

from __future__ import annotations

import re

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

PER_LINE = 8


def hexadecimal(value: float) -> str:
    """Return a number as C99 writes it in hexadecimal.

    Examples
    --------
    >>> from microtann.export.c_numbers import hexadecimal
    >>> hexadecimal(1.5), hexadecimal(-0.125)
    ('0x1.8p+0', '-0x1p-3')
    """
    return re.sub(r"\.?0*p", "p", float(value).hex(), count=1)


def c_array(name: str, values: Float[NDArray[np.float64], "..."]) -> str:
    """Return the definition of a constant array of one or two dimensions; empty ones become one zero, unread."""
    if values.size == 0:
        values = np.zeros([max(n, 1) for n in values.shape])
    size = "".join(f"[{n}]" for n in values.shape)
    rows = values.reshape(-1, values.shape[-1])
    body = ",\n".join(f"{{{_row(row)}}}" if values.ndim == 2 else _row(row) for row in rows)
    return f"static const double {name}{size} = {{\n{body}\n}};\n"


def _row(values: Float[NDArray[np.float64], "n"]) -> str:
    numbers = [hexadecimal(value) for value in values]
    return ",\n".join(", ".join(numbers[i : i + PER_LINE]) for i in range(0, len(numbers), PER_LINE))
