"""Random strain walks: where training data come from (paper, Section IV.A)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Literal

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import ArrayLike, NDArray
from pydantic import Field

from microtann.errors import ConfigurationError, InputError
from microtann.microstructure.strain_metric import StrainMetric
from microtann.numbers.configuration import configuration

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]
_PATHS, _SPLIT = 0, 1  # children of the seed

Count = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0.0)]
Share = Annotated[float, Field(ge=0.0, lt=1.0)]


@configuration
class WalkPlan:
    """Random strain walks; each starts in the virgin state.

    A walk has its own scale, drawn uniformly between ``smallest_increment`` and ``increment``: walks of small
    increments are elastic for many steps and show where single bars start to flow, walks of large ones reach the
    bound and reverse with many bars in flow. A model trained on one scale alone is poor at the other.

    Strains are those of the reference material, whose bars yield at a strain of 1/3. For other materials the
    metric says what they are (`microtann.microstructure.strain_metric`): they scale with the strain at first
    yield, so that a plan means the same for steel in SI units.

    Raises
    ------
    ConfigurationError
        If a value is out of range, or the values do not go together.

    Notes
    -----
    The defaults cover strains up to ±1 with increments up to 0.15, 30 000 increments in all.
    """

    paths: Annotated[Count, Field(description="Number of walks.")] = 300
    steps: Annotated[Count, Field(description="Increments in each walk.")] = 100
    increment: Annotated[
        Positive,
        Field(
            description="Largest scale of a walk: the standard deviation of a strain increment (normal law) or"
            " its half-width (uniform law)."
        ),
    ] = 0.15
    smallest_increment: Annotated[Positive, Field(description="Smallest scale of a walk, likewise.")] = 0.02
    law: Annotated[Literal["normal", "uniform"], Field(description="Law of the strain increments.")] = "normal"
    limit: Annotated[
        Positive | tuple[Positive, ...] | None,
        Field(
            description="Bound on the size of every strain component, or one per component: an increment of a "
            "component that would leave it changes sign (and ends on the bound if it would leave "
            "on the other side too)."
        ),
    ] = 1.0
    zero_fraction: Annotated[
        Share,
        Field(
            description="Share of the increments of every walk that are zero, at random steps (20 % in the paper)."
        ),
    ] = 0.2
    restart: Annotated[
        Share, Field(description="Probability that an increment starts from the virgin state again.")
    ] = 0.0
    validation: Annotated[Share, Field(description="Share of the paths in the validation set.")] = 0.15
    test: Annotated[Share, Field(description="Share of the paths in the test set.")] = 0.15
    dt: Annotated[Positive, Field(description="Duration Δt of an increment.")] = 1.0
    metric: Annotated[
        Literal["usual", "uniform", "stiffness"],
        Field(
            description="In which strains the walks are drawn: equal ones (uniform), or such in which equal sizes"
            " have equal elastic energies and the median direction yields at 1/3 (stiffness), so that the soft"
            " directions of cells that bend yield too. Errors of stresses are measured likewise. usual: uniform"
            " for lattices of bars, stiffness for frames and solids."
        ),
    ] = "usual"
    decades: Annotated[
        float,
        Field(
            ge=0.0,
            le=12.0,
            description="Decades over which durations are spread, evenly in their logarithm, with dt in the "
            "middle: what the rate does is learnt from these. 0 gives every increment dt.",
        ),
    ] = 0.0
    seed: Annotated[
        int,
        Field(
            ge=0,
            description="Seed of everything random. Every path has a stream of its own, so that it depends on "
            "the seed and its number only.",
        ),
    ] = 0

    def __post_init__(self) -> None:
        held = self.validation + self.test
        if held >= 1.0:
            raise ConfigurationError(f"validation and test take {held:g} of the paths: leave some to train on")
        if self.smallest_increment > self.increment:
            raise ConfigurationError(
                f"the smallest increment must not be above the largest, got {self.smallest_increment} "
                f"and {self.increment}"
            )
        if self.zero_steps >= self.steps:
            raise ConfigurationError(
                f"no increment moves: {self.zero_steps} of {self.steps} steps are zero; use more steps"
            )

    @property
    def increments(self) -> int:
        """Number of increments in all."""
        return self.paths * self.steps

    def scaled(self, scale: float) -> WalkPlan:
        """Return the plan with all strains multiplied by ``scale``."""
        limit = self.limit
        if isinstance(limit, tuple):
            limit = tuple(scale * bound for bound in limit)
        elif limit is not None:
            limit = scale * limit
        return replace(
            self,
            increment=scale * self.increment,
            smallest_increment=scale * self.smallest_increment,
            limit=limit,
        )

    @property
    def zero_steps(self) -> int:
        """Number of zero increments in every walk."""
        return round(self.zero_fraction * self.steps)


REDUCTION_WALKS = WalkPlan(paths=80, steps=50, limit=1.3, validation=0.2, test=0.0)
"""Few walks, from which a lattice is reduced without training; they reach the strains of most of the protocol."""


@dataclass(frozen=True, eq=False)
class Walks:
    """B walks of T increments, S of which move.

    Parameters
    ----------
    strain, strain_increment : array, shape (B, T, v)
        Strain before every increment, and the increment.
    dt : array, shape (B, T)
        Duration of every increment.
    before, after : integer array, shape (B, T)
        State before and after every increment: 0 is the virgin state, s + 1 the state after moving increment s.
    moving : bool array, shape (B, T)
        False where the increment is zero; S are True in every walk.
    restarts : bool array, shape (B, T)
        Where the walk starts from the virgin state again; never at its first increment.
    """

    strain: Float[Array, "B T v"]
    strain_increment: Float[Array, "B T v"]
    dt: Float[Array, "B T"]
    before: Int[IntArray, "B T"]
    after: Int[IntArray, "B T"]
    moving: Bool[NDArray[np.bool_], "B T"]
    restarts: Bool[NDArray[np.bool_], "B T"]

    def directed(self, metric: StrainMetric) -> Walks:
        """Return the walks in the strains of a microstructure, drawn with a plan scaled to its metric."""
        if metric.is_uniform:
            return self
        begin, end = metric.directed(self.strain), metric.directed(self.strain + self.strain_increment)
        return replace(self, strain=begin, strain_increment=np.where(self.moving[..., None], end - begin, 0.0))

    def with_rest_as_motion(self) -> Walks:
        """Return the walks with every increment counted as moving, as materials need whose state moves at rest."""
        number = np.broadcast_to(np.arange(self.strain.shape[1]), self.moving.shape)
        before = np.where(self.restarts, 0, number)
        return replace(self, before=before, after=number + 1, moving=np.ones_like(self.moving))


def draw_walks(plan: WalkPlan, first: int, last: int, components: int) -> Walks:
    """Draw the walks ``first`` to ``last`` − 1 of a plan.

    Parameters
    ----------
    plan : WalkPlan
    first, last : int
        Range of path numbers. A walk does not depend on the range in which it is drawn.
    components : int
        Number of strain components, v.

    Raises
    ------
    InputError
        If the plan bounds another number of components.
    """
    limit = strain_limit(plan.limit, components)
    count, steps = last - first, plan.steps
    draws = np.empty((count, steps, components))
    moving = np.ones((count, steps), dtype=np.bool_)
    restarts = np.zeros((count, steps), dtype=np.bool_)
    dt = np.full((count, steps), plan.dt)
    for row in range(count):
        sequence = np.random.SeedSequence(plan.seed, spawn_key=(_PATHS, first + row))
        generator = np.random.default_rng(sequence)
        scale = generator.uniform(plan.smallest_increment, plan.increment)
        moving[row, generator.choice(steps, plan.zero_steps, replace=False)] = False
        restarts[row, 1:] = generator.random(steps)[1:] < plan.restart
        if plan.law == "normal":
            draws[row] = scale * generator.standard_normal((steps, components))
        else:
            draws[row] = generator.uniform(-scale, scale, (steps, components))
        if plan.decades > 0.0:
            dt[row] *= 10.0 ** (plan.decades * (generator.random(steps) - 0.5))
    draws[~moving] = 0.0
    return _walk(draws, dt, moving, restarts, limit)


def split_paths(plan: WalkPlan) -> tuple[IntArray, IntArray, IntArray]:
    """Return the path numbers of the training, validation and test sets, each in rising order."""
    generator = np.random.default_rng(np.random.SeedSequence(plan.seed, spawn_key=(_SPLIT,)))
    order = generator.permutation(plan.paths).astype(np.int64)
    held = min(round(plan.validation * plan.paths), plan.paths - 1)
    tested = min(round(plan.test * plan.paths), plan.paths - 1 - held)
    return np.sort(order[held + tested :]), np.sort(order[:held]), np.sort(order[held : held + tested])


def strain_limit(limit: ArrayLike | None, components: int) -> Float[Array, "v"]:
    """Return the bound of every component; infinite where there is none.

    Raises
    ------
    InputError
        If another number of components is bounded.
    """
    bound = np.asarray(np.inf if limit is None else limit, dtype=np.float64)
    if bound.ndim and bound.shape != (components,):
        raise InputError(f"limit bounds {bound.size} strain components, but the material has {components}")
    return np.broadcast_to(bound, (components,))


def _walk(
    draws: Float[Array, "B T v"],
    dt: Float[Array, "B T"],
    moving: Bool[NDArray[np.bool_], "B T"],
    restarts: Bool[NDArray[np.bool_], "B T"],
    limit: Float[Array, "v"],
) -> Walks:
    """Walk step by step; only elementwise operations, so that a walk does not depend on its neighbours."""
    count, steps, components = draws.shape
    strain = np.empty_like(draws)
    increment = np.empty_like(draws)
    before = np.empty((count, steps), dtype=np.int64)
    after = np.empty_like(before)
    place = np.zeros((count, components))
    state = np.zeros(count, dtype=np.int64)
    number = np.cumsum(moving, axis=1)
    for t in range(steps):
        place[restarts[:, t]] = 0.0
        state[restarts[:, t]] = 0
        step = np.where(np.abs(place + draws[:, t]) > limit, -draws[:, t], draws[:, t])
        step = np.where(moving[:, t, None], np.clip(step, -limit - place, limit - place), 0.0)
        strain[:, t], increment[:, t], before[:, t] = place, step, state
        place = place + step
        state = np.where(moving[:, t], number[:, t], state)
        after[:, t] = state
    return Walks(strain, increment, dt, before, after, moving, restarts)
