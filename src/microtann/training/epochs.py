"""Descent in epochs: every increment is seen once in each, in random order (paper, Section IV.A)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import gcd
from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, PyTree

from microtann.errors import InputError
from microtann.tann.point import MaterialPoint
from microtann.training.objective import Terms
from microtann.training.optimise import Method, Optimisation, block_terms, total, trained_and_fixed
from microtann.training.soap import soap

OptimiserName = Literal["nadam", "adam", "soap"]
Precision = Literal["float32", "float64"]

_OPTIMISERS = {"nadam": optax.nadam, "adam": optax.adam, "soap": soap}


def descent_in_epochs(
    point: MaterialPoint,
    weighted: Callable[[MaterialPoint, PyTree], Terms],
    batch: PyTree,
    *,
    epochs: int,
    size: int,
    learning_rate: float,
    seed: int,
    decay: float = 1.0,
    optimiser: OptimiserName = "nadam",
    precision: Precision = "float64",
    frozen: tuple[str, ...] = (),
    pace: Mapping[str, float] | None = None,
) -> Method:
    """Return a descent whose blocks are epochs, compiled whole.

    With several devices every batch is shared out among them, and its gradient summed; the result is the same
    up to round-off.

    Parameters
    ----------
    point : MaterialPoint
    weighted : callable
        Weighted terms of the loss; their sum is lowered.
    batch : pytree
        All training increments.
    epochs : int
        Epochs over which the learning rate falls.
    size : int
        Increments per update. What is left of an epoch after the last whole batch waits for the next epoch.
    learning_rate : float
        At the start; it falls along a cosine.
    seed : int
        Seed of the order of the data.
    decay : float
        Learning rate at the end relative to the start; 1 keeps it.
    optimiser : {"nadam", "adam", "soap"}
    precision : {"float32", "float64"}
        Of the training; the trained point is of float64.
    frozen : tuple of str
        Parts that are not trained, such as "reduction".
    pace : mapping of str to float, optional
        Learning rates of parts over that of the others.

    Raises
    ------
    InputError
        If there are fewer increments than a batch takes.
    """
    increments = jax.tree.leaves(batch)[0].shape[0]
    if increments < size:
        raise InputError(f"a batch takes {size} increments, but only {increments} are there: use smaller batches")
    updates = increments // size
    schedule = optax.cosine_decay_schedule(learning_rate, epochs * updates, alpha=decay)
    method = _OPTIMISERS[optimiser](schedule)
    trained, fixed = trained_and_fixed(point, frozen)
    parameters, data, constants = (_cast(tree, precision) for tree in (trained, batch, fixed))
    share = _sharing(size)

    def objective(parameters: PyTree, chosen: PyTree) -> tuple[Float[Array, ""], Terms]:
        return total(weighted(eqx.combine(parameters, constants), chosen))

    def update(carry: tuple[PyTree, PyTree], index: Array) -> tuple[tuple[PyTree, PyTree], Terms]:
        parameters, state = carry
        chosen = share(jax.tree.map(lambda a: a[index], data))
        (_, terms), gradient = jax.value_and_grad(objective, has_aux=True)(parameters, chosen)
        change, state = method.update(gradient, state, parameters)
        for part, factor in (pace or {}).items():
            slowed = jax.tree.map(lambda a, factor=factor: factor * a, getattr(change, part))
            change = replace(change, **{part: slowed})
        return (optax.apply_updates(parameters, change), state), terms

    @jax.jit
    def block(state: Optimisation) -> tuple[Optimisation, Terms]:
        key = jax.random.fold_in(jax.random.key(seed), state.update)
        order = jax.random.permutation(key, increments)[: updates * size].reshape(updates, size)
        (parameters, optimiser), terms = jax.lax.scan(update, (state.parameters, state.optimiser), order)
        return Optimisation(parameters, optimiser, state.update + 1), block_terms(terms)

    def finished(parameters: PyTree) -> MaterialPoint:
        return eqx.combine(_cast(parameters, "float64"), fixed)

    start = Optimisation(parameters, method.init(parameters), jnp.asarray(0))
    return Method(start, block, finished)


def _cast(tree: PyTree, precision: str) -> PyTree:
    return jax.tree.map(lambda a: jnp.asarray(a, precision) if eqx.is_inexact_array(a) else a, tree)


def _sharing(size: int) -> Callable[[PyTree], PyTree]:
    """Return the function that spreads the rows of a batch over as many devices as divide it."""
    devices = jax.devices()
    count = gcd(size, len(devices))
    if count == 1:
        return lambda chosen: chosen
    mesh = jax.sharding.Mesh(np.array(devices[:count]), ("rows",))
    rows = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("rows"))
    return lambda chosen: jax.lax.with_sharding_constraint(chosen, rows)
