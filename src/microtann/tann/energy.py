"""Free energies of driving variables and internal state variables.

The driving variables y are the strain components followed by the extra state variables, scaled; the internal state
variables Z are dimensionless. Stress and thermodynamic forces are derivatives of the energy (paper, Eqs. 9b, 9c),
taken by automatic differentiation in `microtann.tann.trained_model`; an energy only has to say its value.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


class Energy(eqx.Module):
    """Free energy Ψ(y, Z) of one material point, in scaled units."""

    fixed: ClassVar[tuple[str, ...]] = ()
    """Fields that gradients do not train."""

    @abstractmethod
    def __call__(self, driving: Float[Array, "y"], state: Float[Array, "z"]) -> Float[Array, ""]:
        """Return Ψ(y, Z)."""

    def force(self, driving: Float[Array, "y"], state: Float[Array, "z"]) -> Float[Array, "z"]:
        """Return the forces −T = −∂Ψ/∂Z that drive the internal state variables (paper, Eq. 9c)."""
        return -jax.grad(self.__call__, argnums=1)(driving, state)


class DecoupledQuadraticEnergy(Energy):
    """Quadratic energy, convex in strain and state together, in which states do not interact.

    With driving variables y = (E, θ), θ being the extra state variables (often none)::

        Ψ = ½ |P y|² + ½ |B y − Z|² + ½ θ · N θ

    The Hessian in Z is the identity, which fixes the free scale of the internal state variables and makes Ψ
    strongly convex in Z; Ψ is convex in (E, Z) for every value of the parameters.

    Parameters
    ----------
    elastic : array, shape (y, y)
        P: what remains stored when every state follows the strain freely.
    coupling : array, shape (z, y)
        B: driving force on each state per unit of y.
    extra : array, shape (e, e)
        N: energy of the extra state variables alone; of any sign, symmetrised on use.
    """

    elastic: Float[Array, "y y"]
    coupling: Float[Array, "z y"]
    extra: Float[Array, "e e"]

    def __call__(self, driving: Float[Array, "y"], state: Float[Array, "z"]) -> Float[Array, ""]:
        """Return Ψ(y, Z)."""
        stored = self.elastic @ driving
        apart = self.coupling @ driving - state
        imposed = driving[driving.shape[0] - self.extra.shape[0] :]
        return 0.5 * (jnp.sum(stored**2) + jnp.sum(apart**2) + imposed @ self.extra @ imposed)
