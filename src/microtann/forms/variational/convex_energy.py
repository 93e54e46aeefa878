"""A convex energy that need not be quadratic: a quadratic one and an input-convex network."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from microtann.tann.energy import DecoupledQuadraticEnergy, Energy
from microtann.tann.point import MaterialPoint

SMALL_WEIGHT = 1e-2
"""Output weights of a network at the start."""


class ConvexEnergy(Energy):
    """A quadratic energy and an input-convex network of one hidden layer.

    With x = (y, Z), the driving variables and the states, and σ(u) = log cosh u::

        Ψ = Ψ_q(y, Z) + Σ exp(aₕ) (σ(wₕ·x + bₕ) − σ(bₕ) − σ'(bₕ) wₕ·x)

    The network is convex in x for every value of its parameters, since its output weights are positive and σ is
    convex; it is never negative, and vanishes with its slope at x = 0: the virgin material is stressless. Its
    curvature in Z is no more than Σ exp(aₕ) wₕwₕᵀ, since σ'' ≤ 1, so that Ψ stays strongly convex in Z with a
    Hessian between the identity and a known matrix.

    Parameters
    ----------
    quadratic : DecoupledQuadraticEnergy
        Ψ_q.
    directions : array, shape (h, y + z)
        wₕ.
    offsets, log_weights : array, shape (h,)
        bₕ and aₕ.

    References
    ----------
    B. Amos, L. Xu, J. Z. Kolter, Input convex neural networks, ICML 2017.
    """

    quadratic: DecoupledQuadraticEnergy
    directions: Float[Array, "h yz"]
    offsets: Float[Array, "h"]
    log_weights: Float[Array, "h"]

    def __call__(self, driving: Float[Array, "y"], state: Float[Array, "z"]) -> Float[Array, ""]:
        """Return Ψ(y, Z)."""
        along = self.directions @ jnp.concatenate([driving, state])
        beyond = _log_cosh(along + self.offsets) - _log_cosh(self.offsets) - jnp.tanh(self.offsets) * along
        return self.quadratic(driving, state) + jnp.exp(self.log_weights) @ beyond

    def curvature(self, driving: Float[Array, "y"], state: Float[Array, "z"]) -> Float[Array, "z z"]:
        """Return the Hessian of Ψ in Z."""
        slope = jnp.tanh(self.directions @ jnp.concatenate([driving, state]) + self.offsets)
        return self._curvature(1.0 - slope**2)

    def largest_curvature(self) -> Float[Array, "z z"]:
        """Return a matrix that no Hessian of Ψ in Z exceeds."""
        return self._curvature(jnp.ones_like(self.offsets))

    def _curvature(self, second: Float[Array, "h"]) -> Float[Array, "z z"]:
        states = self.quadratic.coupling.shape[0]
        in_states = self.directions[:, self.directions.shape[1] - states :]
        return jnp.eye(states) + (in_states.T * (jnp.exp(self.log_weights) * second)) @ in_states


def with_convex_network(point: MaterialPoint, units: int, seed: int = 0) -> MaterialPoint:
    """Return a point of coupled slips with a small random input-convex network in its energy.

    Parameters
    ----------
    point : MaterialPoint
    units : int
        Of the hidden layer of the `ConvexEnergy`.
    seed : int
    """
    energy = point.energy
    assert isinstance(energy, DecoupledQuadraticEnergy)
    generator = np.random.default_rng([seed, 1])
    z, y = energy.coupling.shape
    convex = ConvexEnergy(
        energy,
        jnp.asarray(generator.standard_normal((units, y + z)) / np.sqrt(y + z)),
        jnp.asarray(generator.standard_normal(units)),
        jnp.full(units, np.log(SMALL_WEIGHT)),
    )
    return replace(point, energy=convex)


@jax.custom_jvp
def _log_cosh(u: Float[Array, "h"]) -> Float[Array, "h"]:
    """Return log cosh u, finite for any u, with a derivative that is."""
    return jnp.abs(u) + jnp.log1p(jnp.exp(-2.0 * jnp.abs(u))) - jnp.log(2.0)


@_log_cosh.defjvp
def _log_cosh_jvp(primals: tuple[Float[Array, "h"]], tangents: tuple[Array]) -> tuple[Float[Array, "h"], Array]:
    return _log_cosh(primals[0]), jnp.tanh(primals[0]) * tangents[0]
