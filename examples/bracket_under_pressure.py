"""Pressure on a bracket from an Abaqus deck, in MPa.

`console.inp` is a deck with nodes in mm, elements C3D20, sets and a surface; `console.toml` gives it a
material, supports and a pressure, and `microtann simulate console.toml` computes it. The bracket is a lattice
of steel bars, L = 200 mm long with a section of b × h = 20 × 20 mm. While nothing flows a beam is a closed
form for its tip (S. P. Timoshenko), with E and G of the lattice,

    w = p b L⁴ / (8 E I) + p b L² / (2 κ G A),    I = b h³ / 12,    A = b h,    κ = 5/6,

and the wall carries p b L. At sixty times the pressure bars have flowed.

Run it with ``python examples/bracket_under_pressure.py [PICTURE.png]``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import microtann as mt

JOB = Path(__file__).with_name("console.toml")
LENGTH, SIDE, PRESSURE = 200.0, 20.0, 0.1  # mm, mm, MPa


def beam(lattice: mt.Microstructure) -> float:
    """Return the deflection of the tip of the beam, in mm."""
    stiffness = lattice.update(np.zeros((1, 6)), lattice.initial_state(1))[1][0]
    young, shear = 1 / np.linalg.inv(stiffness)[0, 0], stiffness[4, 4]
    load, area, inertia = PRESSURE * SIDE, SIDE**2, SIDE**4 / 12
    return float(load * LENGTH**4 / (8 * young * inertia) + load * LENGTH**2 / (2 * 5 / 6 * shear * area))


def main(picture: Path | None = None) -> tuple[float, float, float]:
    """Return the deflection over that of the beam, the wall's force over p b L, and the deflection in mm."""
    job = mt.read_job(JOB, {"step.0.load.0.value": PRESSURE})
    result = job.solve()
    tip = -float(result.displacement[-1, job.mesh.sets["TIP"], 2].mean())
    carried = float(result.reaction("WALL")[-1, 2])
    material = mt.load("cube@young=210e3,yield_strain=0.0015,length=2")
    if picture is not None:
        far = mt.read_job(JOB, {"step.0.load.0.value": 6.0, "step.0.increments": 4}).solve()
        mt.plotting.plot_body(far, "stress 11").savefig(picture, dpi=110)
    return tip / beam(material.microstructure), carried / (PRESSURE * SIDE * LENGTH), tip


if __name__ == "__main__":
    ratio, force, millimetres = main(*map(Path, sys.argv[1:2]))
    print(f"tip {millimetres:.4f} mm, {ratio:.4f} of the beam; force at the wall {force:.12f} of p b L")
