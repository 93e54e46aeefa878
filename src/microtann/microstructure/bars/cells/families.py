"""The families of cells that have a generator, by the names that commands and configurations use."""

from __future__ import annotations

from collections.abc import Callable

from microtann.microstructure.bars.cells.body_centred import body_centred_cell
from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.cells.generators import cube_cell, square_cell
from microtann.microstructure.bars.cells.octet import octet_cell

FAMILIES: dict[str, Callable[..., UnitCell]] = {
    "cube": cube_cell,
    "square": square_cell,
    "octet": octet_cell,
    "body-centred": body_centred_cell,
}
"""Generator by name; all take units, size, perturbation, perturb, law and seed. Only squares are plane."""
