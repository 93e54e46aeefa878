"""Finite elements: patch test, assembled tangent, chunks, and materials that break the protocol."""

import numpy as np
import pytest
from test_mesh import distorted

import microtann as mt
from microtann.errors import InputError
from microtann.fem import Prescribed, Step
from microtann.fem.assembly import FiniteElements
from plain_materials import Elastic

SLOPE = np.array([[0.1, 0.02, -0.03], [0.05, -0.2, 0.04], [0.01, 0.03, 0.15]])


def affine(mesh):
    boundary = ((mesh.points == 0) | (mesh.points == 1)).any(axis=1)
    return [Prescribed(boundary, i, lambda p, i=i: p @ SLOPE[i]) for i in range(3)]


@pytest.mark.parametrize("scale", [1.0, 10.0])
def test_patch(scale):
    """An affine motion of the boundary of a distorted mesh gives the affine field and a uniform stress."""
    mesh = distorted()
    material = mt.Lattice(mt.cube_cell())
    held = [Prescribed(p.nodes, p.component, lambda x, p=p: scale * p.value(x)) for p in affine(mesh)]
    result = mt.fem.Model(mesh, material).solve([Step(held)])
    np.testing.assert_allclose(result.displacement[0], scale * mesh.points @ SLOPE.T, rtol=0, atol=1e-10 * scale)
    strain = scale * np.array(
        [*np.diag(SLOPE), SLOPE[1, 2] + SLOPE[2, 1], SLOPE[0, 2] + SLOPE[2, 0], SLOPE[0, 1] + SLOPE[1, 0]]
    )
    cell = mt.solve_cell(mt.cube_cell(), mt.ElastoplasticBar(), strain[None])
    np.testing.assert_allclose(
        result.strain, np.broadcast_to(strain, result.strain.shape), rtol=0, atol=1e-10 * scale
    )
    np.testing.assert_allclose(
        result.stress, np.broadcast_to(cell.stress[0], result.stress.shape), rtol=0, atol=1e-9
    )
    assert result.energy[0] == pytest.approx(cell.energy[0], rel=1e-9)
    assert result.dissipation[0] == pytest.approx(cell.dissipation[0], rel=1e-9, abs=1e-12)
    assert (cell.dissipation[0] > 0) == (scale > 1)


@pytest.mark.parametrize("material", [Elastic(skew=0.2), mt.Lattice(mt.cube_cell())])
def test_assembled_tangent_is_the_derivative_of_the_forces(material):
    mesh = distorted()
    system = FiniteElements(mesh, material)
    generator = np.random.default_rng(3)
    u = 0.2 * generator.normal(size=mesh.points.size)
    direction = generator.normal(size=mesh.points.size)
    state = system.virgin()
    step = 1e-7

    def force(v):
        return system.evaluate(state, v, v, 1.0, False).force

    numeric = (force(u + step * direction) - force(u - step * direction)) / (2 * step)
    response = system.evaluate(state, u, u, 1.0, True)
    assert response.tangent.symmetric == (not isinstance(material, Elastic))
    exact = response.tangent @ direction
    np.testing.assert_allclose(numeric, exact, rtol=0, atol=1e-6 * np.abs(exact).max())


@pytest.mark.parametrize(("skew", "symmetric"), [(1e-10, True), (1e-7, False)])
def test_round_off_leaves_a_tangent_symmetric_and_a_ten_millionth_does_not(skew, symmetric):
    """Solvers for symmetric matrices serve where the tangents are so to 1e-8 of their largest entry."""
    system = FiniteElements(mt.fem.box((1, 1, 1), (1, 1, 1)), Elastic(skew=skew))
    still = np.zeros(24)
    assert system.evaluate(system.virgin(), still, still, 1.0, True).tangent.symmetric == symmetric


def test_forces_are_the_derivative_of_energy_and_dissipation():
    mesh = distorted()
    system = FiniteElements(mesh, mt.Lattice(mt.cube_cell()))
    generator = np.random.default_rng(4)
    u, direction = 0.2 * generator.normal(size=(2, mesh.points.size))

    def potential(v):
        response = system.evaluate(system.virgin(), v, v, 1.0, False)
        return response.energy + response.dissipation

    step = 1e-6
    numeric = (potential(u + step * direction) - potential(u - step * direction)) / (2 * step)
    response = system.evaluate(system.virgin(), u, u, 1.0, False)
    assert response.dissipation > 0.1 * response.energy
    assert numeric == pytest.approx(response.force @ direction, rel=1e-7)


def test_result_does_not_depend_on_the_chunk():
    mesh = mt.fem.box((1, 1, 1), (3, 3, 3))
    material = mt.Lattice(mt.cube_cell())
    held = [Prescribed(lambda p: p[:, 2] == 0, i) for i in range(3)]
    steps = [Step([*held, Prescribed(lambda p: p[:, 2] == 1, "x", 0.9)])]
    one, many = (mt.fem.Model(mesh, material, chunk=c).solve(steps) for c in (10**6, 1))
    np.testing.assert_allclose(one.displacement, many.displacement, rtol=0, atol=1e-11)
    np.testing.assert_allclose(one.state["plastic_strain"], many.state["plastic_strain"], rtol=0, atol=1e-10)
    assert one.statistics.constitutive_calls == many.statistics.constitutive_calls


class Broken(Elastic):
    """An elastic material with one thing wrong."""

    def __init__(self, what):
        super().__init__()
        self.what = what

    def initial_state(self, n):
        state = super().initial_state(n)
        if self.what == "no energy":
            del state["energy"]
        return state

    def update(self, strain_increment, state, dt=1.0, tangent=True):
        stress, moduli, new = super().update(strain_increment, state, dt, tangent)
        if self.what == "stress":
            stress = stress[:, :3]
        if self.what == "tangent":
            moduli = None
        if self.what == "state":
            new["strain"] = new["strain"][:1]
        return stress, moduli, new


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("no energy", "holds 'energy'"),
        ("stress", "stress must have shape"),
        ("tangent", "tangent must have shape"),
        ("state", "entries along its first axis"),
    ],
)
def test_materials_that_break_the_protocol_are_named(what, words):
    mesh = mt.fem.box((1, 1, 1), (1, 1, 1))
    with pytest.raises(InputError, match=words):
        mt.fem.Model(mesh, Broken(what)).solve([Step(affine(mesh))])
