"""The energy of strain and amplitudes: found where it is there, convex where the data would not have it so."""

import numpy as np

from microtann.forms.variational.clusters.joint_energy import Observed, joint_energy


def seen_of(whole, v=3, count=400, noise=0.0, seed=0):
    """Return increments of an energy ½ u·H u, whose amplitudes carry noise that nothing else knows."""
    draw = np.random.default_rng(seed)
    mix = draw.standard_normal((len(whole), len(whole)))
    after, before = (draw.standard_normal((count, len(whole))) @ mix for _ in range(2))
    forces = after @ whole
    stray = noise * draw.standard_normal((2, count, len(whole) - v))
    return Observed(
        after[:, :v],
        before[:, v:] + stray[0],
        after[:, v:] + stray[1],
        forces[:, :v],
        0.5 * np.sum(forces * after, axis=1),
        -np.sum((after - before)[:, v:] * forces[:, v:], axis=1),
    )


def random_energy(m, seed=1):
    root = np.random.default_rng(seed).standard_normal((m, m))
    return root @ root.T + 0.3 * np.eye(m)


def together(parts):
    elasticity, coupling, hessian = parts
    return np.block([[elasticity, -coupling.T], [-coupling, hessian]])


def test_an_energy_is_found_from_what_it_does():
    whole = random_energy(8)
    assert np.abs(together(joint_energy(seen_of(whole))) - whole).max() < 1e-3 * np.abs(whole).max()


def test_what_amplitudes_miss_leaves_the_energy_convex():
    seen = seen_of(random_energy(8), noise=1.0, count=60)
    found = together(joint_energy(seen))
    assert np.allclose(found, found.T)
    assert np.linalg.eigvalsh(found)[0] > 0.0
