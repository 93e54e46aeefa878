"""Yield stress and hardening of the bars of a lattice, found from one tension test of the lattice.

A lattice of 2 × 2 perturbed cells is pulled, unloaded and pulled again; force and both strains are measured,
the force with one per cent of noise. What the bars are made of is sought. `microtann.reduce` with a state for
each bar gives the lattice as a TANN, a tree of arrays: the Hessian of its energy is affine in the hardening
modulus H, the resistance of its slips linear in the yield stress σ_y,

    K(H) = K(H₀) + (H − H₀) ∂K/∂H,    k(σ_y) = k₀ σ_y / σ₀,

so that the stresses along the test are a function of (σ_y, H) which JAX differentiates through every increment.
Gauss and Newton's method does the rest. Run it with ``python examples/identified_bar.py [PICTURE.png]``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

import microtann as mt

YOUNG, TRUE, GUESS = 70_000.0, (250.0, 5_000.0), (150.0, 15_000.0)
"""Young's modulus; yield stress and hardening modulus, as they are and as they are guessed, in MPa."""


def lattice(yield_stress, hardening):
    """Return the lattice whose bars have a law."""
    bar = mt.ElastoplasticBar(young=YOUNG, yield_stress=yield_stress, hardening=hardening)
    return mt.Lattice(mt.square_cell((2, 2), perturbation=0.2), bar)


def measured(noise):
    """Return strains, shape (T, 3), and stresses σ₁₁, shape (T,), of the tension test, with relative noise."""
    steps = [mt.CellStep(strain={"11": end}, rest="free", increments=20) for end in (0.01, 0.004, 0.02)]
    test = mt.drive(lattice(*TRUE), steps)
    force = test.stress[:, 0]
    return test.strain, force + noise * np.abs(force).max() * np.random.default_rng(0).standard_normal(len(force))


def model_of_law():
    """Return the point of a TANN as a function of log (σ_y, H)."""
    at_guess, stiffer = (lattice(GUESS[0], factor * GUESS[1]).slip_problem() for factor in (1.0, 2.0))
    slope = (stiffer.hessian - at_guess.hessian) / GUESS[1]
    coupling, elasticity = at_guess.coupling, at_guess.elasticity
    tann = mt.reduce(lattice(*GUESS), states=at_guess.count)
    strain, energy = tann.scaling.driving, jnp.sqrt(tann.scaling.energy)

    def model(law):
        yield_stress, hardening = jnp.exp(law)
        root = jnp.linalg.cholesky(at_guess.hessian + (hardening - GUESS[1]) * slope)  # K = L Lᵀ, Z = Lᵀ α
        forces = jax.scipy.linalg.solve_triangular(root, coupling, lower=True)
        resistance = at_guess.resistance * yield_stress / GUESS[0]
        parts = (
            jnp.linalg.cholesky(elasticity - forces.T @ forces).T * strain / energy,
            forces * strain / energy,
            root.T / resistance * energy,
        )
        return eqx.tree_at(lambda p: (p.energy.elastic, p.energy.coupling, p.evolution.normals), tann.point, parts)

    return model


def follow(point, path):
    """Return the stresses σ₁₁ along a path of strains, shape (T, 3)."""

    def advance(state, ends):
        start, end = ends
        result = point.increment(start, state, end - start, jnp.asarray(1.0))
        return result.state, result.stress[0]

    starts = jnp.concatenate([jnp.zeros((1, 3)), path[:-1]])
    return jax.lax.scan(advance, point.virgin_state(), (starts, path))[1]


def identify(strain, force, steps=12):
    """Return (σ_y, H) of the bars, and the stresses with it."""
    model, path = model_of_law(), jnp.asarray(strain)
    stresses = jax.jit(lambda law: follow(model(law), path))
    slopes = jax.jit(jax.jacfwd(lambda law: follow(model(law), path)))
    law = jnp.log(jnp.asarray(GUESS))
    for _ in range(steps):
        change = jnp.linalg.lstsq(slopes(law), force - stresses(law))[0]
        law = law + jnp.clip(change, -0.5, 0.5)
    return np.exp(law), np.asarray(stresses(law))


def main(picture=None, noise=0.01):
    """Return the relative errors of yield stress and hardening; draw the test and the model if a file is named."""
    strain, force = measured(noise)
    law, model = identify(strain, force)
    if picture is not None:
        from microtann.plotting.curves import Curve, draw_comparison

        curve = Curve("tension", strain[:, 0], force, model, "ε₁₁ [–]", "σ₁₁ [MPa]")
        draw_comparison(picture, [curve], "TANN", beside="measured")
    return law / np.asarray(TRUE) - 1.0


if __name__ == "__main__":
    errors = main(*map(Path, sys.argv[1:2]))
    print(f"relative errors of the yield stress {errors[0]:.1e} and of the hardening modulus {errors[1]:.1e}")
