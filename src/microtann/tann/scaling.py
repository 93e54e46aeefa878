"""Scales that make the variables of a model of order one without breaking the thermodynamics."""

from __future__ import annotations

import equinox as eqx
from jaxtyping import Array, Float


class Scaling(eqx.Module):
    """Scales of the driving variables and of the energy; that of the stress follows from them.

    Since S = ∂Ψ/∂E must hold in scaled and in physical units, the stress has no scale of its own.

    Parameters
    ----------
    driving : array, shape (y,)
        Scale of every driving variable (strain components, then extra state variables).
    energy : array, shape ()
        Scale of energy and dissipation.
    """

    driving: Float[Array, "y"]
    energy: Float[Array, ""]

    def stress(self, components: int) -> Float[Array, "v"]:
        """Return the scale of the stress components, energy / strain."""
        return self.energy / self.driving[:components]
