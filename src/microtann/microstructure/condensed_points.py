"""Points of one strain each (bars, fibres of beams) whose fluctuation is eliminated: an energy of slips.

With the plastic strains α of the points the energy per unit volume is ::

    Ψ(E, α) = ½ (G E − α) · Q (G E − α) + ½ α · diag(c H) α
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.microstructure.bars.condensed.lane_slips_kernel import LaneSlips
from microtann.microstructure.bars.condensed.problems import LEAST_PIVOT, LITTLE_HARDENING, BarSlipProblem
from microtann.slips.lanes_kernel import WIDTH
from microtann.slips.product_kernel import padded_columns
from microtann.slips.slip_equations_kernel import slips_of_products
from microtann.slips.tangent_kernel import rates_on_slips

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CondensedPoints:
    """The cell problem with the average strain and the plastic strains of m points as unknowns.

    Parameters
    ----------
    volume_fraction : array, shape (m,)
        c: volume that every point stands for, over that of the cell.
    young, yield_stress, hardening : array, shape (m,)
        E, k and H of every point.
    elongation : array, shape (m, v)
        G: strain of every point under a unit average strain without fluctuation.
    stiffness : array, shape (m, m)
        Q: stress times volume fraction due to strains of the points, the fluctuation in equilibrium.
    """

    volume_fraction: Float[Array, "m"]
    young: Float[Array, "m"]
    yield_stress: Float[Array, "m"]
    hardening: Float[Array, "m"]
    elongation: Float[Array, "m v"]
    stiffness: Float[Array, "m m"]

    @property
    def count(self) -> int:
        """Number of points, m."""
        return len(self.young)

    @cached_property
    def resistance(self) -> Float[Array, "m"]:
        """Dissipation per unit plastic strain of every point and unit volume of the cell, c k."""
        return self.volume_fraction * self.yield_stress

    @cached_property
    def hessian(self) -> Float[Array, "m m"]:
        """K = ∂²Ψ/∂α²."""
        return self.stiffness + np.diag(self.volume_fraction * self.hardening)

    @cached_property
    def coupling(self) -> Float[Array, "m v"]:
        """Q G = −∂²Ψ/∂α∂E: driving forces on the plastic strains due to a unit average strain."""
        return self.stiffness @ self.elongation

    @cached_property
    def elasticity(self) -> Float[Array, "v v"]:
        """Elastic stiffness Gᵀ Q G of the cell."""
        elasticity = self.elongation.T @ self.coupling
        return 0.5 * (elasticity + elasticity.T)

    @property
    def close_to_singular(self) -> bool:
        """Whether some point hardens so little that stiffnesses may be close to singular."""
        return bool((self.hardening <= LITTLE_HARDENING * self.young).any())

    @cached_property
    def slip_problem(self) -> BarSlipProblem:
        """The incremental problem in the plastic strains."""
        resistance = self.resistance
        return BarSlipProblem(
            products=self.hessian / resistance / resistance[:, None],
            driving=self.coupling / resistance[:, None],
            resistance=resistance,
            least_pivot=LEAST_PIVOT if self.close_to_singular else 0.0,
        )

    @cached_property
    def lane_slips(self) -> LaneSlips:
        """The same for many points at once; K must be positive definite."""
        problem = self.slip_problem
        driving = padded_columns(np.ascontiguousarray(problem.driving.T))
        slips = slips_of_products(np.pad(problem.products, (0, -self.count % WIDTH)), self.count)
        return LaneSlips(
            slips=slips,
            forces=np.vstack([driving, -padded_columns(problem.resistance[:, None] * problem.products)]),
            on_slips=rates_on_slips(slips, driving),
            elastic=self.elasticity,
            resistance=problem.resistance,
            compliance=1.0 / (self.volume_fraction * self.young),
            hardening=self.volume_fraction * self.hardening,
        )

    def stress(
        self, strain: Float[Array, "*batch v"], plastic_strain: Float[Array, "*batch m"]
    ) -> Float[Array, "*batch v"]:
        """Return the average stress ∂Ψ/∂E (paper, Eqs. 9b and 14)."""
        return strain @ self.elasticity - plastic_strain @ self.coupling

    def point_strain(
        self, strain: Float[Array, "*batch v"], plastic_strain: Float[Array, "*batch m"]
    ) -> Float[Array, "*batch m"]:
        """Return the total strain of every point, the fluctuation in equilibrium."""
        forced = strain @ self.coupling.T - plastic_strain @ self.stiffness
        return plastic_strain + forced / (self.volume_fraction * self.young)

    def point_stress(
        self, strain: Float[Array, "*batch v"], plastic_strain: Float[Array, "*batch m"]
    ) -> Float[Array, "*batch m"]:
        """Return the stress of every point, the fluctuation in equilibrium."""
        return self.young * (self.point_strain(strain, plastic_strain) - plastic_strain)

    def energy(
        self, strain: Float[Array, "*batch v"], plastic_strain: Float[Array, "*batch m"]
    ) -> Float[Array, "*batch"]:
        """Return the energy Ψ per unit volume, the fluctuation in equilibrium."""
        elastic = self.point_strain(strain, plastic_strain) - plastic_strain
        density = self.young * elastic**2 + self.hardening * plastic_strain**2
        return 0.5 * density @ self.volume_fraction
