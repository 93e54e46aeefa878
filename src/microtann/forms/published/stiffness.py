"""The quadratic energy that fits data best: stress, energy and dissipation are linear in its stiffness."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.forms.published.network_loss import PublishedBatch
from microtann.tann.quadratic_energy import QuadraticEnergy

Array = NDArray[np.float64]
FIT_SAMPLES = 3000
"""Most increments that the fit sees."""


def fit_quadratic_energy(batch: PublishedBatch) -> QuadraticEnergy:
    """Return the convex quadratic energy with the least squared errors on increments.

    With x = (y, Z) and a symmetric stiffness M, S = (M x)_E, Ψ = ½ x·M x and D Δt = −(M x)_Z · ΔZ are linear in
    M, so that it is found by least squares, every quantity relative to its root mean square. What of M is not
    positive is cut off, but for the part of the extra state variables alone, which may have any sign.

    Parameters
    ----------
    batch : PublishedBatch
        Increments whose states are known.
    """
    v, y = batch.stress_next.shape[1], batch.driving.shape[1]
    stiffness = fit_stiffness(batch, batch)
    extra = _apart(stiffness, slice(v, y))
    values, vectors = np.linalg.eigh(stiffness)
    return QuadraticEnergy(jnp.asarray(np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T), jnp.asarray(extra))


def fit_stiffness(batch: PublishedBatch, disturbed: PublishedBatch) -> Float[Array, "n n"]:
    """Return the symmetric stiffness M with the least squared errors on increments, of any sign.

    Parameters
    ----------
    batch : PublishedBatch
        Increments whose states are known.
    disturbed : PublishedBatch
        The same, for the stress alone: with states in which it should be the same.
    """
    chosen = slice(None, None, max(1, len(batch.dt) // FIT_SAMPLES))
    driving, state, before = (
        np.asarray(a)[chosen] for a in (batch.driving + batch.increment, batch.inside_next, batch.inside)
    )
    v, n = batch.stress_next.shape[1], driving.shape[1] + state.shape[1]
    x = np.concatenate([driving, state], axis=1)
    x_of_stress = np.concatenate([driving, np.asarray(disturbed.inside_next)[chosen]], axis=1)
    change = np.concatenate([np.zeros_like(driving), state - before], axis=1)
    conjugate = np.eye(n)[:v]
    rows = [_bilinear(np.broadcast_to(unit, x.shape), x_of_stress) for unit in conjugate]
    rows += [0.5 * _bilinear(x, x), -_bilinear(change, x)]
    targets = [*np.asarray(batch.stress_next)[chosen].T]
    targets += [np.asarray(a)[chosen] for a in (batch.energy_next, batch.dissipation)]
    size = [np.sqrt(np.mean(np.square(targets[:v])))] * v
    size += [np.sqrt(np.mean(target**2)) for target in targets[v:]]
    size = [s or 1.0 for s in size]
    left = np.concatenate([row / s for row, s in zip(rows, size, strict=True)])
    right = np.concatenate([target / s for target, s in zip(targets, size, strict=True)])
    solution, *_ = np.linalg.lstsq(left, right, rcond=1e-12)
    stiffness = np.zeros((n, n))
    stiffness[np.triu_indices(n)] = solution
    return 0.5 * (stiffness + stiffness.T)


def _bilinear(left: Float[Array, "s n"], right: Float[Array, "s n"]) -> Float[Array, "s m"]:
    """Return the coefficients of the entries Mᵢⱼ, i ≤ j, in left · M right, M being (Mᵢⱼ + Mⱼᵢ) / 2."""
    i, j = np.triu_indices(left.shape[1])
    return 0.5 * (left[:, i] * right[:, j] + left[:, j] * right[:, i])


def _apart(stiffness: Float[Array, "n n"], part: slice) -> Float[Array, "e e"]:
    """Return what a part has of its own, and leave in the stiffness what its coupling to the rest asks for."""
    others = np.delete(np.arange(len(stiffness)), np.arange(len(stiffness))[part])
    coupling = stiffness[part][:, others]
    needed = coupling @ np.linalg.pinv(stiffness[np.ix_(others, others)], rcond=1e-10, hermitian=True) @ coupling.T
    own = stiffness[part, part] - needed
    stiffness[part, part] = needed
    return own
