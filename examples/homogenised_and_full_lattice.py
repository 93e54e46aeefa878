"""Uniform compression (lcU1): homogenised finite elements and the full lattice agree to the solver's precision.

The field is uniform, so neither mesh size nor cell size matters; a network's error would show here alone.
"""

from __future__ import annotations

import microtann as mt
from microtann.evaluation.structures import lcU1


def main() -> dict[str, tuple[float, float]]:
    """Return every compared quantity of the two computations."""
    case = lcU1()
    cell, bar = mt.cube_cell(), mt.ElastoplasticBar()
    mesh = mt.fem.box(case.lengths, (2, 2, 2), case.origin)
    homogenised = mt.fem.Model(mesh, mt.Lattice(cell, bar)).solve(case.steps)
    lattice = mt.Structure.box(cell, bar, case.lengths, cell_size=2.5, origin=case.origin).solve(case.steps)
    ours, theirs = case.quantities(homogenised), case.quantities(lattice)
    return {name: (float(ours[name][-1]), float(theirs[name][-1])) for name in ours}


if __name__ == "__main__":
    for quantity, (fe, full) in main().items():
        print(f"{quantity:>14}  {fe:12.8f}  {full:12.8f}")
