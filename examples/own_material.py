"""A material of one's own in finite elements: linear elasticity in a few lines of NumPy.

A bar of length 2 and unit cross-section is pulled by 1 %. With free sides its axial force is Young's modulus
times the strain, and it contracts by Poisson's ratio times the strain.

Run it with ``python examples/own_material.py [PICTURE.png]``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import microtann as mt


class LinearElastic:
    """Isotropic linear elasticity, following `mt.fem.Material`."""

    def __init__(self, young: float, poisson: float) -> None:
        lame = young * poisson / ((1 + poisson) * (1 - 2 * poisson))
        shear = young / (2 * (1 + poisson))
        self.stiffness = np.diag([2 * shear] * 3 + [shear] * 3)
        self.stiffness[:3, :3] += lame

    def initial_state(self, n: int) -> dict[str, np.ndarray]:
        """Return the undeformed state of n points."""
        return {"strain": np.zeros((n, 6)), "energy": np.zeros(n), "dissipation": np.zeros(n)}

    def update(
        self, strain_increment: np.ndarray, state: dict[str, np.ndarray], dt: float = 1.0, tangent: bool = True
    ) -> tuple[np.ndarray, np.ndarray | None, dict[str, np.ndarray]]:
        """Return stress, tangent and state of all points after an increment."""
        strain = state["strain"] + strain_increment
        stress = strain @ self.stiffness
        new = {
            "strain": strain,
            "energy": 0.5 * (stress * strain).sum(axis=1),
            "dissipation": np.zeros(len(strain)),
        }
        return stress, np.tile(self.stiffness, (len(strain), 1, 1)) if tangent else None, new


def main(picture: Path | None = None) -> tuple[float, float]:
    """Return the axial force and the lateral displacement of a corner; draw the bar if a file is named."""
    mesh = mt.fem.box((1, 1, 2), (2, 2, 4))

    def bottom(x: np.ndarray) -> np.ndarray:
        return x[:, 2] == 0

    def top(x: np.ndarray) -> np.ndarray:
        return x[:, 2] == 2

    held = [
        mt.fem.Prescribed(bottom, "z"),
        mt.fem.Prescribed(lambda x: (x == 0).all(axis=1), "x"),
        mt.fem.Prescribed(lambda x: (x == 0).all(axis=1), "y"),
        mt.fem.Prescribed(lambda x: (x == (1, 0, 0)).all(axis=1), "y"),
        mt.fem.Prescribed(top, "z", 0.02),
    ]
    result = mt.fem.Model(mesh, LinearElastic(young=200.0, poisson=0.3)).solve([mt.fem.Step(held)])
    if picture is not None:
        mt.plotting.plot_body(result, "energy", scale=20.0).savefig(picture, dpi=110)
    return float(result.axial_force(top)[-1]), float(result.displacement[-1, result.nearest((1, 1, 2)), 0])


if __name__ == "__main__":
    force, contraction = main(*map(Path, sys.argv[1:2]))
    print(f"axial force {force:.6f} (exact 2), lateral displacement {contraction:.6f} (exact -0.003)")
