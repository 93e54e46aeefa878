"""Beams in OpenSees, whose nodes move as they are told: force-based elements with fibres of `Steel01`.

An element of OpenSees ends its iteration by the work at its ends, when its sections may still lack equilibrium,
and goes on only while its ends move. Penalties, and a fixed number of iterations, keep them moving by round-off;
and the work at which an iteration ends is that of round-off too. At 1e-32 single beams of a foam stop in states
that no section could be in, and the nodes lose equilibrium by as much as a third of the largest force.
"""

from __future__ import annotations

import numpy as np

PENALTY = 1e9
ITERATIONS = 30
LEAST_WORK = np.finfo(np.float64).eps ** 2
"""Of the ends of an element in an iteration, over E A L: eight times this is too much, a fiftieth too little."""


def beam_forces(opensees, points, beams, sections, bar, motions, count=6, modulus=0.0):
    """Return the forces at the ends of beams whose nodes move along a path.

    Parameters
    ----------
    opensees : module
    points, beams : (N, d), (M, 2)
    sections : list of M mt.CrossSection
    bar : mt.ElastoplasticBar with one number per property
    motions : (T, N, u)
        Displacements and rotations of all nodes at the end of every increment.
    count : int
        Sections along every beam, by Lobatto's rule.
    modulus : float
        Shear modulus, for twist in space.

    Returns
    -------
    array, shape (T, M, 2 u)
    """
    ops = opensees
    d, u = points.shape[1], motions.shape[2]
    ops.wipe()
    ops.model("basic", "-ndm", d, "-ndf", u)
    for node, point in enumerate(points):
        ops.node(node, *map(float, point))
    spare = len(points)  # without an unknown there is no analysis
    ops.node(spare, *map(float, points[0]))
    ops.fix(spare, 0, *[1] * (u - 1))
    ratio = bar.hardening / (bar.young + bar.hardening)  # post-yield tangent EH/(E + H) over E
    ops.uniaxialMaterial("Steel01", 1, bar.yield_stress, bar.young, ratio)
    ops.uniaxialMaterial("Elastic", 2, 1.0)
    ops.element("zeroLength", len(beams), 0, spare, "-mat", 2, "-dir", 1)
    for number, ((one, two), section) in enumerate(zip(beams, sections, strict=True)):
        tag = number + 1
        if d == 2:
            ops.geomTransf("Linear", tag)
            ops.section("Fiber", tag)
        else:
            axis = points[two] - points[one]
            axis = axis / np.linalg.norm(axis)
            up = np.eye(3)[np.argmin(np.abs(axis))]
            y = up - (up @ axis) * axis
            ops.geomTransf("Linear", tag, *map(float, np.cross(axis, y / np.linalg.norm(y))))
            ops.section("Fiber", tag, "-GJ", modulus * section.torsion)
        least = float(LEAST_WORK * bar.young * section.area * np.linalg.norm(points[two] - points[one]))
        for y, z, area in section.fibres:
            ops.fiber(float(y), float(z), float(area), 1)
        ops.beamIntegration("Lobatto", tag, tag, count)
        ops.element("forceBeamColumn", number, int(one), int(two), tag, tag, "-iter", 100, least)
    ops.timeSeries("Constant", 1)
    forces = []
    for step, motion in enumerate(motions, start=1):
        ops.pattern("Plain", step, 1)
        for (node, component), value in np.ndenumerate(motion):
            ops.sp(node, component + 1, float(value))
        ops.constraints("Penalty", PENALTY, PENALTY)
        ops.numberer("Plain")
        ops.system("FullGeneral")
        ops.test("FixedNumIter", ITERATIONS)
        ops.algorithm("Newton")
        ops.integrator("LoadControl", 1.0)
        ops.analysis("Static")
        if ops.analyze(1) != 0:
            raise RuntimeError(f"OpenSees did not converge in increment {step}")
        forces.append([ops.eleForce(number) for number in range(len(beams))])
        ops.remove("loadPattern", step)
        ops.wipeAnalysis()
    ops.wipe()
    return np.array(forces)
