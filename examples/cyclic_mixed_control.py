"""Cyclic loading in mixed control: strain along x, no stress across.

The strain ε₁₁ of a cube lattice goes to and fro while all other stresses stay zero, which `mt.drive` solves
for in every increment. The bars harden linearly. Masing's rule (G. Masing, 1926) then says what every later
branch is: the first one, σ = f(ε), twice as large, from where the loading turned back at (ε*, σ*),

    σ = σ* − 2 f((ε* − ε) / 2),

and after one cycle the loop is closed. That is held here against the solved cell, which knows nothing of the
rule.

Run it with ``python examples/cyclic_mixed_control.py [PICTURE.png]``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import microtann as mt

LARGEST, INCREMENTS = 1.0, 40  # three times the yield strain, of a branch from zero


def main(picture: Path | None = None) -> tuple[float, float, float]:
    """Return how far the branches are from Masing's rule, the loop from closed, and the largest stress across.

    All of them over the largest stress; draw if a file is named.
    """
    to = [mt.CellStep(strain={"11": LARGEST}, rest="free", increments=INCREMENTS)]
    for end in (-LARGEST, LARGEST):
        to.append(mt.CellStep(strain={"11": end}, rest="free", increments=INCREMENTS))
    path = mt.drive(mt.Lattice(mt.cube_cell()), to)
    first, back, forth = np.split(path.stress[:, 0], 3)
    if picture is not None:
        mt.plotting.plot_paths(path).savefig(picture, dpi=110)
    size = np.abs(path.stress).max()
    turned = first[-1] - back, forth - back[-1]  # over the same strains: twice the first branch
    off = max(np.abs(branch - 2 * first).max() for branch in turned)
    across = np.abs(path.stress[:, 1:]).max()
    return float(off / size), float(abs(forth[-1] - first[-1]) / size), float(across / size)


if __name__ == "__main__":
    rule, loop, lateral = main(*map(Path, sys.argv[1:2]))
    print(f"off Masing's rule {rule:.1e}, off a closed loop {loop:.1e}, stress across {lateral:.1e}")
