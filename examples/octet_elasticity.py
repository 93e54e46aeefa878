"""Elastic constants of the octet truss.

Bars of Young's modulus E, with the share ρ of the volume, join the corners of a cube with the centres of its
faces. All nodes are alike, so that they move with the average strain, and the stiffness is that of six
directions n = ⟨110⟩ side by side,

    C = E ρ ⟨n ⊗ n ⊗ n ⊗ n⟩,    C₁₁ = E ρ / 6,    C₁₂ = C₄₄ = E ρ / 12,

which makes Young's modulus E ρ / 9 along the edges of the cube, E ρ / 6 along diagonals of its faces and E ρ
/ 5 along its own. The solved cell gives the same (V. S. Deshpande, N. A. Fleck, M. F. Ashby, J. Mech. Phys.
Solids 49, 2001).

Run it with ``python examples/octet_elasticity.py [PICTURE.png]``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import microtann as mt

YOUNG = 70_000.0  # MPa


def modulus(stiffness: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """Return Young's modulus along unit vectors, shape (..., 3)."""
    x, y, z = np.moveaxis(direction, -1, 0)
    stress = np.stack([x * x, y * y, z * z, y * z, x * z, x * y], axis=-1)
    return 1.0 / (stress @ np.linalg.inv(stiffness) * stress).sum(axis=-1)


def draw(picture: Path, stiffness: np.ndarray, solid: float) -> None:
    """Draw Young's modulus over all directions."""
    from matplotlib import colormaps

    from microtann.plotting.style import SEQUENTIAL, house_style, new_figure

    polar, around = np.meshgrid(np.linspace(0, np.pi, 91), np.linspace(0, 2 * np.pi, 181), indexing="ij")
    n = np.stack([np.sin(polar) * np.cos(around), np.sin(polar) * np.sin(around), np.cos(polar)], axis=-1)
    size = modulus(stiffness, n) / solid
    with house_style():
        figure = new_figure(4.6, 4.2)
        axis = figure.add_subplot(projection="3d")
        shade = colormaps[SEQUENTIAL]((size - size.min()) / np.ptp(size))
        axis.plot_surface(
            *np.moveaxis(size[..., None] * n, -1, 0), facecolors=shade, rstride=1, cstride=1, antialiased=False
        )
        axis.set_box_aspect((1, 1, 1))
        axis.set_title("Young's modulus over E ρ, by direction")
        figure.savefig(picture, dpi=110)


def main(picture: Path | None = None) -> dict[str, tuple[float, float]]:
    """Return what the solved cell gives and the closed form, over E ρ; draw if a file is named."""
    cell = mt.octet_cell()
    lengths = np.linalg.norm(np.diff(cell.nodes[cell.bars], axis=1)[:, 0], axis=1)
    solid = YOUNG * float(cell.areas @ lengths / cell.volume)
    lattice = mt.Lattice(cell, mt.ElastoplasticBar(young=YOUNG))
    stiffness = lattice.update(np.zeros((1, 6)), lattice.initial_state(1))[1][0]
    if picture is not None:
        draw(picture, stiffness, solid)
    along = {
        "E [100]": modulus(stiffness, np.array([1.0, 0.0, 0.0])),
        "E [110]": modulus(stiffness, np.array([1.0, 1.0, 0.0]) / np.sqrt(2)),
        "E [111]": modulus(stiffness, np.array([1.0, 1.0, 1.0]) / np.sqrt(3)),
        "C11": stiffness[0, 0],
        "C12": stiffness[0, 1],
        "C44": stiffness[3, 3],
    }
    return {
        name: (float(v / solid), 1 / by) for (name, v), by in zip(along.items(), (9, 6, 5, 6, 12, 12), strict=True)
    }


if __name__ == "__main__":
    print("over E ρ   solved cell      closed form")
    for quantity, (found, exact) in main(*map(Path, sys.argv[1:2])).items():
        print(f"{quantity:>8}   {found:.12f}   {exact:.12f}")
