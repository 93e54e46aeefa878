"""A plate with a hole, meshed by gmsh, made of a lattice.

`plate_with_hole.msh` is what `gmsh -2 plate_with_hole.geo` writes: a quarter of a wide plate, quadratic
triangles, with named curves. The material is a square lattice with diagonals, whose average stiffness is
orthotropic. Around a round hole in a wide orthotropic plate pulled along x, the stress at the top of the hole
is (S. G. Lekhnitskii, Anisotropic Plates, 1968)

    K = σ_max / σ = 1 + √( 2 (√(E₁/E₂) − ν₁₂) + E₁/G₁₂ ),

3 for an isotropic plate. The plate here is twenty radii wide on each side. Pulled further, bars begin to flow
at the hole.

Run it with ``python examples/plate_with_hole.py [PICTURE.png]``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import microtann as mt

MESH = Path(__file__).with_name("plate_with_hole.msh")
WIDTH = 20.0


def pulled(material: mt.fem.Material, displacement: float, increments: int = 1) -> mt.fem.Result:
    """Return the plate, whose side moves by a displacement along x."""
    mesh = mt.fem.read_mesh(MESH)
    held = [mt.fem.Prescribed("axis", "x"), mt.fem.Prescribed("middle", "y")]
    step = mt.fem.Step([*held, mt.fem.Prescribed("pulled", "x", displacement)], increments=increments)
    return mt.fem.Model(mesh, material).solve([step])


def main(picture: Path | None = None) -> tuple[float, float]:
    """Return K of the plate and of the closed form; draw the plate beyond yield if a file is named."""
    lattice = mt.Lattice(mt.square_cell((1, 1)))
    stiffness = lattice.update(np.zeros((1, 3)), lattice.initial_state(1))[1][0]
    c = np.linalg.inv(stiffness)  # compliance
    young, across, shear, poisson = 1 / c[0, 0], 1 / c[1, 1], 1 / c[2, 2], -c[0, 1] / c[0, 0]
    closed = 1 + np.sqrt(2 * (np.sqrt(young / across) - poisson) + young / shear)

    elastic = pulled(lattice, 1e-3 * WIDTH)
    mesh = mt.fem.read_mesh(MESH)
    hole = mesh.sets["hole"]
    beside = hole[np.argsort(mesh.points[hole, 0])[1:3]]  # on the hole, next to its top, where u is even in x
    strain = np.polyfit(
        mesh.points[beside, 0] ** 2, elastic.displacement[-1, beside, 0] / mesh.points[beside, 0], 1
    )
    far = float(elastic.axial_force("pulled", axis="x")[-1]) / WIDTH
    if picture is not None:
        draw(picture, pulled(lattice, 0.3 * WIDTH, increments=4))
    return float(young * strain[1] / far), float(closed)  # at the free edge the stress is uniaxial


def draw(picture: Path, result: mt.fem.Result) -> None:
    """Draw what was dissipated around the hole."""
    from microtann.plotting.style import SEQUENTIAL, house_style, new_figure

    mesh, density = mt.fem.read_mesh(MESH), result.dissipated.mean(axis=1)
    with house_style():
        figure = new_figure(4.8, 4.0)
        axis = figure.add_subplot(aspect="equal", xlim=(0, 4), ylim=(0, 4), xlabel="x", ylabel="y")
        shown = axis.tripcolor(*mesh.points.T, mesh.cells[:, :3], density, cmap=SEQUENTIAL)
        figure.colorbar(shown, label="dissipated, per area")
        axis.set_title("Where bars have flowed")
        figure.savefig(picture, dpi=110)


if __name__ == "__main__":
    found, exact = main(*map(Path, sys.argv[1:2]))
    print(f"stress concentration {found:.3f}, of a plate without end {exact:.3f}")
