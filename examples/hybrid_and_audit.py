"""A structure that leaves the training range: an audit of the network, and a hybrid that turns to the exact cell.

A plate is sheared twice as far as the data of its model reach, which `result.points_outside` counts. An audit
solves the exact cell along the strains of some Gauss points and estimates from them how wrong the dissipation
of the whole plate is, with an interval. A hybrid lets the exact cell take over, point by point, where the
range ends. Both are held here against FE², the exact cell at every Gauss point, which a real structure could
not pay for.

Run it with ``python examples/hybrid_and_audit.py [PICTURE.png]``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import microtann as mt

QUIET = mt.fem.SolverOptions(outside_training="none")


def sheared(material: mt.fem.Material) -> mt.fem.Result:
    """Return a plate whose upper edge moves along x."""
    mesh = mt.fem.box((2, 1), (8, 4))
    low, high = (lambda x: x[:, 1] == 0), (lambda x: x[:, 1] == 1)
    held = [mt.fem.Prescribed(low, axis) for axis in "xy"]
    moved = [mt.fem.Prescribed(high, "x", 2.0), mt.fem.Prescribed(high, "y", 0.4)]
    return mt.fem.Model(mesh, material).solve([mt.fem.Step([*held, *moved], increments=5)], QUIET)


def total(result: mt.fem.Result) -> float:
    """Return what the plate has dissipated."""
    return float(np.sum(result.dissipation))


def main(picture: Path | None = None) -> dict[str, float]:
    """Return errors of the dissipation against FE²: of network and hybrid, and what the audit says of them."""
    tann = mt.load("square-2x2-perturbed-variational-12")
    exact, model = sheared(tann.microstructure), sheared(tann)
    hybrid = sheared(mt.Hybrid(tann))
    found = mt.audit(model, tann, count=60)
    estimate, half = found.total_dissipation
    if picture is not None:
        draw(picture, hybrid)
    return {
        "Gauss points outside": int(model.points_outside[-1]),
        "network": total(model) / total(exact) - 1,
        "hybrid": total(hybrid) / total(exact) - 1,
        "audit": estimate,
        "audit, half interval": half,
    }


def draw(picture: Path, hybrid: mt.fem.Result) -> None:
    """Draw the share of the exact cell in the deformed plate."""
    from microtann.plotting.style import SEQUENTIAL, house_style, new_figure

    mesh = mt.fem.box((2, 1), (8, 4))
    corners = (mesh.points + hybrid.displacement[-1])[mesh.cells]
    share = hybrid.state["exact_share"].mean(axis=1)
    with house_style():
        from matplotlib.collections import PolyCollection

        figure = new_figure(6.0, 2.8)
        axis = figure.add_subplot(aspect="equal")
        cells = PolyCollection(
            corners, array=share, cmap=SEQUENTIAL, edgecolor="white", linewidth=0.5, clim=(0, 1)
        )
        axis.add_collection(cells)
        axis.autoscale_view()
        figure.colorbar(cells, label="share of the exact cell")
        axis.set_title("Where the exact cell has taken over")
        figure.savefig(picture, dpi=110)


if __name__ == "__main__":
    for name, value in main(*map(Path, sys.argv[1:2])).items():
        print(f"{name:>22}  {value}" if isinstance(value, int) else f"{name:>22}  {value:+.2%}")
