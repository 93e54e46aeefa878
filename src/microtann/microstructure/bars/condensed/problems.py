"""The two forms of a cell's incremental problem, as compiled code takes them.

With the fluctuation condensed the unknowns are the plastic strains of the bars, which are slips (`BarSlipProblem`,
and `LaneSlips` of `lane_slips_kernel` for many points); with the plastic strains eliminated by the bars' return
map they are the fluctuation (`FluctuationProblem`). A `CondensedCell` puts each together when it is first asked
for.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

Array = NDArray[np.float64]

LITTLE_HARDENING = 1e-4
"""Hardening, relative to Young's modulus, below which the solvers take care of stiffness close to singular."""

PROXIMAL_PART = 1e-10
"""Proximal part of Newton's tangent, relative to the elastic stiffness, where bars harden little or not."""

LEAST_PIVOT = 1e-6
"""Least pivot of active sets, relative to the diagonal, where bars harden little or not."""


class BarSlipProblem(NamedTuple):
    """½ α · K α − (C E) · α + Σ kᵢ |Δαᵢ| in the plastic strains of the m distinct bars, for the slips γ = k Δα.

    Parameters
    ----------
    products : array, shape (m, m)
        G = K/(k kᵀ).
    driving : array, shape (m, v)
        C/k: driving forces due to a unit average strain, over the resistances.
    resistance : array, shape (m,)
        k > 0.
    least_pivot : float
        Zero if K is well positive definite. Else the least pivot of G on the flowing bars, relative to its
        diagonal, that is trusted: closer to singular, the flow is refused.
    """

    products: Float[Array, "m m"]
    driving: Float[Array, "m v"]
    resistance: Float[Array, "m"]
    least_pivot: float


class FluctuationProblem(NamedTuple):
    """The incremental energy as a function of the fluctuation of the n distinct nodes, of which the first is held.

    Parameters
    ----------
    start, end : integer array, shape (m,)
        Distinct nodes at the ends of the bars.
    gradient : array, shape (m, d)
        Bar strain per relative displacement of its ends.
    elongation : array, shape (m, v)
        Bar strain per average strain.
    fraction, young, limit, hardening : array, shape (m,)
        Volume fraction, Young modulus, yield stress and hardening.
    elastic : array, shape (n d, n d)
        Elastic stiffness of the fluctuation.
    of_strain, of_plastic_strain : array, shape (n d, v) and (n d, m)
        Elastic fluctuation due to average strain and to plastic strains.
    steepest : float
        Largest component of the gradients: nodal over bar forces, by which residuals are measured.
    proximal : float
        Proximal part of the tangent relative to the elastic stiffness; zero if all bars harden.
    """

    start: Int[NDArray[np.int64], "m"]
    end: Int[NDArray[np.int64], "m"]
    gradient: Float[Array, "m d"]
    elongation: Float[Array, "m v"]
    fraction: Float[Array, "m"]
    young: Float[Array, "m"]
    limit: Float[Array, "m"]
    hardening: Float[Array, "m"]
    elastic: Float[Array, "nd nd"]
    of_strain: Float[Array, "nd v"]
    of_plastic_strain: Float[Array, "nd m"]
    steepest: float
    proximal: float


class ElasticStiffness(NamedTuple):
    """Elastic stiffness of a cell, per unit volume.

    Parameters
    ----------
    affine, condensed : array, shape (v, v)
        Stress due to average strain without fluctuation, and with the fluctuation in equilibrium.
    mixed : array, shape (n d, v)
        Forces on the fluctuation due to average strain.
    blocks : array, shape (9 b,)
        In three dimensions, forces on the fluctuation due to the fluctuation, in blocks of the cell's
        `Elimination`; empty in two dimensions.
    """

    affine: Float[Array, "v v"]
    condensed: Float[Array, "v v"]
    mixed: Float[Array, "nd v"]
    blocks: Float[Array, "b"]
