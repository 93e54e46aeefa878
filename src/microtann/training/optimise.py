"""Optimisations that forms train by: stochastic descent, and a quasi-Newton polish.

They work in blocks of updates, compiled once; between blocks progress is reported and a checkpoint can be taken.
A block is a pure function of its state, so that a resumed run repeats an uninterrupted one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, PyTree

from microtann.tann.point import MaterialPoint
from microtann.training.objective import Terms

DESCENT_BLOCK = 500
POLISH_BLOCK = 50
LBFGS_MEMORY = 30

Loss = Callable[[MaterialPoint, PyTree], Float[Array, ""] | Terms]
"""Loss of a point on a batch of increments, or its weighted terms."""


class Optimisation(NamedTuple):
    """State of an optimisation between blocks.

    Parameters
    ----------
    parameters : pytree
        Trained arrays, in the shape that the optimiser likes.
    optimiser : pytree
        State of the optimiser.
    update : array, shape ()
        Updates done.
    """

    parameters: PyTree
    optimiser: PyTree
    update: Float[Array, ""]


class Method(NamedTuple):
    """An optimisation ready to run.

    Parameters
    ----------
    start : Optimisation
    block : callable
        Does one block of updates; returns the new state, and the loss or its weighted terms by name.
    point : callable
        Puts the point together from the parameters of a state.
    """

    start: Optimisation
    block: Callable[[Optimisation], tuple[Optimisation, Float[Array, ""] | Terms]]
    point: Callable[[PyTree], MaterialPoint]


def trained_and_fixed(point: MaterialPoint, frozen: tuple[str, ...] = ()) -> tuple[PyTree, PyTree]:
    """Split a point into the arrays that gradients train and the rest: scales, and fields that the parts fix.

    The parts named in ``frozen`` are not trained at all.
    """

    def untrained(tree: PyTree) -> PyTree:
        return jax.tree.map(lambda _: False, tree)

    trained = jax.tree.map(eqx.is_inexact_array, point)
    for part in ("scaling", *frozen):
        trained = replace(trained, **{part: untrained(getattr(trained, part))})
    for part in ("reduction", "energy", "evolution"):
        for name in type(getattr(point, part)).fixed:

            def where(tree: PyTree, part: str = part, name: str = name) -> PyTree:
                return getattr(getattr(tree, part), name)

            trained = eqx.tree_at(where, trained, untrained(where(trained)))
    return eqx.partition(point, trained)


def descent(
    point: MaterialPoint,
    loss: Loss,
    batch: PyTree,
    *,
    updates: int,
    size: int,
    learning_rate: float,
    seed: int,
    block_updates: int = DESCENT_BLOCK,
    frozen: tuple[str, ...] = (),
) -> Method:
    """Return Adam with a cosine schedule on random batches.

    Parameters
    ----------
    point : MaterialPoint
    loss : callable
    batch : pytree
        All training increments.
    updates : int
        Updates over which the learning rate falls to a thousandth.
    size : int
        Increments per update.
    learning_rate : float
    seed : int
        Seed of the order of the data.
    block_updates : int
        Updates of a block.
    frozen : tuple of str
        Parts that are not trained, such as "energy".
    """
    schedule = optax.cosine_decay_schedule(learning_rate, updates, alpha=1e-3)
    optimiser = optax.adam(schedule)
    parameters, fixed = trained_and_fixed(point, frozen)
    increments = jax.tree.leaves(batch)[0].shape[0]
    size = min(size, increments)

    def objective(parameters: PyTree, chosen: PyTree) -> tuple[Float[Array, ""], Terms]:
        return total(loss(eqx.combine(parameters, fixed), chosen))

    def update(carry: Optimisation, _: None) -> tuple[Optimisation, Terms]:
        key = jax.random.fold_in(jax.random.key(seed), carry.update)
        index = jax.random.randint(key, (size,), 0, increments)
        chosen = jax.tree.map(lambda a: a[index], batch)
        (_, terms), gradient = jax.value_and_grad(objective, has_aux=True)(carry.parameters, chosen)
        change, state = optimiser.update(gradient, carry.optimiser)
        return Optimisation(optax.apply_updates(carry.parameters, change), state, carry.update + 1), terms

    @jax.jit
    def block(state: Optimisation) -> tuple[Optimisation, Terms]:
        state, terms = jax.lax.scan(update, state, None, length=block_updates)
        return state, block_terms(terms)

    start = Optimisation(parameters, optimiser.init(parameters), jnp.asarray(0))
    return Method(start, block, lambda parameters: eqx.combine(parameters, fixed))


def polish(point: MaterialPoint, loss: Loss, batch: PyTree) -> Method:
    """Return L-BFGS on all increments of ``batch`` at once.

    Parameters
    ----------
    point : MaterialPoint
        Where to begin.
    loss : callable
    batch : pytree of arrays
        All increments, as the loss takes them.
    """
    optimiser = optax.lbfgs(memory_size=LBFGS_MEMORY)
    trained, fixed = trained_and_fixed(point)
    parameters, unravel = ravel_pytree(trained)  # one vector compiles faster than a tree

    def objective(parameters: PyTree) -> Float[Array, ""]:
        return total(loss(eqx.combine(unravel(parameters), fixed), batch))[0]

    value_and_grad = optax.value_and_grad_from_state(objective)

    def update(carry: Optimisation, _: None) -> tuple[Optimisation, Float[Array, ""]]:
        value, gradient = value_and_grad(carry.parameters, state=carry.optimiser)
        change, state = optimiser.update(
            gradient, carry.optimiser, carry.parameters, value=value, grad=gradient, value_fn=objective
        )
        return Optimisation(optax.apply_updates(carry.parameters, change), state, carry.update + 1), value

    @jax.jit
    def block(state: Optimisation) -> tuple[Optimisation, Float[Array, ""]]:
        state, values = jax.lax.scan(update, state, None, length=POLISH_BLOCK)
        return state, values[-1]

    start = Optimisation(parameters, optimiser.init(parameters), jnp.asarray(0))
    return Method(start, block, lambda parameters: eqx.combine(unravel(parameters), fixed))


def block_terms(terms: dict[str, Float[Array, "updates"]]) -> Terms:
    """Return the means of the terms over a block; or, if some update went wrong, those of the first such update.

    One value that is not finite spoils all terms of the next update: the first one tells where it came from.

    Parameters
    ----------
    terms : dict of arrays, shape (updates,)
    """
    values = jnp.stack(list(terms.values()))
    good = jnp.isfinite(values).all(axis=0)
    shown = jnp.where(good.all(), values.mean(axis=1), values[:, jnp.argmin(good)])
    return dict(zip(terms, shown, strict=True))


def total(loss: Float[Array, ""] | Terms) -> tuple[Float[Array, ""], Terms]:
    """Return the sum of the terms, and the terms; a loss that is one number is one term without a name."""
    terms = loss if isinstance(loss, dict) else {"": loss}
    return sum(terms.values(), jnp.zeros_like(next(iter(terms.values())))), terms
