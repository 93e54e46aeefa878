"""A lattice as a microstructure: a periodic cell and its bars."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from numpy.typing import ArrayLike

from microtann.errors import InputError
from microtann.microstructure.bars.cells.bar import ElastoplasticBar
from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.condensed.solve import CellResponse, solve_cell
from microtann.microstructure.protocol import Groups, Microstructure, register


@register
@dataclass(frozen=True, eq=False)
class Lattice(Microstructure):
    """A periodic lattice of elastoplastic bars.

    Parameters
    ----------
    cell : UnitCell
    bar : ElastoplasticBar, optional
        Without it the cell only says where the internal coordinates are.
    """

    kind: ClassVar[str] = "lattice"
    fields: ClassVar[Mapping[str, tuple[str, ...]]] = {"cell": UnitCell.ARRAYS, "bar": ElastoplasticBar.ARRAYS}

    cell: UnitCell
    bar: ElastoplasticBar | None = None

    @property
    def strain_scale(self) -> float:
        """That of the bars; 1 if they are not known."""
        return 1.0 if self.bar is None else self.bar.strain_scale

    def groups(self) -> Groups:
        """Return the arrays of the cell and of the bars."""
        return {"cell": self.cell.arrays()} | ({} if self.bar is None else {"bar": self.bar.arrays()})

    @classmethod
    def of_groups(cls, groups: Groups) -> Lattice:
        """Return the lattice of arrays from a file.

        Raises
        ------
        InputError
            If there is no cell, or cell or bars are not well defined.
        """
        if "cell" not in groups:
            raise InputError("a lattice has a cell, which is missing")
        return cls(UnitCell(**groups["cell"]), ElastoplasticBar(**groups["bar"]) if "bar" in groups else None)

    def solve(self, strain: ArrayLike, dt: ArrayLike = 1.0) -> CellResponse:
        """Return the exact response of the cell; see `microtann.solve_cell`.

        Raises
        ------
        InputError
            If the bar material is not known, or the strain is no strain path.
        """
        if self.bar is None:
            raise InputError("the bar material of the lattice is not known, so that it cannot be solved")
        return solve_cell(self.cell, self.bar, strain, dt)
