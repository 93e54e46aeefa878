"""The two optimisations: stochastic descent from a random start, and a quasi-Newton polish.

Both work in blocks of updates, compiled once; between blocks progress is reported and a checkpoint can be taken.
A block is a pure function of its state, so that a resumed run repeats an uninterrupted one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, PyTree

from microtann.tann.model import TANN
from microtann.training.configuration import TrainingConfig
from microtann.training.loss import Batch, Reference, loss

DESCENT_BLOCK = 500
POLISH_BLOCK = 50
LBFGS_MEMORY = 30


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
        Does one block of updates; returns the new state and the loss.
    model : callable
        Puts the model together from the parameters of a state.
    """

    start: Optimisation
    block: Callable[[Optimisation], tuple[Optimisation, Float[Array, ""]]]
    model: Callable[[PyTree], TANN]


def trained_and_fixed(tann: TANN) -> tuple[PyTree, PyTree]:
    """Split a model into the arrays that are trained and the rest."""
    trained = jax.tree.map(lambda _: True, eqx.filter(tann, eqx.is_inexact_array))
    trained = eqx.tree_at(lambda t: t.point.scaling, trained, jax.tree.map(lambda _: False, trained.scaling))
    for name in type(tann.reduction).fixed:
        trained = eqx.tree_at(lambda t: getattr(t.point.reduction, name), trained, False)  # noqa: B023 (called at once)
    return eqx.partition(tann, trained)


def descent(tann: TANN, batch: Batch, reference: Reference, options: TrainingConfig) -> Method:
    """Return Adam with a cosine schedule on random batches.

    Parameters
    ----------
    tann : TANN
    batch : Batch
        All training increments.
    reference : Reference
    options : TrainingConfig
    """
    schedule = optax.cosine_decay_schedule(options.learning_rate, options.descent_updates, alpha=1e-3)
    optimiser = optax.adam(schedule)
    parameters, fixed = trained_and_fixed(tann)
    increments = batch.dt.shape[0]
    size = min(options.batch, increments)

    def objective(parameters: PyTree, chosen: Batch) -> Float[Array, ""]:
        return loss(eqx.combine(parameters, fixed), chosen, reference)

    def update(carry: Optimisation, _: None) -> tuple[Optimisation, Float[Array, ""]]:
        key = jax.random.fold_in(jax.random.key(options.seed), carry.update)
        chosen = batch.take(jax.random.randint(key, (size,), 0, increments))
        value, gradient = jax.value_and_grad(objective)(carry.parameters, chosen)
        change, state = optimiser.update(gradient, carry.optimiser)
        return Optimisation(optax.apply_updates(carry.parameters, change), state, carry.update + 1), value

    @jax.jit
    def block(state: Optimisation) -> tuple[Optimisation, Float[Array, ""]]:
        state, values = jax.lax.scan(update, state, None, length=DESCENT_BLOCK)
        return state, jnp.mean(values)

    start = Optimisation(parameters, optimiser.init(parameters), jnp.asarray(0))
    return Method(start, block, lambda parameters: eqx.combine(parameters, fixed))


def polish(tann: TANN, batch: Batch, reference: Reference) -> Method:
    """Return L-BFGS on all increments of ``batch`` at once."""
    optimiser = optax.lbfgs(memory_size=LBFGS_MEMORY)
    trained, fixed = trained_and_fixed(tann)
    parameters, unravel = ravel_pytree(trained)  # one vector compiles faster than a tree

    def objective(parameters: PyTree) -> Float[Array, ""]:
        return loss(eqx.combine(unravel(parameters), fixed), batch, reference)

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
