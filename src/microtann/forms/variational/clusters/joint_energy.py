"""A convex quadratic energy of strain and amplitudes together, from stress, energy and dissipation.

Ψ = ½ u·H u with u = (E, z) has the stress (H u)_E and dissipates −(H u)_z · Δz in an increment that ends in u. All
three are linear in H, so that their misfit is a least-squares problem, over the matrices H ⪰ ε: without that
bound, amplitudes that miss a part of what the points do give energies that are not convex.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

Array = NDArray[np.float64]
LEAST_EIGENVALUE = 1e-3
"""ε over the mean eigenvalue, for variables u that are uncorrelated and of unit size in the data."""
NEGLIGIBLE = 1e-8
"""Fraction of the largest variance of u below which a direction counts as having this fraction."""
STEPS = 1_000
"""Most accelerated projected gradient steps."""
SETTLED = 1e-7
"""Relative change in a step at which they end."""
POWER_STEPS = 30


class Observed(NamedTuple):
    """What n increments show.

    Parameters
    ----------
    strain : array, shape (n, v)
        At their ends, like stress and energy.
    before, after : array, shape (n, s)
        Amplitudes at their beginnings and ends.
    stress : array, shape (n, v)
    energy, dissipation : array, shape (n,)
    """

    strain: Float[Array, "n v"]
    before: Float[Array, "n s"]
    after: Float[Array, "n s"]
    stress: Float[Array, "n v"]
    energy: Float[Array, "n"]
    dissipation: Float[Array, "n"]


def joint_energy(seen: Observed) -> tuple[Float[Array, "v v"], Float[Array, "s v"], Float[Array, "s s"]]:
    """Return C, b and K of ½ E·C E − z·b E + ½ z·K z, which is positive semi-definite, by least squares.

    Misfits of stress, energy and dissipation count relative to their root mean squares. The steps are those of
    Beck & Teboulle (2009), with a projection on the matrices that are allowed.
    """
    v = seen.strain.shape[1]
    ends = np.hstack([seen.strain, seen.after])
    moved = np.hstack([np.zeros_like(seen.strain), seen.after - seen.before])
    size = np.sqrt(np.mean(ends**2, axis=0))
    size[size == 0.0] = 1.0
    values, vectors = np.linalg.eigh((ends / size).T @ (ends / size) / len(ends))
    whiten = vectors / np.sqrt(np.maximum(values, NEGLIGIBLE * values[-1])) / size[:, None]
    misfit = _Misfit(ends @ whiten, moved @ whiten, whiten[:v], seen)
    whole = whiten @ _least_misfit(misfit, len(size)) @ whiten.T
    return whole[:v, :v], -whole[v:, :v], whole[v:, v:]


class _Misfit:
    """Least squares in Y, where Ψ = ½ y·Y y and S = W Y y."""

    def __init__(
        self, ends: Float[Array, "n m"], moved: Float[Array, "n m"], to_stress: Float[Array, "v m"], seen: Observed
    ) -> None:
        self.ends, self.moved, self.to_stress = ends, moved, to_stress
        self.targets = (seen.stress, seen.energy, seen.dissipation)
        self.weights = [1.0 / (np.sum(target**2) or 1.0) for target in self.targets]

    def predicted(
        self, matrix: Float[Array, "m m"]
    ) -> tuple[Float[Array, "n v"], Float[Array, "n"], Float[Array, "n"]]:
        """Return stress, energy and dissipation of a matrix Y."""
        forces = self.ends @ matrix
        return (
            forces @ self.to_stress.T,
            0.5 * np.sum(forces * self.ends, axis=1),
            -np.sum(forces * self.moved, axis=1),
        )

    def transposed(
        self, rests: tuple[Float[Array, "n v"], Float[Array, "n"], Float[Array, "n"]]
    ) -> Float[Array, "m m"]:
        """Return the gradient in Y that misses of stress, energy and dissipation give."""
        stress, energy, dissipation = (w * rest for w, rest in zip(self.weights, rests, strict=True))
        per_force = stress @ self.to_stress + 0.5 * energy[:, None] * self.ends - dissipation[:, None] * self.moved
        slope = self.ends.T @ per_force
        return 0.5 * (slope + slope.T)

    def gradient(self, matrix: Float[Array, "m m"]) -> Float[Array, "m m"]:
        """Return the gradient of half the weighted sum of squares."""
        told = zip(self.predicted(matrix), self.targets, strict=True)
        stress, energy, dissipation = (is_now - target for is_now, target in told)
        return self.transposed((stress, energy, dissipation))


def _least_misfit(misfit: _Misfit, m: int) -> Float[Array, "m m"]:
    """Return the allowed matrix of least misfit, by accelerated projected gradients."""
    direction = np.eye(m) / np.sqrt(m)
    curvature = 1.0
    for _ in range(POWER_STEPS):
        image = misfit.transposed(misfit.predicted(direction))
        curvature = float(np.linalg.norm(image)) or 1.0
        direction = image / curvature
    stored = misfit.predicted(np.eye(m))[1]
    mean = float(stored @ misfit.targets[1] / (stored @ stored))
    least = LEAST_EIGENVALUE * mean
    matrix = ahead = mean * np.eye(m)
    momentum = 1.0
    for _ in range(STEPS):
        values, vectors = np.linalg.eigh(ahead - misfit.gradient(ahead) / (1.02 * curvature))
        new = (vectors * np.maximum(values, least)) @ vectors.T
        following = 0.5 * (1.0 + np.sqrt(1.0 + 4.0 * momentum**2))
        step = new - matrix
        if np.sum((ahead - new) * step) > 0.0:  # the momentum points uphill: begin it again
            following, momentum = 1.0, 1.0
        ahead = new + (momentum - 1.0) / following * step
        matrix, momentum = new, following
        if np.linalg.norm(step) <= SETTLED * np.linalg.norm(new):
            break
    return matrix
