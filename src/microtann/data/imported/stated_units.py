"""Units that files state beside what a user says of them: they may not contradict each other."""

from __future__ import annotations

import re
from collections.abc import Mapping

from microtann.data.imported.import_choice import ImportChoice
from microtann.errors import DataFileError

BRACKETED = re.compile(r"^(.*?)\s*[\[(]([^\])]*)[\])]$")
"""A name with its unit, as in "S11 [MPa]"."""
STRESS, TIME = "stress", "time"


def name_and_unit(text: str) -> tuple[str, str]:
    """Return the name and the unit of a column; the unit is empty if it says none.

    Examples
    --------
    >>> from microtann.data.imported.stated_units import name_and_unit
    >>> name_and_unit("S11 [MPa]"), name_and_unit("time")
    (('S11', 'MPa'), ('time', ''))
    """
    found = BRACKETED.match(text.strip())
    return (found[1], found[2].strip()) if found else (text.strip(), "")


def require_one_unit(where: str, stated: Mapping[str, str], choice: ImportChoice) -> None:
    """Refuse stresses and times whose unit is another one than the user says, or is not the same in all columns.

    Parameters
    ----------
    where : str
        The file.
    stated : mapping
        Unit that the file states, by the name of every stress and of the time; empty where it states none.
    choice : ImportChoice

    Raises
    ------
    DataFileError
    """
    for names, said, key, converted in (
        (choice.stress, choice.stress_unit, "stress_unit", choice.stress_factor != 1.0),
        ((choice.time,) if choice.time else (), choice.time_unit, "time_unit", False),
    ):
        units = {name: stated[name] for name in names if stated.get(name)}
        first = next(iter(units), "")
        other = next((name for name in units if units[name] != units[first]), "")
        if other:
            raise DataFileError(
                f"{where}: {first} is in {units[first]} and {other} in {units[other]}: write all in one unit"
            )
        if units and said and not converted and units[first] != said:
            raise DataFileError(
                f"{where}: {first} is in {units[first]}, but import.{key} says {said}: say one unit, and the "
                "factor between them if there is one"
            )
