"""Arrays on their way into a page: base64 of their numbers, a third longer than these themselves."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from jaxtyping import Num
from numpy.typing import NDArray

FORMATS = {"float32": "<f4", "float64": "<f8", "int32": "<i4"}
"""Formats of numbers by the names that the page gives them."""


def packed(values: Num[NDArray[Any], "..."], kind: str = "float64") -> dict[str, object]:
    """Return an array as the page reads it.

    Parameters
    ----------
    values : array, shape (...)
    kind : {"float32", "float64", "int32"}
        Format of its numbers; single precision is enough for pictures.
    """
    numbers = np.ascontiguousarray(values, dtype=FORMATS[kind])
    return {"kind": kind, "shape": list(numbers.shape), "base64": base64.b64encode(numbers.tobytes()).decode()}
