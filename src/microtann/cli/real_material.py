"""The real material of a model on the command line: ``--units young=210e9,yield_strain=0.0015,length=0.01``."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from microtann.errors import InputError
from microtann.numbers.configuration import nearest
from microtann.tann.real_units import RealMaterial

NEEDED = ("young", "yield_strain")


def real_material(text: str) -> RealMaterial:
    """Return the material that an option names.

    Raises
    ------
    InputError
        If a name is not known or there twice, a value is no number in its range, or one is missing.
    """
    known = [field.name for field in fields(RealMaterial)]
    values: dict[str, Any] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = (piece.strip() for piece in part.partition("="))
        if name not in known or name in values:
            twice = "is there twice" if name in values else f"is none of {', '.join(known)}"
            raise InputError(
                f"--units: {name!r} {twice}: {nearest(name, known)}write young=210e9,yield_strain=0.0015"
            )
        try:
            values[name] = float(value)
        except ValueError:
            raise InputError(f"--units: {name} must be a number, got {value!r}") from None
    missing = [name for name in NEEDED if name not in values]
    if missing:
        raise InputError(f"--units needs {missing[0]}: write young=210e9,yield_strain=0.0015,length=0.01")
    return RealMaterial(**values)
