"""Training by the paper: encoder, evolution and energy as three free networks, from increments of a lattice.

The form `mt.forms.Published` has the networks of F. Masi and I. Stefanou (2022). An autoencoder finds states Z
in what displacements and forces of the cell are beyond the elastic response; a network says where they go, and
another the energy, of which the stress is the derivative,

    Z = encoder(ξ),    Z⁺ = Z + NN_Z(σ, ε, Z, Δε),    Ψ = NN_Ψ(ε, Z),    σ = ∂Ψ/∂ε,    D = −∂Ψ/∂Z · ΔZ.

First all of them learn together (Algorithm 1), then the evolution and the energy alone (Algorithm 2), at last
along some increments in closed loop. The first law holds by the derivative; nothing holds D ≥ 0, which is
counted here. This is a short training of seconds; `square-2x2-published` ships as what a minute gives.

Run it with ``python examples/training_by_the_paper.py [PICTURE.png]``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import microtann as mt


def main(picture: Path | None = None) -> tuple[float, float]:
    """Return the relative RMS stress error in closed loop, and the share of increments with D < 0.

    Parameters
    ----------
    picture : Path, optional
        File to draw the loops of the trained model and of the exact cell to.
    """
    lattice = mt.Lattice(mt.square_cell((2, 2)))
    walks = mt.WalkPlan(paths=100, steps=100, increment=0.18, limit=1000.0)  # as far as they like
    data = mt.generate_data(lattice, walks)
    tann = mt.train(data, mt.forms.Published(tuning_epochs=(30,), loop_epochs=(8,)))

    strain = np.zeros((240, 3))
    strain[:, 0] = np.linspace(0.1, 0.6, 240) * np.sin(np.linspace(0.0, 8.0 * np.pi, 241))[1:]
    exact, found = lattice.solve(strain), tann.recall(strain)
    error = float(np.sqrt(np.mean((found.stress - exact.stress) ** 2) / np.mean(exact.stress**2)))

    if picture is not None:
        from microtann.plotting.curves import Curve, draw_comparison

        loop = Curve("uniaxial strain", strain[:, 0], exact.stress[:, 0], found.stress[:, 0], "ε₁₁ [–]", "σ₁₁ [–]")
        draw_comparison(picture, [loop], "TANN")
    return error, float(np.mean(found.dissipation < -1e-12))


if __name__ == "__main__":
    error, broken = main(*map(Path, sys.argv[1:2]))
    print(f"relative RMS stress error: {error:.1e}; increments with D < 0: {100 * broken:.0f} %")
