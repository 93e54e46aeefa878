"""The limit surface of a lattice whose bars do not harden.

Edges of a square along x and y carry at most the shares a, b of the average stress, its two families of
diagonals d each. By the static theorem a stress is carried if forces in equilibrium with it stay below their
limits; without shear both diagonals carry alike, g, so that |σ₁₁ − g| ≤ a, |σ₂₂ − g| ≤ b and |g| ≤ d. Along
(cos θ, sin θ) the largest factor is therefore

    λ(θ) = min { (a + d) / |cos θ|,  (b + d) / |sin θ|,  (a + b) / |cos θ − sin θ| }.

`mt.limit_load` finds it by linear programming, also for cells without a closed form: moved nodes make the
surface smaller.

Run it with ``python examples/limit_surface.py [PICTURE.png]``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import microtann as mt

BAR = mt.ElastoplasticBar(young=1.0, yield_stress=1.0, hardening=0.0)


def shares(cell: mt.UnitCell) -> tuple[float, float, float]:
    """Return a, b and d at a yield stress of 1."""
    span = np.diff(cell.nodes[cell.bars], axis=1)[:, 0]
    carried = cell.areas * np.linalg.norm(span, axis=1) / cell.volume  # of the volume
    flat, upright = np.isclose(span[:, 1], 0.0), np.isclose(span[:, 0], 0.0)
    return carried[flat].sum(), carried[upright].sum(), carried[~flat & ~upright].sum() / 2


def closed_form(cell: mt.UnitCell, angles: np.ndarray) -> np.ndarray:
    """Return λ(θ)."""
    a, b, d = shares(cell)
    c, s = np.abs(np.cos(angles)), np.abs(np.sin(angles))
    with np.errstate(divide="ignore"):
        return np.minimum.reduce([(a + d) / c, (b + d) / s, (a + b) / np.abs(np.cos(angles) - np.sin(angles))])


def surface(cell: mt.UnitCell, angles: np.ndarray) -> np.ndarray:
    """Return the largest factors, by linear programming."""
    return np.array([mt.limit_load(cell, BAR, [np.cos(angle), np.sin(angle), 0.0]) for angle in angles])


def main(picture: Path | None = None, count: int = 48) -> float:
    """Return the largest relative difference from the closed form; draw if a file is named."""
    angles = 2 * np.pi * (np.arange(count) + 0.3) / count
    cell = mt.square_cell((1, 1))
    found, exact = surface(cell, angles), closed_form(cell, angles)
    if picture is not None:
        from microtann.plotting.style import EXACT, LATTICE, MODEL, house_style, new_figure

        around = np.linspace(0, 2 * np.pi, 721)
        moved = surface(mt.square_cell((2, 2), perturbation=0.3), np.append(angles, angles[0]))
        with house_style():
            figure = new_figure(4.6, 4.2)
            axis = figure.add_subplot(aspect="equal", xlabel="σ₁₁ / k", ylabel="σ₂₂ / k")
            for at, size, look in (
                (around, closed_form(cell, around), {"color": EXACT, "linewidth": 3.2, "label": "closed form"}),
                (
                    angles,
                    found,
                    {"color": MODEL, "linestyle": "", "marker": "o", "markersize": 3, "label": "mt.limit_load"},
                ),
                (np.append(angles, angles[0]), moved, {"color": LATTICE, "label": "2 × 2, nodes moved"}),
            ):
                axis.plot(size * np.cos(at), size * np.sin(at), **look)
            axis.set_title("Limit surface of a square lattice, σ₁₂ = 0")
            axis.legend(loc="center")
            figure.savefig(picture, dpi=110)
    return float(np.abs(found / exact - 1.0).max())


if __name__ == "__main__":
    print(f"largest difference from the closed form: {main(*map(Path, sys.argv[1:2])):.1e}")
