"""Uniform compression (lcU1): homogenised finite elements and the full lattice agree to the solver's precision.

The field is uniform, so neither mesh size nor cell size matters; a network's error would show here alone.

Run it with ``python examples/homogenised_and_full_lattice.py [PICTURE.png]``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import microtann as mt
from microtann.evaluation.structures import lcU1


def main(picture: Path | None = None) -> dict[str, tuple[float, float]]:
    """Return every compared quantity of the two computations; draw the full lattice if a file is named."""
    case = lcU1()
    cell, bar = mt.cube_cell(), mt.ElastoplasticBar()
    mesh = mt.fem.box(case.lengths, (2, 2, 2), case.origin)
    homogenised = mt.fem.Model(mesh, mt.Lattice(cell, bar)).solve(case.steps)
    lattice = mt.Structure.box(cell, bar, case.lengths, cell_size=2.5, origin=case.origin).solve(case.steps)
    if picture is not None:
        mt.plotting.plot_body(lattice, "stress").savefig(picture, dpi=110)
    ours, theirs = case.quantities(homogenised), case.quantities(lattice)
    return {name: (float(ours[name][-1]), float(theirs[name][-1])) for name in ours}


if __name__ == "__main__":
    for quantity, (fe, full) in main(*map(Path, sys.argv[1:2])).items():
        print(f"{quantity:>14}  {fe:12.8f}  {full:12.8f}")
