"""Both scales of a structure: the forces in the bars of a lattice that was never built.

A plate of 12 × 12 cells is bent within its plane. Finite elements with the homogenised cell find strains and
states on a mesh of 6 × 6 elements; `mt.Microscale` decodes them into u⁰ + εu¹ at the nodes of the lattice and
the stresses of its bars. The full lattice, solved bar by bar under the same loading, says how right they are:
away from the edges, where a lattice has a layer of its own one cell deep, the differences are those of
homogenisation.

Run it with ``python examples/both_scales.py [PICTURE.png]``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import microtann as mt

SIDE, CELLS = 12.0, 12


def bent() -> list[mt.fem.Step]:
    """Return the loading: one edge turns against the other."""
    left, right = (lambda x: x[:, 0] == 0), (lambda x: x[:, 0] == SIDE)
    turned = mt.fem.Prescribed(right, "x", lambda x: 0.9 * (x[:, 1] - SIDE / 2))
    return [mt.fem.Step([mt.fem.Prescribed(left, "x"), mt.fem.Prescribed(left, "y"), turned], increments=2)]


def main(picture: Path | None = None) -> float:
    """Return the relative RMS difference of the bars inside; draw both if a file is named."""
    tann = mt.load("square-2x2-perturbed")  # 16 states: no error of a network
    known = tann.microstructure
    mesh = mt.fem.box((SIDE, SIDE), (6, 6), kind="quad8")
    homogenised = mt.fem.Model(mesh, tann).solve(bent(), mt.fem.SolverOptions(outside_training="none"))
    lattice = mt.Structure.box(known.cell, known.bar, (SIDE, SIDE), cell_size=SIDE / CELLS)
    full = lattice.solve(bent())
    inside = mt.Microscale(homogenised, tann, SIDE / CELLS, (0.0, 0.0))
    middle = lattice.points[lattice.bars].mean(axis=1)
    away = (np.abs(middle - SIDE / 2) < SIDE / 3).all(axis=1)
    found = inside.bar_stress(lattice.points, lattice.bars)
    right = full.force / lattice.areas
    if picture is not None:
        draw(picture, lattice, found, right)
    return float(np.sqrt(np.mean((found - right)[away] ** 2) / np.mean(right[away] ** 2)))


def draw(picture: Path, lattice: mt.Structure, found: np.ndarray, right: np.ndarray) -> None:
    """Draw the stresses of the bars, decoded and of the full lattice."""
    from matplotlib.collections import LineCollection

    from microtann.plotting.style import DIVERGING, house_style, new_figure

    with house_style():
        figure = new_figure(7.2, 3.6)
        size = np.abs(right).max()
        axes = figure.subplots(1, 2)
        for axis, values, title in zip(axes, (found, right), ("decoded", "full lattice"), strict=True):
            bars = LineCollection(lattice.points[lattice.bars], array=values, cmap=DIVERGING, clim=(-size, size))
            axis.add_collection(bars)
            axis.set(aspect="equal", title=title, xlim=(-0.3, SIDE + 0.3), ylim=(-0.3, SIDE + 0.3))
            axis.grid(visible=False)
        figure.colorbar(bars, ax=axes, label="stress of the bars")
        figure.savefig(picture, dpi=110)


if __name__ == "__main__":
    print(f"bars inside, decoded against the full lattice: {main(*map(Path, sys.argv[1:2])):.2%}")
