"""The exact microstructure with which the model of a reference structure is compared.

It is the place where a microstructure enters the analyses of reference structures. The exact homogenised material
is that of any microstructure that can be solved; only lattices make a full structure.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from microtann.evaluation.structures import ReferenceCase
from microtann.microstructure.bars.cells.bar import ElastoplasticBar
from microtann.microstructure.bars.cells.generators import cube_cell
from microtann.microstructure.bars.full.structure import Structure
from microtann.microstructure.bars.lattice import Lattice, require_lattice
from microtann.microstructure.protocol import Microstructure
from microtann.numbers import voigt


@dataclass(frozen=True, eq=False)
class ExactReference:
    """The microstructure that a material stands for.

    Parameters
    ----------
    microstructure : Microstructure
        Itself the exact homogenised material (FE²).
    """

    microstructure: Microstructure

    @classmethod
    def of(cls, material: Any) -> ExactReference | None:
        """Return what a material or a data set stands for; None if that is not known or cannot be solved."""
        known = getattr(material, "microstructure", None)
        return cls(known) if isinstance(known, Microstructure) and known.solvable else None

    @classmethod
    def regular_cube(cls, bar: ElastoplasticBar | None = None) -> ExactReference:
        """Return the regular cube, whose exact material is known in closed form."""
        return cls(Lattice(cube_cell(), ElastoplasticBar() if bar is None else bar))

    @property
    def dimension(self) -> int:
        """Dimension of space, 2 or 3."""
        return voigt.dimension(self.microstructure.components)

    @property
    def fills_structures(self) -> bool:
        """Whether its copies make a full structure (DNS)."""
        return self.microstructure.fills_structures

    @property
    def digest(self) -> str:
        """SHA-256 digest of the kind and the arrays of the microstructure."""
        parts = [self.microstructure.kind.encode()]
        for group, arrays in sorted(self.microstructure.groups().items()):
            for name, values in sorted(arrays.items()):
                parts += [f"{group}/{name}".encode(), np.asarray(values).tobytes()]
        return hashlib.sha256(b"".join(parts)).hexdigest()

    def lattice(self) -> Lattice:
        """Return the lattice, for what only lattices can do.

        Raises
        ------
        InputError
            If it is none.
        """
        return require_lattice(self.microstructure)

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
            If it is no lattice, or cells of that size do not fill the box.
        """
        lattice = self.lattice()
        assert lattice.bar is not None
        case.cells(ratio)
        return Structure.box(lattice.cell, lattice.bar, case.lengths, ratio * case.lengths[0], case.origin)
