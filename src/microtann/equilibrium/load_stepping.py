"""Load stepping: the increments of all steps one after the other, cut into parts where Newton's method fails."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from microtann.equilibrium.history import History, Part, Statistics
from microtann.equilibrium.newton import Cost, Equilibrium, Increment, LinearModel, equilibrate
from microtann.equilibrium.options import Progress, ProgressCallback, SolverOptions
from microtann.equilibrium.preconditioner import Preconditioner
from microtann.equilibrium.range_watch import RangeWatch
from microtann.equilibrium.rigid import check_supports
from microtann.equilibrium.step_loading import StepLoading
from microtann.equilibrium.steps import Loading, Step, label, resolve
from microtann.equilibrium.system import System, Tangent
from microtann.errors import ConvergenceError, InputError
from microtann.threads import one_blas_thread

Array = NDArray[np.float64]


@one_blas_thread()
def solve_steps(
    system: System,
    steps: Sequence[Step],
    options: SolverOptions | None = None,
    progress: ProgressCallback | None = None,
    every_field: bool = True,
) -> tuple[History, Any]:
    """Load a system from its virgin state through steps.

    Parameters
    ----------
    system : System
    steps : sequence of Step
    options : SolverOptions, optional
    progress : callable, optional
        Called with a `Progress` after every Newton iteration. It may raise (KeyboardInterrupt, say): nothing is
        left half-done, since neither the system nor a state is ever modified.
    every_field : bool
        Whether element or bar fields are kept for every increment or for the last one only.

    Returns
    -------
    history : History
    state : object
        State of the system at the end.

    Raises
    ------
    InputError
        If a step does not fit the system, or leaves a rigid-body motion free.
    ConvergenceError
        If an increment fails although it was cut; it names increment, residuals and worst nodes.
    TrainingRangeError
        If a material leaves the range of its training data and that is an error.
    """
    options = options or SolverOptions()
    points = system.points
    if isinstance(steps, Step):
        steps = [steps]
    if not steps:
        raise InputError("there is no loading step")
    mesh = getattr(system, "mesh", None)  # a lattice has none
    loadings = [resolve(step, points, label(step, number), mesh) for number, step in enumerate(steps)]
    connected = system.parts
    for number, step in enumerate(steps):
        check_supports(points, loadings[number].held, connected, label(step, number))
    count = sum(step.increments for step in steps)
    cost, watch = Cost(), RangeWatch(system, options.outside_training, count)
    zeros = np.zeros(points.size)
    current = Equilibrium(zeros, zeros, 0.0, 0.0, system.virgin(), 0.0)
    elastic = _elastic_tangent(system, current, cost)
    linear: LinearModel | None = None
    previous = Loading(np.zeros(points.shape, dtype=bool), np.zeros(points.shape), np.zeros(points.shape))
    times = np.zeros(count)
    displacement, reactions = np.zeros((count, *points.shape)), np.zeros((count, *points.shape))
    energy, dissipation = np.zeros(count), np.zeros(count)
    fields: list[dict[str, Array]] = []
    parts: list[Part] = []
    index, passed_time, dissipated = 0, 0.0, 0.0
    for step, following in zip(steps, loadings, strict=True):
        if linear is None or not np.array_equal(previous.held, following.held):
            linear = None  # frees the old hierarchy before the new one is built
            clock = time.process_time()
            preconditioner = Preconditioner(elastic, points, following.held)
            linear = LinearModel(elastic, preconditioner, _stiffness(elastic, points))
            cost.setup += time.process_time() - clock
        loading = StepLoading.between(previous, following, current)
        solver = _StepSolver(system, linear, loading, step, options, cost, progress, count, watch, parts)
        guess: Array | None = None
        for k in range(step.increments):
            newton, cuts, last = cost.newton, cost.cuts, current
            end = (k + 1) / step.increments
            current, gained = solver.increment(current, guess, k / step.increments, end, index, passed_time)
            # Increments of a step are alike: the next one begins with the motion of this one.
            guess = current.displacement - last.displacement if cost.cuts == cuts else None
            dissipated += gained
            passed_time += step.dt
            times[index], energy[index], dissipation[index] = passed_time, current.energy, dissipated
            displacement[index] = current.displacement.reshape(points.shape)
            reactions[index] = loading.reactions(current, end).reshape(points.shape)
            cost.per_increment.append(cost.newton - newton)
            reach = watch.close(index)
            if every_field or index == count - 1:
                fields.append(system.fields(current.state, reach))
            index += 1
        previous = following
    history = History(
        points=points,
        time=times,
        displacement=displacement,
        reactions=reactions,
        energy=energy,
        dissipation=dissipation,
        statistics=_statistics(cost),
        fields=tuple(fields),
        training_reach=watch.reach if watch.known else None,
        points_outside=watch.outside if watch.known else None,
        parts=tuple(parts),
    )
    watch.warn(level=4)  # of the caller of a body's method `solve`
    return history, current.state


@dataclass(frozen=True, eq=False)
class _StepSolver:
    """What the increments of one step have in common; ``count`` is the number of increments of all steps."""

    system: System
    linear: LinearModel
    loading: StepLoading
    step: Step
    options: SolverOptions
    cost: Cost
    progress: ProgressCallback | None
    count: int
    watch: RangeWatch
    parts: list[Part]

    def increment(
        self, current: Equilibrium, guess: Array | None, start: float, end: float, index: int, begun: float
    ) -> tuple[Equilibrium, float]:
        """Solve the increment between two fractions of the step, in parts where needed.

        It begins at the time ``begun``. Returns the equilibrium at its end and the dissipation of all parts; those
        inside are kept in ``parts``.
        """
        loading, cost = self.loading, self.cost
        passed, part, gained, cuts = 0.0, 1.0, 0.0, 0
        while passed < 1.0:
            goal = min(passed + part, 1.0)
            fraction = end if goal == 1.0 else start + goal * (end - start)
            change = np.where(loading.held, loading.displacement(fraction) - current.displacement, 0.0)
            if guess is not None:
                guess = np.where(loading.held, change, guess)
            problem = Increment(
                loading.held, change, loading.external(fraction), (goal - passed) * self.step.dt, guess
            )

            def report(iteration: int, residual: float, converged: bool, goal: float = goal) -> None:
                if self.progress is not None:
                    self.progress(
                        Progress(self.step.name, index, self.count, iteration, residual, goal, converged)
                    )

            try:
                found = equilibrate(self.system, self.linear, current, problem, self.options, cost, report)
            except ConvergenceError as error:
                if guess is not None:  # begin again with the elastic prediction before cutting
                    guess = None
                    continue
                if cuts == self.options.max_cuts:
                    raise _explain(error, self.step, index, cuts, self.watch.sentence()) from error
                cuts += 1
                cost.cuts += 1
                part = 0.5 * (goal - passed)
                continue
            self.watch.part(current.state, found.state)
            current, guess = found, None
            gained += current.dissipation
            if goal < 1.0:
                inside = current.displacement.reshape(self.system.points.shape)
                self.parts.append(Part(index, begun + goal * self.step.dt, inside))
            passed, part = goal, 2.0 * part
            cuts = max(cuts - 1, 0)
        return current, gained


def _explain(error: ConvergenceError, step: Step, increment: int, cuts: int, remark: str) -> ConvergenceError:
    name = f" (step {step.name!r})" if step.name else ""
    history = ", ".join(f"{r:.1e}" for r in error.residuals[-8:])
    text = f"increment {increment}{name} found no equilibrium"
    text += f" even when cut to 1/{2**cuts} of its size" if cuts else ""
    text += f": {error}"
    text += f"; relative residuals: {history}" if history else ""
    text += f"; worst nodes: {', '.join(map(str, error.worst))}" if error.worst else ""
    text += ". Use more increments, or check supports and material parameters"
    text += f" ({remark})" if remark else ""
    return ConvergenceError(text, increment=increment, residuals=error.residuals, worst=error.worst)


def _elastic_tangent(system: System, virgin: Equilibrium, cost: Cost) -> Tangent:
    """Return the tangent of the virgin state, counting its cost."""
    response = system.evaluate(virgin.state, virgin.displacement, virgin.displacement, 1.0, True)
    cost.calls += response.calls
    cost.material += response.material_seconds
    cost.assembly += response.assembly_seconds
    assert response.tangent is not None
    return response.tangent


def _stiffness(elastic: Tangent, points: Array) -> float:
    """Return the size of the forces due to a displacement of order one that varies from node to node."""
    rough = np.where(np.arange(points.size) % 2 == 0, 1.0, -1.0)
    return float(np.abs(elastic @ rough).max())


def _statistics(cost: Cost) -> Statistics:
    return Statistics(
        newton_iterations=cost.newton,
        linear_iterations=cost.linear,
        constitutive_calls=cost.calls,
        cuts=cost.cuts,
        material_seconds=cost.material,
        assembly_seconds=cost.assembly,
        setup_seconds=cost.setup,
        solver_seconds=cost.solver,
        newton_per_increment=tuple(cost.per_increment),
    )
