"""Groups whose resistances grow: certificate, adjoint, and von Mises solids that are built of them."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from microtann.cones.cone_projection import follow_group_forces
from microtann.cones.group_walk_kernel import follow_group_walks
from microtann.cones.growing_projection import (
    accumulated_flow,
    follow_growing_forces,
    growing_flows,
    growing_force,
    resistance_of,
)
from microtann.cones.growing_walk_kernel import flow_growing_points
from microtann.fem import VonMises
from one_group_solid import point_of

SIZES, Z, PATHS, STEPS = (3, 2, 1), 4, 3, 12


def drawn(seed: int, resistance: float = 0.5) -> tuple[jax.Array, jax.Array, jax.Array, jax.Array]:
    """Return normals, laws, increments and durations; more directions than states, exponents of 1 and below."""
    generator = np.random.default_rng(seed)
    normals = generator.standard_normal((Z, sum(SIZES)))
    laws = generator.uniform(0.05, 0.5, (len(SIZES), 8))
    laws[:, 0], laws[:, 3], laws[:, 5::2] = resistance, (1.0, 0.5, 1.0), 2.0
    increments = 0.6 * generator.standard_normal((PATHS, STEPS, Z))
    increments[:, 4] = 0.0
    dt = 10.0 ** generator.uniform(-2, 2, (PATHS, STEPS))
    return tuple(jnp.asarray(array) for array in (normals, laws, increments, dt))


@pytest.mark.parametrize("resistance", [0.5, 0.0])
def test_forces_are_the_resistances_of_their_flow(resistance: float) -> None:
    """|f_g| ≤ R_g(0) at rest, f_g = R_g(s) γ_g/s in flow; without an elastic domain everything always flows."""
    normals, laws, increments, dt = drawn(0, resistance)
    if resistance == 0.0:  # proportional, and a power
        laws = laws.at[:, jnp.array([1, 4, 6])].set(0.0)
    force, flow = growing_flows(SIZES, normals, laws, increments, dt)
    grown = accumulated_flow(SIZES, flow)
    before = jnp.concatenate([jnp.zeros_like(grown[:, :1]), grown[:, :-1]], axis=1)
    first, seen = np.cumsum((0, *SIZES)), 0
    for index in np.ndindex(PATHS, STEPS):
        on_slips = np.asarray(force[index] @ normals)
        size = np.asarray(grown[index] - before[index])
        needed = np.asarray(resistance_of(laws, before[index], jnp.asarray(np.maximum(size, 1e-300)), dt[index]))
        for g, s in enumerate(size):
            own = np.asarray(flow[index])[first[g] : first[g + 1]]
            part = on_slips[first[g] : first[g + 1]]
            if np.any(own):
                np.testing.assert_allclose(part, needed[g] * own / np.linalg.norm(own), atol=2e-12)
                seen += 1
            else:
                assert np.linalg.norm(part) <= needed[g] + 1e-10 or s > 0.0
    assert seen > 20


def test_the_adjoint_is_exact() -> None:
    normals, laws, increments, dt = drawn(1)
    generator = np.random.default_rng(2)
    of_force, of_grown = (jnp.asarray(generator.standard_normal((PATHS, STEPS, n))) for n in (Z, len(SIZES)))

    def value(normals: jax.Array, laws: jax.Array, increments: jax.Array) -> jax.Array:
        force, grown = follow_growing_forces(SIZES, normals, laws, increments, dt)
        return (of_force * force).sum() + (of_grown * grown).sum() + 0.5 * (force**2).sum()

    arguments = (normals, laws, increments)
    found = jax.grad(value, (0, 1, 2))(*arguments)
    for place, array in enumerate(arguments):
        direction = jnp.asarray(generator.standard_normal(array.shape))
        if place == 1:  # the solver takes exponents up to 1
            direction = direction.at[:, 3].set(jnp.array([0.0, 1.0, 0.0]))
        ends = [
            value(*arguments[:place], array + sign * 1e-6 * direction, *arguments[place + 1 :]) for sign in (1, -1)
        ]
        np.testing.assert_allclose((ends[0] - ends[1]) / 2e-6, (found[place] * direction).sum(), rtol=1e-5)


def test_single_increments_make_the_walk_and_have_its_derivatives() -> None:
    normals, laws, increments, dt = drawn(3)
    force, grown = follow_growing_forces(SIZES, normals, laws, increments, dt)
    tau, p = jnp.zeros((PATHS, Z)), jnp.zeros((PATHS, len(SIZES)))
    for step in range(3):
        one = jax.vmap(lambda p, dt, trial: growing_force(SIZES, normals, laws, p, dt, trial))
        trial = tau + increments[:, step]
        tau, size = one(p, dt[:, step], trial)
        np.testing.assert_allclose(tau, force[:, step], atol=1e-13)
        p = p + size
        np.testing.assert_allclose(p, grown[:, step], atol=1e-13)

    def last(normals: jax.Array, laws: jax.Array, trial: jax.Array) -> jax.Array:
        tau, size = growing_force(SIZES, normals, laws, p[0], dt[0, 3], trial)
        return jnp.concatenate([tau, size])

    arguments = (normals, laws, force[0, 2] + increments[0, 3])
    directions = tuple(jnp.asarray(np.random.default_rng(4).standard_normal(a.shape)) for a in arguments)
    directions = (directions[0], directions[1].at[:, 3].set(0.0), directions[2])
    ends = [last(*(a + s * 1e-6 * d for a, d in zip(arguments, directions, strict=True))) for s in (1, -1)]
    np.testing.assert_allclose(jax.jvp(last, arguments, directions)[1], (ends[0] - ends[1]) / 2e-6, atol=1e-6)


LAWS = {
    "isotropic and Voce": {"isotropic_hardening": 0.2, "saturation": 0.3, "saturation_rate": 4.0},
    "Perzyna": {"viscosity": 0.2, "rate_exponent": 0.5},
    "standard linear solid": {"yield_stress": 0.0, "viscosity": 0.5},
    "all": {"isotropic_hardening": 0.1, "saturation": 0.3, "viscosity": 0.1},
}


@pytest.mark.parametrize("law", LAWS)
def test_a_von_mises_solid_is_one_group_of_five(law: str) -> None:
    """Against the radial return: stress, energy, dissipation, tangent and defect, durations of four decades."""
    solid, generator, n = VonMises(**LAWS[law]), np.random.default_rng(5), 6
    point, state, states = point_of(solid), solid.initial_state(n), jnp.zeros((n, 6))
    increment = jax.jit(jax.vmap(point.increment))
    jacobian = jax.jit(jax.vmap(jax.jacfwd(lambda *a: point.increment(*a).stress, argnums=2)))
    defect = jax.vmap(point.evolution.defect, in_axes=(None, 0, 0, 0, 0))
    for _ in range(4):
        move, dt = 0.5 * generator.standard_normal((n, 6)), 10.0 ** generator.uniform(-2, 2, n)
        arguments = (jnp.asarray(state["strain"]), states, jnp.asarray(move), jnp.asarray(dt))
        found = increment(*arguments)
        stress, tangent, state = solid.update(move, state, dt)
        np.testing.assert_allclose(found.stress, stress, atol=1e-12)
        np.testing.assert_allclose(found.energy, state["energy"], atol=1e-12)
        np.testing.assert_allclose(found.dissipation, state["dissipation"], atol=1e-12)
        np.testing.assert_allclose(jacobian(*arguments), tangent, atol=1e-9)
        after = jnp.asarray(state["strain"])
        assert defect(point.energy, after, states, found.state, jnp.asarray(dt)).max() < 1e-11
        states = found.state
        if solid.growth.remembers:
            np.testing.assert_allclose(states[:, 5], state["accumulated_plastic_strain"], atol=1e-12)


def test_walks_are_compiled_once_for_one_group_and_for_several() -> None:
    normals, laws, increments, dt = drawn(6)
    follow_group_forces(SIZES, normals, increments)
    for sizes, m, own in ((SIZES, 6, laws), ((3,), 3, laws[:1])):
        growing_flows(sizes, normals[:, :m], own, increments, dt)
        one = jax.vmap(partial(growing_force, sizes, normals[:, :m], own))
        one(jnp.zeros((PATHS, len(sizes))), dt[:, 0], increments[:, 0])
    assert len(follow_group_walks.signatures) == 1
    assert len(flow_growing_points.signatures) == 1
