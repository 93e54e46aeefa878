"""The march through the increments of all steps: a generator of equilibria, cut where Newton's method fails."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from microtann.equilibrium.checkpoint import Accepted, Checkpoint, StepStart
from microtann.equilibrium.equilibrium_error import Attempt, EquilibriumError, beyond_limit_load, explain
from microtann.equilibrium.increment_table import FailedAttempt, IncrementRow, as_fraction
from microtann.equilibrium.linear_model import LinearModel
from microtann.equilibrium.newton import Equilibrium, IncrementProblem, Trace, equilibrate
from microtann.equilibrium.plan import Plan
from microtann.equilibrium.range_watch import Reach, farther, sentence
from microtann.equilibrium.runaway import RunawayError
from microtann.equilibrium.running_cost import Cost
from microtann.equilibrium.solver_options import Progress, ProgressCallback, SolverOptions
from microtann.equilibrium.step_loading import StepLoading
from microtann.equilibrium.steps import Step
from microtann.equilibrium.system import Spread, System, Tangent
from microtann.equilibrium.unknowns import unknowns_of
from microtann.errors import ConvergenceError, TrainingRangeError

Array = NDArray[np.float64]
LOGGER = logging.getLogger("microtann.equilibrium")
"""Tells every increment and every cut at the level INFO, and every Newton iteration at DEBUG."""


def march(
    system: System,
    plan: Plan,
    options: SolverOptions | None = None,
    progress: ProgressCallback | None = None,
    start: Checkpoint | None = None,
    reached: Sequence[Reach] = (),
) -> Iterator[Accepted]:
    """Yield the equilibria of a system along its steps, one after the other.

    Nothing is modified on the way, neither the system nor a state: a march may be left at any equilibrium, by an
    exception too, and another one goes on from the checkpoint of the last.

    Parameters
    ----------
    system : System
    plan : Plan
    options, progress
        As in `microtann.equilibrium.body.Body.solve`.
    start : Checkpoint, optional
        Where to go on; the virgin state if left out.
    reached : sequence of Reach, optional
        What the increments before ``start`` came to in the range of training data.

    Yields
    ------
    Accepted

    Raises
    ------
    InputError
        If a node has no stiffness, or the material breaks its protocol.
    EquilibriumError
        If an increment fails although it was cut.
    TrainingRangeError
        If a material leaves the range of its training data and that is an error.
    """
    options = options or SolverOptions()
    virgin = Checkpoint.virgin(system)
    now = virgin if start is None else start
    cost, seen = replace(now.cost), list(reached)
    elastic = _elastic_tangent(system, virgin.equilibrium, cost)
    cost.calls = cost.calls if start is None else start.cost.calls  # those of a run without a stop
    del virgin
    linear: Any = None
    for number in range(plan.step_of(now.increment), len(plan.steps)):
        step, first = plan.steps[number], plan.firsts[number]
        before, following = plan.before(number), plan.loadings[number]
        if now.increment == first and now.passed == 0.0:
            found = now.equilibrium
            now = replace(
                now,
                step_start=StepStart(found.displacement, found.force),
                part=options.first,
                cuts=0,
                equilibria=0,
                guess=None,
            )
        if linear is None or not np.array_equal(before.held, following.held):
            linear = None  # frees the old hierarchy before the new one is built
            clock = time.process_time()
            if isinstance(system, Spread):
                linear = system.linear_model(elastic, following.held)
            else:
                crew = getattr(system, "crew", None)
                linear = LinearModel.of(elastic, system.points, following.held, unknowns_of(system), crew)
            cost.setup += time.process_time() - clock
        loading = StepLoading.between(before, following, now.step_start)
        solver = _StepSolver(
            system, plan, number, step, plan.digest(number), linear, loading, options, cost, progress, seen
        )
        while now.increment < first + step.increments:
            for accepted in solver.increment(now):
                now = accepted.checkpoint
                yield accepted


@dataclass(frozen=True, eq=False)
class _StepSolver:
    """What the increments of one step have in common."""

    system: System
    plan: Plan
    number: int
    step: Step
    digest: str
    linear: Any
    loading: StepLoading
    options: SolverOptions
    cost: Cost
    progress: ProgressCallback | None
    reached: list[Reach]

    def increment(self, now: Checkpoint) -> Iterator[Accepted]:
        """Yield the equilibria of the increment that is under way, in parts where needed."""
        index, step, options, cost = now.increment, self.step, self.options, self.cost
        place = index - self.plan.firsts[self.number]
        begun = self.plan.starts[index]
        last = index == self.plan.count - 1
        if now.passed == 0.0:
            now = replace(now, row=IncrementRow(index, step.name), reach=None)
        passed, part, cuts, row, reach = now.passed, now.part, now.cuts, now.row, now.reach
        guess = now.guess if part == 1.0 else None
        current, dissipated, equilibria = now.equilibrium, now.dissipated, now.equilibria
        runaways: list[float] = []
        while passed < 1.0:
            goal = options.goal(passed, part)
            fraction = self._fraction(place, goal)
            before = replace(cost)
            trace = Trace()
            try:
                found = self._attempt(current, guess, index, passed, goal, fraction, trace)
            except ConvergenceError as error:
                row = _counted(row, before, cost, goal - passed)
                if isinstance(error, RunawayError):
                    runaways.append(fraction)
                if guess is not None:  # begin again with the elastic prediction before cutting
                    guess = None
                    continue
                failed = FailedAttempt(passed, goal, str(error), tuple(error.residuals or trace.residuals))
                row = replace(row, cuts=row.cuts + 1, failures=(*row.failures, failed))
                cuts += 1
                smaller = options.after_failure(goal - passed, cuts)
                if smaller is None:
                    attempt = Attempt(
                        index, step.name, current, trace.moved, (goal - passed) * step.dt, row.failures
                    )
                    failed_at = explain(error, attempt, goal - passed, sentence(self.reached))
                    carried = self._fraction(place, passed)
                    beyond = [at for at in runaways if at > carried]
                    if beyond:
                        failed_at = beyond_limit_load(failed_at, self.number, carried, min(beyond))
                    raise failed_at from error
                cost.cuts += 1
                LOGGER.info(
                    "%s found no equilibrium over %s of its size (%s): cut to %s",
                    self._label(index),
                    as_fraction(goal - passed),
                    error,
                    as_fraction(smaller),
                )
                part = smaller
                continue
            row = _counted(row, before, cost, goal - passed)
            row = replace(row, parts=row.parts + 1, time=begun + goal * step.dt, residual=found.residual)
            reach = farther(reach, self.system.training_reach(current.state, found.state))
            # Increments of a step are alike: the next one begins with the motion of this one.
            alike = goal == 1.0 and passed == 0.0 and row.cuts == 0
            motion = found.displacement - current.displacement if alike else None
            dissipated += found.dissipation
            equilibria += 1
            part = options.after_success(part)
            cuts = 0 if goal == 1.0 else max(cuts - 1, 0)
            current, guess, passed = found, None, goal
            ends = goal == 1.0
            if ends and reach is not None:
                self._watch(Reach.of(reach))
            checkpoint = Checkpoint(
                increment=index + 1 if ends else index,
                passed=0.0 if ends else goal,
                dissipated=dissipated,
                equilibrium=current,
                step_start=now.step_start,
                part=part,
                cuts=cuts,
                equilibria=equilibria,
                row=row,
                guess=motion,
                reach=None if ends else reach,
                cost=replace(cost),
            )
            reactions = self.loading.reactions(current, fraction).reshape(len(self.system.points), -1)
            LOGGER.info(
                "%s%s, time %g: %d Newton and %d linear iterations, residual %.1e",
                self._label(index),
                "" if ends else f", at {as_fraction(goal)} of it",
                row.time,
                row.newton,
                row.linear,
                row.residual,
            )
            yield Accepted(
                increment=index,
                fraction=goal,
                time=row.time,
                reactions=reactions,
                last=last and ends,
                loading=self.digest,
                checkpoint=checkpoint,
                row=row if ends else None,
                reach=reach if ends else None,
            )
            if equilibria >= options.max_increments and not (ends and place + 1 == step.increments):
                attempt = Attempt(index, step.name, current, None, 0.0, row.failures)
                raise EquilibriumError(
                    f"step {step.name or self.number + 1!r} is not done after {equilibria} equilibria "
                    f"(max_increments), at fraction {fraction:.3g} of it: allow more, or cut and grow less",
                    attempt,
                )

    def _label(self, index: int) -> str:
        """Return what messages call an increment."""
        name = f" (step {self.step.name!r})" if self.step.name else ""
        return f"increment {index} of {self.plan.count}{name}"

    def _fraction(self, place: int, goal: float) -> float:
        """Return the fraction of the step at a fraction of its increment; exact at the end of one."""
        start, end = place / self.step.increments, (place + 1) / self.step.increments
        return end if goal == 1.0 else start + goal * (end - start)

    def _attempt(
        self,
        current: Equilibrium,
        guess: Array | None,
        index: int,
        passed: float,
        goal: float,
        fraction: float,
        trace: Trace,
    ) -> Equilibrium:
        """Find equilibrium at a fraction of the step from the last one."""
        loading = self.loading
        change = np.where(loading.held, loading.displacement(fraction) - current.displacement, 0.0)
        if guess is not None:
            guess = np.where(loading.held, change, guess)
        problem = IncrementProblem(
            loading.held, change, loading.external(fraction), (goal - passed) * self.step.dt, guess
        )

        def report(iteration: int, residual: float, converged: bool) -> None:
            LOGGER.debug("%s: iteration %d, residual %.1e", self._label(index), iteration, residual)
            if self.progress is not None:
                self.progress(
                    Progress(self.step.name, index, self.plan.count, iteration, residual, goal, converged)
                )

        system = self.system
        vectors = system.vectors if isinstance(system, Spread) else None
        return equilibrate(system, self.linear, current, problem, self.options, self.cost, report, trace, vectors)

    def _watch(self, reach: Reach) -> None:
        """Take note of what an increment reached; an error if that is one.

        Raises
        ------
        TrainingRangeError
        """
        self.reached.append(reach)
        if self.options.outside_training == "error" and reach.outside:
            raise TrainingRangeError(sentence(self.reached))


def _counted(row: IncrementRow, before: Cost, after: Cost, part: float) -> IncrementRow:
    """Return a row with the cost of one more attempt."""
    return replace(
        row,
        smallest=min(row.smallest, part),
        newton=row.newton + after.newton - before.newton,
        linear=row.linear + after.linear - before.linear,
        seconds=row.seconds + after.seconds - before.seconds,
    )


def _elastic_tangent(system: System, virgin: Equilibrium, cost: Cost) -> Tangent:
    """Return the tangent of the virgin state, counting its cost."""
    response = system.evaluate(virgin.state, virgin.displacement, virgin.displacement, 1.0, True)
    cost.add(response)
    assert response.tangent is not None
    return response.tangent
