"""Safe evolutions: a proposed change of state is shortened until it dissipates and is no larger than allowed."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from microtann.errors import InputError
from microtann.tann.energy import Energy
from microtann.tann.evolution import Evolution
from microtann.tann.information import TrainingRange
from microtann.tann.point import MaterialPoint
from microtann.tann.recall import follow_paths

HALVINGS = 60
ROUNDS = 100
ROUND_OFF = 1e-14
"""Power, relative to force times motion, below which it counts as zero."""
WALKS, STEPS = 64, 100
USUAL = 0.99
MARGIN = 2.0

Power = Callable[[Float[Array, "z"]], Float[Array, ""]]


class SafeEvolution(Evolution):
    """Another evolution, held to −T · ΔZ ≥ 0 and |ΔZ| ≤ C |Δy|; for inference, not for training.

    The proposal p of the inner evolution is first shortened to C |Δy|; hence a zero increment moves nothing, and
    the motion tends to zero with the increment. If p creates energy, ΔZ is the point of the line from p to q = t f
    where the dissipation becomes zero: f = −∂Ψ/∂Z(y⁺, Z) is the force before the motion, along which a small step
    always dissipates, and t is half the step to the minimum of the energy along f, shortened to C |Δy| and halved
    until q dissipates. For an energy whose Hessian in Z is the identity, the motions that dissipate fill a ball
    between 0 and f, of which q is the centre: ΔZ is the one nearest to p. The energy need not be convex: points of
    the line are tested by the dissipation −∂Ψ/∂Z(y⁺, Z⁺) · (Z⁺ − Z) that the model returns, and of those that
    dissipate the one nearest to p is taken. A proposal that is not finite is replaced by rest.

    Parameters
    ----------
    evolution : Evolution
        The trained one.
    limit : array, shape ()
        C: most motion of the states per change of the driving variables, Euclidean norms in scaled units.

    Notes
    -----
    Neither a convex energy nor a symmetric tangent is to be had in this way; the form "variational" has both.
    """

    fixed: ClassVar[tuple[str, ...]] = ("limit",)

    evolution: Evolution
    limit: Float[Array, ""]

    def __call__(
        self,
        energy: Energy,
        driving: Float[Array, "y"],
        state: Float[Array, "z"],
        driving_increment: Float[Array, "y"],
        dt: Float[Array, ""],
    ) -> Float[Array, "z"]:
        """Return Z at t + Δt."""
        end, allowed = driving + driving_increment, self.limit * _norm(driving_increment)
        proposed = self.evolution(energy, driving, state, driving_increment, dt) - state
        proposed = _shortened(jnp.where(jnp.isfinite(proposed).all(), proposed, 0.0), allowed)

        def force(motion: Float[Array, "z"]) -> Float[Array, "z"]:
            return energy.force(end, _moved(state, motion))

        def power(motion: Float[Array, "z"]) -> Float[Array, ""]:
            return force(motion) @ (_moved(state, motion) - state)

        inside = _dissipative(force, power, proposed, allowed)
        share = _share(force, power, proposed, inside)
        return _moved(state, _between(proposed, inside, share))


def usual_rate(point: MaterialPoint, training_range: TrainingRange | None) -> float:
    """Return twice the motion of the states per change of the driving variables that 99 % of increments keep to.

    The increments are those of random walks within the training range, of the size of the training increments.

    Raises
    ------
    InputError
        If the model does not know its range, or depends on more than strain.
    """
    if training_range is None or len(point.scaling.driving) != point.components:
        raise InputError(
            "how fast the states may move cannot be measured on this model, which knows no training range or "
            "depends on more than strain: give limit=..."
        )
    draw = np.random.default_rng(0)
    strain = np.zeros((WALKS, STEPS + 1, point.components))
    for step in range(STEPS):
        increment = draw.standard_normal((WALKS, point.components)) * training_range.strain_increment
        leaves = np.abs(strain[:, step] + increment) > training_range.strain
        strain[:, step + 1] = strain[:, step] + np.where(leaves, -increment, increment)
    states = follow_paths(point, strain[:, 1:], np.ones((WALKS, STEPS)))[1]
    before = np.concatenate([np.tile(point.virgin_state(), (WALKS, 1, 1)), states[:, :-1]], axis=1)
    moved = np.linalg.norm(states - before, axis=-1)
    size = np.linalg.norm(np.diff(strain, axis=1) / np.asarray(point.scaling.driving), axis=-1)
    rate = (moved / np.where(size > 0.0, size, 1.0))[(size > 0.0) & np.isfinite(moved)]
    if not rate.size:
        raise InputError("the states of this model are not finite within its training range: give limit=...")
    return MARGIN * float(np.quantile(rate, USUAL))


def _dissipative(
    force: Callable[[Float[Array, "z"]], Float[Array, "z"]],
    power: Power,
    proposed: Float[Array, "z"],
    allowed: Float[Array, ""],
) -> Float[Array, "z"]:
    """Return a motion along the force that dissipates."""
    rest = jnp.zeros_like(proposed)
    first, change = jax.jvp(force, (rest,), (force(rest),))
    square, bend = first @ first, -(first @ change)
    step = jnp.where(bend > 0.0, 0.5 * square / jnp.where(bend > 0.0, bend, 1.0), jnp.inf)
    length = _norm(first)
    step = jnp.minimum(step, allowed / jnp.where(length > 0.0, length, 1.0))
    step = jnp.where((length > 0.0) & jnp.isfinite(step), step, 0.0)
    full, along = jax.lax.stop_gradient((step, first))
    held = _held(power)

    def gains(carry: tuple[Array, Array]) -> Array:
        halvings, share = carry
        return (halvings < HALVINGS) & ~(held(share * full * along) >= 0.0)

    halvings, share = jax.lax.while_loop(
        gains, lambda carry: (carry[0] + 1, 0.5 * carry[1]), (jnp.asarray(0), jnp.asarray(1.0))
    )
    return jnp.where(halvings < HALVINGS, share, 0.0) * step * first


class _Bracket(NamedTuple):
    """Shares between which the power changes its sign, and powers there that were halved as Illinois has it."""

    low: Float[Array, ""]
    at_low: Float[Array, ""]
    high: Float[Array, ""]
    at_high: Float[Array, ""]
    excess: Float[Array, ""]
    side: Float[Array, ""]
    round: Array


def _share(
    force: Callable[[Float[Array, "z"]], Float[Array, "z"]],
    power: Power,
    proposed: Float[Array, "z"],
    inside: Float[Array, "z"],
) -> Float[Array, ""]:
    """Return the least share of the way from the proposal to the motion inside that dissipates, differentiable."""
    start, end = jax.lax.stop_gradient((proposed, inside))
    held = _held(power)
    scale = jax.lax.stop_gradient(_norm(force(inside)) * (_norm(inside) + _norm(proposed)))

    def at(share: Float[Array, ""]) -> Float[Array, ""]:
        return held(_between(start, end, share))

    def unsettled(bracket: _Bracket) -> Array:
        return (
            (bracket.round < ROUNDS)
            & (bracket.excess > ROUND_OFF * scale)
            & (bracket.high - bracket.low > ROUND_OFF)
        )

    def narrow(bracket: _Bracket) -> _Bracket:
        width = bracket.high - bracket.low
        share = bracket.high - bracket.at_high * width / (bracket.at_high - bracket.at_low)
        halve = ~((share > bracket.low) & (share < bracket.high)) | (bracket.round % 8 == 7)
        share = jnp.where(halve, bracket.low + 0.5 * width, share)
        value = at(share)
        passed = value >= 0.0
        side = jnp.where(passed, 1.0, -1.0)
        again = jnp.where(side == bracket.side, 0.5, 1.0)
        return _Bracket(
            jnp.where(passed, bracket.low, share),
            jnp.where(passed, again * bracket.at_low, value),
            jnp.where(passed, share, bracket.high),
            jnp.where(passed, value, again * bracket.at_high),
            jnp.where(passed, value, bracket.excess),
            side,
            bracket.round + 1,
        )

    zero, one = jnp.asarray(0.0), jnp.asarray(1.0)
    first, last = at(zero), jnp.maximum(at(one), 0.0)
    violated = ~(first >= 0.0)
    begin = _Bracket(zero, first, one, last, jnp.where(violated, last, 0.0), zero, jnp.asarray(0))
    found = jax.lax.while_loop(unsettled, narrow, begin)
    share = jnp.where(violated, found.high, 0.0)

    def defect(part: Float[Array, ""]) -> Float[Array, ""]:
        return power(_between(proposed, inside, part))

    value, slope = jax.jvp(defect, (share,), (one,))
    slope = jax.lax.stop_gradient(slope)
    steep = violated & (slope > ROUND_OFF * scale)
    # the value is kept to the last bit; the derivative is that of the root
    correction = (value - jax.lax.stop_gradient(value)) / jnp.where(steep, slope, 1.0)
    return share - jnp.where(steep, correction, 0.0)


def _between(start: Float[Array, "z"], end: Float[Array, "z"], share: Float[Array, ""]) -> Float[Array, "z"]:
    """Return the point of a line that is its very end where the share is 1."""
    return (1.0 - share) * start + share * end


def _held(power: Power) -> Power:
    """Return the power without derivatives, for the search."""
    return lambda motion: jax.lax.stop_gradient(power(jax.lax.stop_gradient(motion)))


def _moved(state: Float[Array, "z"], motion: Float[Array, "z"]) -> Float[Array, "z"]:
    """Return Z + ΔZ, rounded towards Z: what is added is no longer than the motion."""
    after = state + motion
    too_far = jnp.abs(after - state) > jnp.abs(motion)
    back = jnp.where(too_far, jnp.nextafter(*jax.lax.stop_gradient((after, state))) - after, 0.0)
    return after + jax.lax.stop_gradient(back)


def _shortened(vector: Float[Array, "n"], allowed: Float[Array, ""]) -> Float[Array, "n"]:
    """Return a vector no longer than allowed."""
    length = _norm(vector)
    return vector * jnp.where(length > allowed, allowed / jnp.where(length > allowed, length, 1.0), 1.0)


def _norm(vector: Float[Array, "n"]) -> Float[Array, ""]:
    """Return the Euclidean norm, with the derivative zero at zero and no overflow before the vector's own."""
    largest = jax.lax.stop_gradient(jnp.abs(vector).max())
    unit = vector / jnp.where(largest > 0.0, largest, 1.0)
    square = unit @ unit
    return largest * jnp.sqrt(jnp.where(largest > 0.0, square, 1.0)) * (largest > 0.0)


def held_point(point: MaterialPoint, training_range: TrainingRange | None, limit: float | None) -> MaterialPoint:
    """Return a point whose evolution is held to the second law and to a limit of its motion.

    Parameters
    ----------
    point : MaterialPoint
        Whose evolution may be held already.
    training_range : TrainingRange or None
    limit : float or None
        C; `usual_rate` without one.

    Raises
    ------
    InputError
        If the limit is not positive and finite, or none is given and it cannot be measured.
    """
    inner = point.evolution.evolution if isinstance(point.evolution, SafeEvolution) else point.evolution
    free = replace(point, evolution=inner)
    if limit is None:
        limit = usual_rate(free, training_range)
    if not (np.isfinite(limit) and limit > 0.0):
        raise InputError(f"the limit of the states' motion must be positive and finite, got {limit!r}")
    elastic = getattr(point.reduction, "elastic", None)
    if elastic is not None and not np.any(elastic):
        warnings.warn(
            "the states of this model are those of raw coordinates and carry the strain itself: held to "
            "dissipation it may lose its accuracy; train on residual coordinates (residual = true)",
            stacklevel=3,
        )
    return replace(free, evolution=SafeEvolution(inner, jnp.asarray(float(limit))))
