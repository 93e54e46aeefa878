"""The forms of TANN this package knows: which reduction, energy and evolution make each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from microtann.tann.energy import DecoupledQuadraticEnergy, Energy
from microtann.tann.evolution import Evolution, PlayMechanisms
from microtann.tann.play_update import Array, PointUpdate, update_play
from microtann.tann.point import MaterialPoint
from microtann.tann.reduction import Reduction, ResidualReduction


@dataclass(frozen=True)
class Form:
    """What a form of TANN is put together from.

    Parameters
    ----------
    reduction, energy, evolution : classes
    compiled : callable, optional
        Compiled update of many points (point, driving variables at the end, states at the start, whether the
        tangent is wanted); without it the differentiated increment is used, whatever the parts.
    """

    reduction: type[Reduction]
    energy: type[Energy]
    evolution: type[Evolution]
    compiled: Callable[[MaterialPoint, Array, Array, bool], PointUpdate] | None = None


FORMS: dict[str, Form] = {
    "play": Form(ResidualReduction, DecoupledQuadraticEnergy, PlayMechanisms, update_play),
}
"""Form by name; a model file names its form."""
