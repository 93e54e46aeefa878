"""On which line of a TOML file a key stands, for sentences about what is wrong there."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(#.*)?$")
KEY = re.compile(r"^\s*(?:\"([^\"]+)\"|'([^']+)'|([A-Za-z0-9_-]+))\s*=")

KeyPath = tuple[str | int, ...]
"""Names of tables and numbers of their repetitions down to a key: ("step", 0, "load", 1, "value")."""


@dataclass(frozen=True)
class KeyLines:
    r"""The lines of the keys of a TOML text.

    Parameters
    ----------
    lines : mapping
        Line, from 1, of every header of a table and of every key, by its path; keys within inline tables are left
        out.

    Examples
    --------
    >>> from microtann.job.lines import KeyLines
    >>> lines = KeyLines.of('[mesh]\nkind = "quad"\n[[step]]\n[[step.load]]\nvalue = 1.0')
    >>> lines.of_key("mesh", "kind"), lines.of_key("step", 0, "load", 0, "value"), lines.of_key("mesh", "origin")
    (2, 5, 1)
    """

    lines: dict[KeyPath, int] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str) -> KeyLines:
        """Return the lines of a text, which is taken to be TOML."""
        lines: dict[KeyPath, int] = {}
        counts: dict[KeyPath, int] = {}
        table: KeyPath = ()
        for number, line in enumerate(text.splitlines(), start=1):
            if header := HEADER.match(line):
                names = [name.strip().strip("\"'") for name in header.group(2).split(".")]
                table = ()
                for place, name in enumerate(names):
                    table = (*table, name)
                    if header.group(1) == "[[" and place == len(names) - 1:
                        counts[table] = counts.get(table, -1) + 1
                    if table in counts:
                        table = (*table, counts[table])
                lines.setdefault(table, number)
            elif key := KEY.match(line):
                name = next(group for group in key.groups() if group is not None)
                lines.setdefault((*table, name), number)
        return cls(lines)

    def of_key(self, *path: str | int) -> int | None:
        """Return the line of a key or table, or that where what is in it begins, or that of what it is in."""
        for length in range(len(path), 0, -1):
            within = [line for key, line in self.lines.items() if key[:length] == path[:length]]
            if within:
                return min(within)
        return None
