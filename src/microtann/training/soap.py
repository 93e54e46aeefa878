"""SOAP: Adam in the eigenbasis of Shampoo's preconditioner, a second-order method for networks of small layers."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, PyTree

EVERY = 10
"""Updates between two rotations of the basis."""
MOMENTUM = 0.95
MEMORY = 0.95
"""Of the second moments, and of the covariances whose eigenvectors are the basis."""
EPSILON = 1e-8


class SoapState(NamedTuple):
    """State of the optimiser; every tree has the shape of the parameters.

    Parameters
    ----------
    updates : array, shape ()
        Updates done.
    mean : tree of arrays
        First moments of the gradients.
    square : tree of arrays
        Second moments in the basis.
    left, right : tree of arrays
        Covariances of the rows and of the columns of matrices; empty for other arrays.
    rows, columns : tree of arrays
        Their eigenvectors; empty for other arrays.
    """

    updates: Int[Array, ""]
    mean: PyTree
    square: PyTree
    left: PyTree
    right: PyTree
    rows: PyTree
    columns: PyTree


def soap(learning_rate: optax.Schedule) -> optax.GradientTransformation:
    """Return the optimiser SOAP.

    The gradient G of a weight matrix is rotated into the eigenvectors of the running means of G Gᵀ and Gᵀ G, where
    its entries are nearly uncorrelated; Adam acts there, and its step is rotated back. Biases see Adam. A step
    does not depend on the orthogonal bases in which inputs and outputs of a layer are written.

    Parameters
    ----------
    learning_rate : callable
        Learning rate of every update.

    References
    ----------
    N. Vyas, D. Morwani, R. Zhao, I. Shapira, D. Brandfonbrener, L. Janson and S. Kakade, SOAP: improving and
    stabilizing Shampoo using Adam, ICLR 2025.
    """
    each = jax.tree.map

    def init(parameters: PyTree) -> SoapState:
        def covariances(axis: int) -> PyTree:
            return each(lambda a: jnp.zeros((a.shape[axis],) * 2 if a.ndim == 2 else 0, a.dtype), parameters)

        def bases(axis: int) -> PyTree:
            return each(lambda a: jnp.eye(a.shape[axis] if a.ndim == 2 else 0, dtype=a.dtype), parameters)

        zeros = each(jnp.zeros_like, parameters)
        return SoapState(jnp.asarray(0), zeros, zeros, covariances(0), covariances(1), bases(0), bases(1))

    def update(gradient: PyTree, state: SoapState, _parameters: PyTree | None = None) -> tuple[PyTree, SoapState]:
        left = each(lambda m, g: _running(m, g @ g.T) if g.ndim == 2 else m, state.left, gradient)
        right = each(lambda m, g: _running(m, g.T @ g) if g.ndim == 2 else m, state.right, gradient)
        rows, columns = (
            each(lambda m, q: _basis(m, q, state.updates), *trees)
            for trees in ((left, state.rows), (right, state.columns))
        )
        mean = each(lambda m, g: MOMENTUM * m + (1.0 - MOMENTUM) * g, state.mean, gradient)
        rotated = each(_rotated, gradient, rows, columns)
        square = each(lambda v, g: MEMORY * v + (1.0 - MEMORY) * g**2, state.square, rotated)
        done = state.updates + 1
        size = -learning_rate(state.updates) * jnp.sqrt(1.0 - MEMORY**done) / (1.0 - MOMENTUM**done)

        def step(m: Array, v: Array, p: Array, q: Array) -> Array:
            adam = _rotated(m, p, q) / (jnp.sqrt(v) + EPSILON)
            back = p @ adam @ q.T if adam.ndim == 2 else adam
            return (size * back).astype(m.dtype)

        change = each(step, mean, square, rows, columns)
        return change, SoapState(done, mean, square, left, right, rows, columns)

    return optax.GradientTransformation(init, update)


def _running(mean: Float[Array, "n n"], new: Float[Array, "n n"]) -> Float[Array, "n n"]:
    return MEMORY * mean + (1.0 - MEMORY) * new


def _rotated(matrix: Array, rows: Array, columns: Array) -> Array:
    return rows.T @ matrix @ columns if matrix.ndim == 2 else matrix


def _basis(covariance: Array, basis: Array, count: Array) -> Array:
    """Return the eigenvectors, found at the first update and followed by orthogonal iteration."""
    if covariance.size == 0:
        return basis

    def first() -> Array:
        return jnp.linalg.eigh(covariance)[1]

    def followed() -> Array:
        return jax.lax.cond(count % EVERY == 0, lambda: jnp.linalg.qr(covariance @ basis)[0], lambda: basis)

    return jax.lax.cond(count == 0, first, followed)
