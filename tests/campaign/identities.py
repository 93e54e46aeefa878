"""What every state of a cell fulfils, whatever its units: statics, kinematics, the flow rule and both laws."""

from __future__ import annotations

import numpy as np
from tests.campaign.trial import require
from tests.verification.reference_cell import node_forces, partners, tensor, voigt_of

import microtann as mt
from microtann.slips.yield_tolerance import YIELD_TOLERANCE

ROUND_OFF = 1e-11
"""Relative to the largest terms that cancel in an identity."""


def check_identities(
    cell: mt.UnitCell, bar: mt.ElastoplasticBar, path: np.ndarray, response: mt.CellResponse
) -> None:
    """Check boundary sum, equilibrium, Hill-Mandel, bar law, Karush-Kuhn-Tucker, energy balance and σ = ∂Ψ/∂E.

    Raises
    ------
    BrokenPromiseError
        If one does not hold to round-off.
    """
    for name in ("stress", "energy", "dissipation", "displacement", "force", "plastic_strain"):
        require(bool(np.isfinite(getattr(response, name)).all()), f"{name} is not finite")
    _Identities(cell, bar, path, response).check()


class _Identities:
    """A solved path with what the identities share."""

    def __init__(
        self, cell: mt.UnitCell, bar: mt.ElastoplasticBar, path: np.ndarray, response: mt.CellResponse
    ) -> None:
        self.cell, self.path, self.response = cell, path, response
        self.young, self.limit, self.hardening = bar.per_bar(len(cell.bars))
        self.master = partners(cell)
        self.vector = cell.nodes[cell.bars[:, 1]] - cell.nodes[cell.bars[:, 0]]
        self.length = np.linalg.norm(self.vector, axis=1)
        self.volume = abs(np.linalg.det(cell.periods))
        self.fraction = cell.areas * self.length / self.volume
        self.strain = np.einsum("tmd,md->tm", self._gaps(response.displacement), self.vector) / self.length**2
        self.size = float((np.abs(self.strain) + np.abs(response.plastic_strain)).max())
        """Largest strain of a bar, of which stresses are differences."""
        self.stress_size = float((self.young * self.fraction).sum()) * self.size

    def check(self) -> None:
        self.forces_follow_the_bar_law()
        self.stress_is_the_sum_over_the_boundary()
        self.forces_are_in_equilibrium()
        self.work_of_forces_is_work_of_stress()
        self.flow_follows_the_force()
        self.energy_is_balanced()
        self.stress_is_the_derivative_of_the_energy()

    def forces_follow_the_bar_law(self) -> None:
        response = self.response
        force = self.young * (self.strain - response.plastic_strain) * self.cell.areas
        _close("bar force", response.force, force, (self.young * self.cell.areas).max() * self.size)

    def stress_is_the_sum_over_the_boundary(self) -> None:
        """Paper, Eq. (14)."""
        for force, stress in zip(self.response.force, self.response.stress, strict=True):
            boundary = -node_forces(self.cell, force).T @ self.cell.nodes / self.volume
            _close("boundary sum", voigt_of(boundary), stress, self.stress_size)

    def forces_are_in_equilibrium(self) -> None:
        for force in self.response.force:
            total = np.zeros_like(self.cell.nodes)
            np.add.at(total, self.master, node_forces(self.cell, force))
            _close("equilibrium", total, 0.0, (self.young * self.cell.areas).max() * self.size)

    def work_of_forces_is_work_of_stress(self) -> None:
        """Hill-Mandel, with the displacements of another instant as the virtual ones."""
        response, other = self.response, self.response.displacement[::-1]
        unit = self.vector / self.length[:, None]
        micro = np.einsum("tm,tmd,md->t", response.force, self._gaps(other), unit) / self.volume
        macro = np.einsum("tv,tv->t", response.stress, self.path[::-1])
        _close("Hill-Mandel", micro, macro, self.stress_size * self.size)

    def flow_follows_the_force(self) -> None:
        """Karush-Kuhn-Tucker: |σ − Hα| ≤ k, to the tolerance at which bars start to flow; (σ − Hα) Δα = k |Δα|."""
        driving, step = self._driving(), self._steps(self.response.plastic_strain)
        size = ((self.young + self.hardening) * self.size + self.limit).max()
        over = (np.abs(driving) - self.limit * (1.0 + YIELD_TOLERANCE)).max()
        require(bool(over <= ROUND_OFF * size), f"yield is exceeded by {over / size:.1e}")
        _close("flow rule", driving * step, self.limit * np.abs(step), size * self.size)

    def energy_is_balanced(self) -> None:
        response, before = self.response, self._before
        step, driving = self._steps(response.plastic_strain), self._driving()
        dissipation = (self.limit * np.abs(step)) @ self.fraction
        work = np.einsum("tv,tv->t", 0.5 * (response.stress + before(response.stress)), self._steps(self.path))
        second_order = ((before(driving) - driving) * step) @ self.fraction / 2
        size = self.stress_size * self.size
        _close("dissipation", response.dissipation, dissipation, size)
        require(bool((response.dissipation >= 0).all()), "the dissipation is negative")
        require(bool((second_order <= ROUND_OFF * size).all()), "the defect of the energy balance is positive")
        balance = self._steps(response.energy) + response.dissipation + second_order
        _close("energy balance", work, balance, size)

    def stress_is_the_derivative_of_the_energy(self) -> None:
        """At fixed plastic strains, where they are largest; central differences are exact for quadratics."""
        t = int(np.abs(self.response.plastic_strain).sum(axis=1).argmax())
        strain, plastic = self.path[t], self.response.plastic_strain[t]
        step = self.size or 1.0  # nothing but zero increments leaves no size
        slope = np.empty(len(strain))
        for c, direction in enumerate(np.eye(len(strain))):
            up, down = (self._frozen_energy(strain + s * step * direction, plastic) for s in (1, -1))
            slope[c] = (up - down) / (2 * step)
        _close("σ = ∂Ψ/∂E", slope, self.response.stress[t], self.stress_size)

    def _frozen_energy(self, strain: np.ndarray, plastic: np.ndarray) -> float:
        """Minimise the energy over the periodic fluctuation by least squares."""
        _, unknown = np.unique(self.master, return_inverse=True)
        count = len(self.cell.bars)
        gradient = np.zeros((count, unknown.max() + 1, self.cell.dimension))
        slope = self.vector / self.length[:, None]
        for sign, end in ((1.0, 1), (-1.0, 0)):
            np.add.at(gradient, (np.arange(count), unknown[self.cell.bars[:, end]]), sign * slope)
        weight = np.sqrt(self.fraction * self.young / (self.fraction * self.young).max())
        affine = np.einsum("mi,ij,mj->m", self.vector, tensor(strain), self.vector) / self.length**2
        # fluctuations in lengths of a bar, so that the operator has no units
        operator = (weight / self.length * self.length.max())[:, None] * gradient.reshape(count, -1)
        elastic = weight * (affine - plastic)
        rest = elastic + operator @ np.linalg.lstsq(operator, -elastic, rcond=1e-12)[0]
        stored = 0.5 * self.fraction @ (self.hardening * plastic**2)
        return float(0.5 * rest @ rest * (self.fraction * self.young).max() + stored)

    def _gaps(self, displacement: np.ndarray) -> np.ndarray:
        return displacement[:, self.cell.bars[:, 1]] - displacement[:, self.cell.bars[:, 0]]

    def _driving(self) -> np.ndarray:
        return self.response.force / self.cell.areas - self.hardening * self.response.plastic_strain

    def _steps(self, values: np.ndarray) -> np.ndarray:
        return values - self._before(values)

    @staticmethod
    def _before(values: np.ndarray) -> np.ndarray:
        return np.concatenate([np.zeros_like(values[:1]), values[:-1]])


def _close(name: str, one: np.ndarray, other: np.ndarray | float, size: float) -> None:
    gap = float(np.abs(one - other).max())
    require(gap <= ROUND_OFF * size, f"{name}: the two sides differ by {gap / size if size else gap:.1e}")
