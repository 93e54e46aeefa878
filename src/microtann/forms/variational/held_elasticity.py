"""The elastic response is known before training, and training leaves it alone, by construction.

With y = (E, θ) and X = (P, B), the energy ½ |X y − (0, Z)|² + ½ θ · N θ answers with the stress H y as long as
no slip flows, where H = Yᵀ X and Y are the columns of X for the strain. A descent moves X as it likes; what it
computes with has in place of Y

    Y V R⁻¹ √Λ Vᵀ,      C = V Λ Vᵀ,      (Y V)ᵀ (Y V) = Rᵀ R

whose product is the elastic stiffness C whatever Y is, and which is Y itself where YᵀY is C already. The columns
of θ get what is missing to their part of H. In a convex network only the states enter, so that it adds nothing to
the stress at rest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import NDArray

from microtann.data.increments import Dataset, Increments
from microtann.forms.variational.convex_energy import ConvexEnergy
from microtann.tann.energy import DecoupledQuadraticEnergy, Energy
from microtann.tann.point import MaterialPoint
from microtann.tann.scaling import Scaling
from microtann.training.elastic_rows import elastic_increments
from microtann.training.preparation import driving_variables

Numbers = NDArray[np.float64]
Hold = Callable[[MaterialPoint], MaterialPoint]
LINEAR = 1e-3
"""Relative deviation of elastic increments from a linear law below which the law is linear."""
RANK_TOLERANCE = 1e-9
"""Stiffness against a strain, relative to the largest, below which there is none."""


def elasticity_of_dataset(dataset: Dataset, scaling: Scaling) -> Float[Numbers, "v y"] | None:
    """Return H of a data set in scaled units: as it is given there, or else as its elastic increments tell."""
    given = dataset.elastic_stiffness
    if given is None or dataset.extra_names:
        return elasticity_in_data(dataset.training, scaling)
    strain = np.asarray(scaling.driving)
    return 0.5 * (given + given.T) * np.outer(strain, strain) / float(scaling.energy)


def elasticity_in_data(data: Increments, scaling: Scaling) -> Float[Numbers, "v y"] | None:
    """Return H with ΔS = H Δy in the elastic increments, in scaled units; None where they follow no linear law.

    Parameters
    ----------
    data : Increments
        Without elastic increments that span the driving variables, no law is known.
    scaling : Scaling
    """
    chosen, v = elastic_increments(data), data.strain.shape[1]
    moved = driving_variables(data, scaling)[1][chosen]
    if np.linalg.matrix_rank(moved.T @ moved, tol=1e-8, hermitian=True) < moved.shape[1]:
        return None  # nothing is elastic, as in materials without an elastic domain
    change = (data.stress_next - data.stress)[chosen] / np.asarray(scaling.stress(v))
    solution, *_ = np.linalg.lstsq(moved, change, rcond=None)
    if np.linalg.norm(moved @ solution - change) > LINEAR * np.linalg.norm(change):
        return None
    response = np.array(solution.T)
    response[:, :v] = 0.5 * (response[:, :v] + response[:, :v].T)
    return response


def elasticity_of(point: MaterialPoint) -> Float[Numbers, "v y"]:
    """Return H of a point of coupled slips, in scaled units."""
    energy = _quadratic(point.energy)
    both = np.concatenate([energy.elastic, energy.coupling])
    return np.asarray(both[:, : point.components].T @ both)


def hold_elasticity(response: Float[Numbers, "v y"]) -> Hold:
    """Return the map that gives points of coupled slips the elastic response H, differentiable.

    Parameters
    ----------
    response : array, shape (v, y)
        H, in scaled units: the stiffness C, symmetric and positive semi-definite, and the thermal stresses.
    """
    v = len(response)
    stiffness, thermal = response[:, :v], response[:, v:]
    values, vectors = np.linalg.eigh(stiffness)
    kept = values > RANK_TOLERANCE * values[-1]
    vectors, root = vectors[:, kept], np.sqrt(values[kept])
    softness = (vectors / root**2) @ vectors.T

    def held(point: MaterialPoint) -> MaterialPoint:
        energy = _quadratic(point.energy)
        both = jnp.concatenate([energy.elastic, energy.coupling])
        along = both[:, :v] @ vectors
        triangle = jnp.linalg.cholesky(along.T @ along)
        strain = jax.scipy.linalg.solve_triangular(triangle, along.T, lower=True).T @ (root[:, None] * vectors.T)
        others = both[:, v:] + strain @ softness @ (thermal - strain.T @ both[:, v:])
        both = jnp.concatenate([strain, others], axis=1)
        rows = energy.elastic.shape[0]
        return replace(
            point, energy=_with(point.energy, replace(energy, elastic=both[:rows], coupling=both[rows:]))
        )

    return held


def unheld(point: MaterialPoint) -> MaterialPoint:
    """Return the point as it is: nothing is known of its elastic response."""
    return point


def _quadratic(energy: Energy) -> DecoupledQuadraticEnergy:
    quadratic = energy.quadratic if isinstance(energy, ConvexEnergy) else energy
    assert isinstance(quadratic, DecoupledQuadraticEnergy)
    return quadratic


def _with(energy: Energy, quadratic: DecoupledQuadraticEnergy) -> Energy:
    """Return an energy with another quadratic part, and a convex network of the states alone."""
    if not isinstance(energy, ConvexEnergy):
        return quadratic
    driving: Array = jnp.arange(energy.directions.shape[1]) < quadratic.coupling.shape[1]
    return replace(energy, quadratic=quadratic, directions=jnp.where(driving, 0.0, energy.directions))
