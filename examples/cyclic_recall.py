"""A trained model follows the exact cell through growing cycles of uniaxial strain.

The strain ε₁₁ goes to ±0.15, ±0.3, ±0.45 and ±0.6 while the other components stay zero. The model only gets the
increments; its own state is fed back. Run it with ``python examples/cyclic_recall.py [PICTURE.png]``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import microtann as mt


def main(picture: Path | None = None) -> float:
    """Return the relative RMS stress error; draw the loops if a file is named."""
    tann = mt.load("cube")
    corners = [0.0, 0.15, -0.15, 0.3, -0.3, 0.45, -0.45, 0.6, -0.6, 0.0]
    strain = np.zeros((40 * (len(corners) - 1), 6))
    strain[:, 0] = np.interp(np.arange(1, len(strain) + 1) / 40, np.arange(len(corners)), corners)

    exact = tann.microstructure.solve(strain)
    found = tann.recall(strain)
    error = float(np.sqrt(np.mean((found.stress - exact.stress) ** 2) / np.mean(exact.stress**2)))

    if picture is not None:
        from microtann.plotting.curves import Curve, draw_comparison

        loop = Curve("uniaxial strain", strain[:, 0], exact.stress[:, 0], found.stress[:, 0], "ε₁₁ [–]", "σ₁₁ [–]")
        draw_comparison(picture, [loop], "TANN")
    return error


if __name__ == "__main__":
    print(f"relative RMS stress error: {main(*map(Path, sys.argv[1:2])):.1e}")
