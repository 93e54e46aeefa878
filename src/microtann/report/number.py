"""How a number is written in every table of microtann."""

from __future__ import annotations

import math
from typing import Literal

Kind = Literal["general", "integer", "percent", "error", "seconds", "text"]
"""How a column writes its numbers; "error" is always scientific, with two digits."""

MISSING = "–"


def format_number(value: float | int | str | None, kind: Kind = "general") -> str:
    """Return a number as a table shows it.

    Parameters
    ----------
    value : number, str or None
        None stands for what was not computed; text is returned as it is.
    kind : {"general", "integer", "percent", "error", "seconds", "text"}
        "general": four significant digits, scientific below 1e-3 and from 1e6 on. "integer": groups of three.
        "percent": the value times 100, three significant digits. "error": 1.2e-3. "seconds": two decimals.

    Returns
    -------
    str

    Examples
    --------
    >>> from microtann.report.number import format_number
    >>> format_number(0.0123456), format_number(1234567, "integer"), format_number(3.3e-3, "error")
    ('0.01235', '1 234 567', '3.3e-3')
    """
    if value is None:
        return MISSING
    if isinstance(value, str):
        return value
    if not math.isfinite(value):
        return "nan" if math.isnan(value) else ("∞" if value > 0 else "−∞")
    if kind == "integer":
        return _minus(f"{round(value):,}".replace(",", " "))
    if kind == "seconds":
        return f"{value:.2f}"
    if value == 0:
        return "0 %" if kind == "percent" else "0"
    if kind == "percent":
        percent = 100.0 * value
        return _plain(percent, 3) + " %" if abs(percent) >= 0.01 else _scientific(percent, 2) + " %"
    if kind == "error":
        return _scientific(value, 2)
    if 1e-3 <= abs(value) < 1e6:
        return _plain(value, 4)
    return _scientific(value, 4)


def _plain(value: float, digits: int) -> str:
    exponent = math.floor(math.log10(abs(float(f"{value:.{digits - 1}e}"))))
    return _minus(f"{value:.{max(digits - 1 - exponent, 0)}f}")


def _scientific(value: float, digits: int) -> str:
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return _minus(f"{mantissa}e{int(exponent)}")


def _minus(text: str) -> str:
    # a true minus sign in the mantissa; exponents keep the hyphen so that numbers can be copied
    return "−" + text[1:] if text.startswith("-") else text
