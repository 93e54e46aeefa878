"""A microstructure of few points with plastic strains, condensed by dense algebra and solved by descent."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from microtann.microstructure.plastic_points import ModalEnergy
from microtann.microstructure.protocol import Microstructure

STEPS = 300
"""Accelerated proximal steps of an increment."""


class PointCell(Microstructure):
    """Points with strains ε = G E + B w of a components each, of stiffness 1 and hardening h, under von Mises."""

    kind = "points of a test"
    fields: ClassVar = {"points": ("average", "fluctuation", "volume", "yields", "hardening")}
    quadratic = True
    coordinate = "plastic_strain"

    def __init__(self, average, fluctuation, volume, yields, hardening=0.1):
        self.average, self.fluctuation = average, fluctuation  # (p, a, v), (p, a, d)
        self.volume_fraction, self.resistance, self.hardening = volume, yields, float(hardening)
        weight = np.repeat(volume, average.shape[1])
        g, b = average.reshape(len(weight), -1), fluctuation.reshape(len(weight), -1)
        self.stiffness = np.diag(weight) - (weight[:, None] * b) @ np.linalg.solve(
            b.T @ (weight[:, None] * b), (weight[:, None] * b).T
        )
        self.elasticity = g.T @ self.stiffness @ g
        self.coupling = self.stiffness @ g
        self.hessian = self.stiffness + self.hardening * np.diag(weight)

    @classmethod
    def at_random(cls, seed, points=6, components=3, fluctuations=4, strains=3):
        """Return a cell with random points."""
        draw = np.random.default_rng(seed)
        volume = draw.uniform(0.5, 1.5, points)
        average = draw.standard_normal((points, components, strains)) / np.sqrt(strains)
        fluctuation = draw.standard_normal((points, components, fluctuations))
        return cls(average, fluctuation, volume / volume.sum(), draw.uniform(0.2, 0.4, points))

    @property
    def components(self):
        return self.average.shape[2]

    @property
    def coordinate_shapes(self):
        return {"plastic_strain": self.average.shape[:2]}

    def plastic_points(self):
        return Points(self)

    def initial_state(self, n):
        return {
            "strain": np.zeros((n, self.components)),
            "energy": np.zeros(n),
            "dissipation": np.zeros(n),
            "plastic_strain": np.zeros((n, *self.average.shape[:2])),
        }

    def update(self, strain_increment, state, dt=1.0, tangent=True):
        strain, before = state["strain"] + strain_increment, state["plastic_strain"]
        flat = before.reshape(len(before), -1)
        force = strain @ self.coupling.T - flat @ self.hessian
        limit = (self.volume_fraction * self.resistance)[:, None]
        step = 1.0 / np.linalg.eigvalsh(self.hessian)[-1]
        moved = ahead = np.zeros_like(before)
        for number in range(STEPS):
            trial = ahead + step * (force - ahead.reshape(flat.shape) @ self.hessian).reshape(before.shape)
            size = np.linalg.norm(trial, axis=-1, keepdims=True)
            new = trial * np.maximum(1.0 - step * limit / np.maximum(size, 1e-300), 0.0)
            ahead, moved = new + number / (number + 3.0) * (new - moved), new
        plastic = flat + moved.reshape(flat.shape)
        new_state = {
            "strain": strain,
            "energy": 0.5 * np.sum((strain @ self.elasticity - 2.0 * plastic @ self.coupling) * strain, axis=1)
            + 0.5 * np.sum(plastic @ self.hessian * plastic, axis=1),
            "dissipation": np.linalg.norm(moved, axis=-1) @ limit[:, 0],
            "plastic_strain": before + moved,
        }
        stress = strain @ self.elasticity - plastic @ self.coupling
        return stress, np.tile(self.elasticity, (len(strain), 1, 1)) if tangent else None, new_state

    def decode(self, state):
        return {"plastic_strain": state["plastic_strain"]}

    def groups(self):
        own = (self.average, self.fluctuation, self.volume_fraction, self.resistance, np.array(self.hardening))
        return {"points": dict(zip(self.fields["points"], own, strict=True))}

    @classmethod
    def of_groups(cls, groups):
        return cls(*groups["points"].values())


class Points:
    """The plastic points of such a cell."""

    coordinate = "plastic_strain"

    def __init__(self, cell):
        self.cell = cell
        self.volume_fraction, self.resistance = cell.volume_fraction, cell.resistance
        self.components = cell.average.shape[1]

    def project(self, modes):
        flat = modes.reshape(-1, modes.shape[2])
        return ModalEnergy(self.cell.elasticity, flat.T @ self.cell.coupling, flat.T @ self.cell.hessian @ flat)
