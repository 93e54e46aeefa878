"""A trained model as a user material: the same numbers in the deck of another code.

`mt.export.write(..., to="umat")` writes a model as C source with the head of Abaqus' UMAT, and a deck of one
element for Abaqus and CalculiX. The source is compiled and called here as these codes call it, in their order
of components (11, 22, 33, 12, 13, 23), along a path with its history, and held against the model in Python:

    max |σ_UMAT − σ_Python| / max |σ_Python|  ≈  round-off.

Needs a C compiler of the system, or ``pip install "microtann[compile]"``.

Run it with ``python examples/umat_in_a_deck.py [PICTURE.png]``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import microtann as mt


def path_of_strain(count: int = 60) -> np.ndarray:
    """Return strains that grow and turn, shape (T, 6)."""
    time = np.linspace(0, 1, count + 1)[1:]
    wave = np.sin(4 * np.pi * time)
    return np.stack([0.6 * time * wave, -0.2 * wave, 0.1 * time, 0.2 * wave, 0 * time, time * wave], axis=1)


def main(picture: Path | None = None, model: str = "cube-play") -> tuple[float, list[str]]:
    """Return the largest relative difference of the stress, and the deck; draw both if a file is named."""
    strain, tann = path_of_strain(), mt.load(model)
    recalled = tann.recall(strain).stress
    with TemporaryDirectory() as name:
        files = mt.export.write(model, name, to="umat")
        deck = next(file for file in files if file.name.endswith("_calculix.inp")).read_text().splitlines()
        material = mt.export.UserMaterial(mt.export.compile_source(files[0]))
        state, called = material.initial_state(1), []
        for increment in np.diff(strain, axis=0, prepend=np.zeros((1, 6))):
            stress, _, state = material.update(increment[None], state)
            called.append(stress[0])
        del material  # the library is let go before its folder
    if picture is not None:
        from microtann.plotting.curves import Curve, draw_comparison

        stresses = np.array(called)
        curves = [
            Curve(
                f"σ{label} over ε{label}", strain[:, c], recalled[:, c], stresses[:, c], f"ε{label}", f"σ{label}"
            )
            for c, label in ((0, "₁₁"), (5, "₁₂"))
        ]
        draw_comparison(picture, curves, "UMAT", beside="Python")
    return float(np.abs(np.array(called) - recalled).max() / np.abs(recalled).max()), deck


if __name__ == "__main__":
    difference, deck_lines = main(*map(Path, sys.argv[1:2]))
    first = next(n for n, line in enumerate(deck_lines) if line.startswith("*MATERIAL"))
    print(*deck_lines[first : first + 6], sep="\n")
    print(f"largest difference of the stress from Python: {difference:.1e}")
