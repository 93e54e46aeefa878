"""Names that a job takes from a mesh."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from microtann.errors import InputError
from microtann.numbers.configuration import nearest


def named(name: str, *groups: Mapping[str, Any]) -> str:
    """Return a name that one of the groups of a mesh has.

    Raises
    ------
    InputError
        If none has it; it names the nearest.
    """
    known = list(dict.fromkeys(key for group in groups for key in group))
    if name not in known:
        listed = ", ".join(known) or "no names; give some by [set.NAME], [side.NAME], [region.NAME]"
        raise InputError(f"the mesh has nothing called {name!r}: {nearest(name, known)}it has {listed}")
    return name
