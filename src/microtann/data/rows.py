"""Rows of a data file in a sentence."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int
from numpy.typing import NDArray


def name_rows(rows: Int[NDArray[np.int64], "r"]) -> str:
    """Return how many rows there are, and the first of them."""
    shown = ", ".join(str(row) for row in rows[:3])
    if rows.size == 1:
        return f"row {shown}"
    return f"{rows.size} rows ({shown}{', …' if rows.size > 3 else ''})"
