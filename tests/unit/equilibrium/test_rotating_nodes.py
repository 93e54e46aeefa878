"""Nodes that rotate: rigid motions of beams, and multigrid with six unknowns a node."""

import numpy as np
import pytest

import microtann as mt
from microtann.equilibrium.linear import conjugate_gradients
from microtann.equilibrium.multigrid import multigrid
from microtann.equilibrium.rigid import rigid_modes
from microtann.equilibrium.steps import NodalForce, Prescribed, Step, resolve
from microtann.equilibrium.unknowns import NodalUnknowns
from microtann.errors import InputError

PLANE, SPACE = NodalUnknowns(2, 1, 0.5), NodalUnknowns(3, 3, 0.5)


def elastic(structure):
    system = structure._system()
    state, zeros = system.virgin(), np.zeros(len(system.points) * system.unknowns.count)
    return system, system.evaluate(state, zeros, zeros, 1.0, True).tangent


@pytest.fixture(scope="module")
def block():
    frame = mt.Frame(mt.kelvin_cell(), mt.CrossSection.circle(0.06, (1, 4)), sections=3)
    structure = mt.FrameStructure.tile(frame, (3, 3, 3))
    return *elastic(structure), structure


def test_a_rotation_counts_at_its_length():
    points = np.array([[0.0, 0.0], [2.0, 0.0]])
    step = Step([Prescribed([0], "rz", 0.2), Prescribed([0], 2, 0.2)], [NodalForce([1], "rz", 3.0)])
    loading = resolve(step, points, unknowns=PLANE)
    assert loading.target[0, 2] == 0.1
    assert loading.force[1, 2] == 6.0
    with pytest.raises(InputError, match="no component 'z'"):
        resolve(Step([Prescribed([0], "z")]), points, unknowns=PLANE)


def test_rigid_motions_of_beams_cost_nothing(block):
    system, tangent, structure = block
    modes = rigid_modes(structure.points, system.unknowns).reshape(-1, 6)
    forces = np.stack([tangent @ mode for mode in modes.T])
    assert np.abs(forces).max() < 1e-14
    assembled = tangent.blocks()
    some = np.random.default_rng(0).standard_normal(len(modes))
    np.testing.assert_allclose(assembled @ some, tangent @ some, rtol=0, atol=1e-14)


def test_six_unknowns_a_node_converge_by_multigrid(block):
    system, tangent, structure = block
    held = np.zeros((len(structure.points), 6), dtype=bool)
    held[structure.points[:, 2] < structure.points[:, 2].min() + 1e-9] = True
    cycle = multigrid(tangent, structure.points, held, system.unknowns)
    free = (~held).ravel()
    one, other = np.random.default_rng(0).standard_normal((2, held.size)) * free
    assert one @ cycle(other) == pytest.approx(other @ cycle(one), rel=1e-4)  # parts are in single precision
    found = conjugate_gradients(lambda v: (tangent @ v) * free, lambda v: cycle(v) * free, one, 1e-8, 200)
    assert found.relative_residual <= 1e-8
    assert found.iterations < 60
