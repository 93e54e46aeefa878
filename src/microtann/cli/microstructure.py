"""The lattice cell and its bars as sections of the configuration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from microtann.cli.configuration import bounded
from microtann.lattice.bar import ElastoplasticBar
from microtann.lattice.cell import UnitCell
from microtann.lattice.generators import LARGEST_MOVE, cube_cell, square_cell


@dataclass(frozen=True)
class CellChoice:
    """Which cell is homogenised.

    Parameters
    ----------
    kind : {"cube", "square"}
        In space, or in the plane.
    units : int
        Cubes or squares along each axis of the cell.
    size : float
        Edge of the cell.
    perturbation : float
        Displacement of the nodes in units of a unit's edge: standard deviation or half-width.
    perturb : {"interior", "all"}
        Which nodes move.
    law : {"normal", "uniform"}
        Law of the perturbation.
    seed : int
        Seed of the perturbation.
    """

    kind: Literal["cube", "square"] = "cube"
    units: int = bounded(1, least=1)
    size: float = bounded(1.0, above=0.0)
    perturbation: float = bounded(0.0, least=0.0, most=LARGEST_MOVE)
    perturb: Literal["interior", "all"] = "interior"
    law: Literal["normal", "uniform"] = "normal"
    seed: int = bounded(0, least=0)

    def build(self) -> UnitCell:
        """Return the cell.

        Raises
        ------
        CellError
            If nothing can move although a perturbation is asked for.
        """
        if self.kind == "square":
            return square_cell(
                (self.units, self.units), self.size, self.perturbation, self.perturb, self.law, self.seed
            )
        units = (self.units, self.units, self.units)
        return cube_cell(units, self.size, self.perturbation, self.perturb, self.law, self.seed)


@dataclass(frozen=True)
class BarChoice:
    """Of what the bars are made.

    Parameters
    ----------
    young : float
        Young modulus E.
    yield_stress : float
        Yield stress k.
    hardening : float
        Linear kinematic hardening modulus H.
    """

    young: float = bounded(1.0, above=0.0)
    yield_stress: float = bounded(1.0 / 3.0, above=0.0)
    hardening: float = bounded(0.1, least=0.0)

    def build(self) -> ElastoplasticBar:
        """Return the bar material."""
        return ElastoplasticBar(self.young, self.yield_stress, self.hardening)
