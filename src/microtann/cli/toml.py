"""TOML out: the effective configuration as text that `tomllib` reads back to the same values."""

from __future__ import annotations

import json
import math
import re
import textwrap
from collections.abc import Mapping
from typing import Any

WIDTH = 100
"""Comments that would make a line longer go above it."""
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+\Z")


def to_toml(table: Mapping[str, Any], comments: Mapping[str, str] | None = None) -> str:
    """Return a table of values and tables as TOML.

    Parameters
    ----------
    table : mapping
        Values are bool, int, float, str, lists or tuples of them, or mappings (written as [tables]); a value of
        None is left out, for TOML has no null.
    comments : mapping, optional
        Comment to the line of a key, by its dotted name ("walks.paths").

    Returns
    -------
    str

    Raises
    ------
    TypeError
        If a value has no TOML form.
    """
    lines: list[str] = []
    _write(table, (), comments or {}, lines)
    return "\n".join(lines).strip("\n") + "\n"


def _write(table: Mapping[str, Any], path: tuple[str, ...], comments: Mapping[str, str], lines: list[str]) -> None:
    plain = {key: value for key, value in table.items() if not isinstance(value, Mapping) and value is not None}
    if path and (plain or not table):
        lines += ["", "[" + ".".join(_key(key) for key in path) + "]"]
    for key, value in plain.items():
        comment = comments.get(".".join((*path, key)), "")
        line = f"{_key(key)} = {_value(value)}"
        if len(line) + len(comment) > WIDTH:
            lines += textwrap.wrap(comment, WIDTH, initial_indent="# ", subsequent_indent="# ")
            comment = ""
        lines.append(line + (f"  # {comment}" if comment else ""))
    for key, value in table.items():
        if isinstance(value, Mapping):
            _write(value, (*path, key), comments, lines)


def _key(key: str) -> str:
    return key if _BARE_KEY.match(key) else _string(key)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if math.isfinite(value):
            text = repr(value)
            return text if any(c in text for c in ".en") else text + ".0"
        return "nan" if math.isnan(value) else ("inf" if value > 0 else "-inf")
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    raise TypeError(f"{type(value).__name__} has no TOML form")


def _string(text: str) -> str:
    # JSON's escapes are TOML's, but TOML also wants DEL escaped
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
