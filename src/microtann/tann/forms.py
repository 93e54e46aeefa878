"""The forms of TANN this package knows: which reduction, energy and evolution make each."""

from __future__ import annotations

from dataclasses import dataclass

from microtann.tann.energy import DecoupledQuadraticEnergy, Energy
from microtann.tann.evolution import Evolution, PlayMechanisms
from microtann.tann.reduction import Reduction, ResidualReduction


@dataclass(frozen=True)
class Form:
    """The classes that a form of TANN is put together from."""

    reduction: type[Reduction]
    energy: type[Energy]
    evolution: type[Evolution]


FORMS: dict[str, Form] = {
    "play": Form(ResidualReduction, DecoupledQuadraticEnergy, PlayMechanisms),
}
"""Form by name; a model file names its form."""
