"""A real material, and by what quantities of a dimensionless microstructure are multiplied to be made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from microtann.errors import InputError
from microtann.numbers.configuration import nearest

NEEDED = ("young", "yield_strain")
"""What a real material must say of itself."""


@dataclass(frozen=True)
class RealMaterial:
    """A material, and the size of the cell that is made of it.

    Parameters
    ----------
    young : float
        Young modulus E, in any unit of stress.
    yield_strain : float
        Strain at first yield k/E, k being the yield stress.
    length : float
        What a length of 1 of the cell becomes, in any unit; shipped cells have edges of 1.
    hardening : float, optional
        Hardening modulus H, in the unit of E; by default that of the ratio of the model.

    Raises
    ------
    InputError
        If a value is not finite and positive, or the hardening is negative.
    """

    young: float
    yield_strain: float
    length: float = 1.0
    hardening: float | None = None

    def __post_init__(self) -> None:
        for name in ("young", "yield_strain", "length"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value > 0.0):
                raise InputError(f"{name} must be finite and larger than 0, got {value!r}")
        if self.hardening is not None and not (np.isfinite(self.hardening) and self.hardening >= 0.0):
            raise InputError(f"hardening must be finite and at least 0, got {self.hardening!r}")

    def __str__(self) -> str:
        hardening = "" if self.hardening is None else f", hardening = {self.hardening:g}"
        return f"young = {self.young:g}, yield_strain = {self.yield_strain:g}, length = {self.length:g}{hardening}"


def read_material(text: str, where: str) -> RealMaterial:
    """Return the material that is written as young=210e9,yield_strain=0.0015,length=0.01.

    Parameters
    ----------
    text : str
    where : str
        What it stands behind, for messages.

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
                f"{where}: {name!r} {twice}: {nearest(name, known)}write young=210e9,yield_strain=0.0015"
            )
        try:
            values[name] = float(value)
        except ValueError:
            raise InputError(f"{where}: {name} must be a number, got {value!r}") from None
    missing = [name for name in NEEDED if name not in values]
    if missing:
        raise InputError(f"{where} needs {missing[0]}: write young=210e9,yield_strain=0.0015,length=0.01")
    return RealMaterial(**values)


@dataclass(frozen=True)
class UnitFactors:
    """What quantities of a microstructure, and of a model of it, are multiplied by in other units.

    Parameters
    ----------
    strain, stress : float
    coordinates : mapping of float
        Of the groups of internal coordinates whose units are known, by their names.
    """

    strain: float
    stress: float
    coordinates: Mapping[str, float]

    @property
    def energy(self) -> float:
        """Factor of energy and dissipation per volume."""
        return self.stress * self.strain
