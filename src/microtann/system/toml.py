"""TOML in and out, by tomlkit: configurations as plain values, and as text with comments."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

import tomlkit
from tomlkit.container import Container
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Table

WIDTH = 100
"""Comments that would make a line longer go above it."""


def from_toml(text: str) -> dict[str, Any]:
    """Return a TOML document as plain values.

    Raises
    ------
    ValueError
        If it is not TOML; the message says where.
    """
    try:
        return tomlkit.parse(text).unwrap()
    except RecursionError:
        raise ValueError("values are nested too deeply") from None
    except TOMLKitError as error:
        raise ValueError(str(error).rstrip(".")) from None


def to_toml(table: Mapping[str, Any], comments: Mapping[str, str] | None = None) -> str:
    """Return a table of values and tables as TOML.

    Parameters
    ----------
    table : mapping
        Values are bool, int, float, str, lists or tuples of them, or mappings (written as [tables]); a value of
        None is left out, for TOML has no null, or with a comment to it stands there as a comment.
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
    document = tomlkit.document()
    _add(document, table, (), comments or {})
    return document.as_string()


def _add(
    place: Container | Table, table: Mapping[str, Any], path: tuple[str, ...], comments: Mapping[str, str]
) -> None:
    plain = {key: value for key, value in table.items() if not isinstance(value, Mapping)}
    for key, value in plain.items():
        comment = comments.get(".".join((*path, key)), "")
        if value is None:
            for line in textwrap.wrap(comment, WIDTH - len("# "), break_on_hyphens=False):
                place.add(tomlkit.comment(line))
            if comment:
                place.add(tomlkit.comment(f"{key} ="))
            continue
        item = tomlkit.item(list(value) if isinstance(value, tuple) else value)
        if len(f"{key} = {item.as_string()}") + len(comment) > WIDTH:
            for line in textwrap.wrap(comment, WIDTH - len("# "), break_on_hyphens=False):
                place.add(tomlkit.comment(line))
        elif comment:
            item.comment(comment)
            item.trivia.comment_ws = "  "
        place.add(key, item)
    for key, value in table.items():
        if isinstance(value, Mapping):
            inner = tomlkit.table()
            _add(inner, value, (*path, key), comments)
            place.add(key, inner)
