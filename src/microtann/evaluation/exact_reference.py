"""The exact answer that a reference structure is held against: the place where a lattice enters an analysis."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from microtann.evaluation.structures import ReferenceCase
from microtann.microstructure.bars.cells.bar import ElastoplasticBar
from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.cells.generators import cube_cell
from microtann.microstructure.bars.exact_cell import ExactCell
from microtann.microstructure.bars.full.structure import Structure


@dataclass(frozen=True, eq=False)
class ExactReference:
    """The lattice that a material stands for: as the exact material, and as the full structure (DNS).

    Parameters
    ----------
    cell : UnitCell
    bar : ElastoplasticBar
    """

    cell: UnitCell
    bar: ElastoplasticBar

    @classmethod
    def of(cls, material: Any) -> ExactReference | None:
        """Return the lattice of a material; None if it stands for none."""
        source = getattr(material, "tann", material)  # a hybrid's network knows it
        cell, bar = getattr(source, "cell", None), getattr(source, "bar", None)
        return None if cell is None or bar is None else cls(cell, bar)

    @classmethod
    def regular_cube(cls, bar: ElastoplasticBar | None = None) -> ExactReference:
        """Return the regular cube, whose exact material is known in closed form."""
        return cls(cube_cell(), ElastoplasticBar() if bar is None else bar)

    @property
    def dimension(self) -> int:
        """Dimension of space, 2 or 3."""
        return self.cell.dimension

    @property
    def unknowns(self) -> int:
        """Distinct bars of a cell: as many plastic strains does the exact material hold."""
        return self.cell.distinct_bars.count

    @property
    def digest(self) -> str:
        """SHA-256 digest of all that the lattice is."""
        cell, bar = self.cell, self.bar
        arrays = (cell.nodes, cell.bars, cell.areas, cell.periods, bar.young, bar.yield_stress, bar.hardening)
        return hashlib.sha256(b"".join(np.asarray(values).tobytes() for values in arrays)).hexdigest()

    def material(self) -> ExactCell:
        """Return the exact homogenised material."""
        return ExactCell(self.cell, self.bar)

    def structure(self, case: ReferenceCase, ratio: float) -> Structure:
        """Return the full lattice of a case.

        Parameters
        ----------
        case : ReferenceCase
        ratio : float
            Size ratio ε: a cell measures ε times the width of the case.

        Raises
        ------
        InputError
            If cells of that size do not fill the box.
        """
        case.cells(ratio)
        return Structure.box(self.cell, self.bar, case.lengths, ratio * case.lengths[0], case.origin)
