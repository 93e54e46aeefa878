"""Beams of displacements (OpenSees, `dispBeamColumn`) come to ours of forces as their pieces become small.

A piece has one stretch and a curvature that varies linearly, so that a hinge is as long as pieces are: no number
of them that can be afforded agrees to 1e-6, but the difference falls with the square of their length.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import opensees_truss
import pytest

import microtann as mt
from microtann import fem

BAR = mt.ElastoplasticBar()
SECTION = mt.CrossSection.rectangle(0.1)
LENGTH, TIP = 1.0, (3.0, -2.0, 4.0)
"""The tip is moved across the beam to these places, and holds its angle."""
INCREMENTS = 6


def ours(pieces: int) -> np.ndarray:
    points = np.column_stack([np.linspace(0.0, LENGTH, pieces + 1), np.zeros(pieces + 1)])
    beams = np.column_stack([np.arange(pieces), np.arange(1, pieces + 1)])
    structure = mt.FrameStructure(points, beams, SECTION, BAR)
    held = [fem.Prescribed([0], name) for name in ("x", "y", "rz")] + [fem.Prescribed([pieces], "rz")]
    steps = [fem.Step([*held, fem.Prescribed([pieces], "y", tip)], increments=INCREMENTS) for tip in TIP]
    return structure.solve(steps).reaction([pieces])[:, 1]


def theirs(ops, pieces: int) -> np.ndarray:
    ops.wipe()
    ops.model("basic", "-ndm", 2, "-ndf", 3)
    for node in range(pieces + 1):
        ops.node(node, LENGTH * node / pieces, 0.0)
    ops.fix(0, 1, 1, 1)
    ops.fix(pieces, 0, 0, 1)
    ratio = float(BAR.hardening / (BAR.young + BAR.hardening))
    ops.uniaxialMaterial("Steel01", 1, float(BAR.yield_stress), float(BAR.young), ratio)
    ops.geomTransf("Linear", 1)
    ops.section("Fiber", 1)
    for y, z, area in SECTION.fibres:
        ops.fiber(float(y), float(z), float(area), 1)
    ops.beamIntegration("Lobatto", 1, 1, 4)
    for piece in range(pieces):
        ops.element("dispBeamColumn", piece, piece, piece + 1, 1, 1)
    ops.timeSeries("Linear", 1)
    ops.pattern("Plain", 1, 1)
    ops.load(pieces, 0.0, 1.0, 0.0)
    ops.constraints("Plain")
    ops.numberer("RCM")
    ops.system("BandGeneral")
    ops.test("NormDispIncr", 1e-12, 200)
    ops.algorithm("Newton")
    forces, at = [], 0.0
    for tip in TIP:
        ops.integrator("DisplacementControl", pieces, 2, (tip - at) / INCREMENTS)
        ops.analysis("Static")
        for _ in range(INCREMENTS):
            assert ops.analyze(1) == 0
            forces.append(ops.getTime())
        at = tip
    ops.wipe()
    return np.array(forces)


def test_pieces_of_displacements_come_to_beams_of_forces():
    try:
        opensees = opensees_truss.load()
    except (ImportError, OSError) as error:
        pytest.skip(f"the peer needs the extra 'opensees' (pip install openseespy): {error}")
    right = ours(64)
    found = [theirs(opensees, pieces) for pieces in (2, 4, 8, 16, 32)] + [ours(1)]
    *errors, alone = (np.abs(one - right).max() / np.abs(right).max() for one in found)
    assert all(after < before / 2.0 for before, after in pairwise(errors))
    assert errors[-1] < 1e-3
    assert alone < errors[1]
