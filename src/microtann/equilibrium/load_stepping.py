"""March through loading steps: ramps, release of supports, and increments that are cut where Newton fails."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray

from microtann.equilibrium.history import Statistics
from microtann.equilibrium.multigrid import elastic_preconditioner
from microtann.equilibrium.newton import Cost, Equilibrium, Increment, LinearModel, equilibrate
from microtann.equilibrium.options import Progress, ProgressCallback, SolverOptions
from microtann.equilibrium.rigid import check_supports
from microtann.equilibrium.steps import Loading, Step, label, resolve
from microtann.equilibrium.system import System, Tangent
from microtann.errors import ConvergenceError, InputError
from microtann.threads import one_blas_thread

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Record:
    """What `march` collected; arrays as in `microtann.equilibrium.history.History`.

    Parameters
    ----------
    time, energy, dissipation : array, shape (I,)
    displacement, reactions : array, shape (I, N, d)
    fields : tuple of dict of arrays
        Per increment, or of the last one only.
    state : object
        State of the system at the end.
    statistics : Statistics
    """

    time: Float[Array, "I"]
    displacement: Float[Array, "I N d"]
    reactions: Float[Array, "I N d"]
    energy: Float[Array, "I"]
    dissipation: Float[Array, "I"]
    fields: tuple[dict[str, Array], ...]
    state: Any
    statistics: Statistics


@one_blas_thread()
def march(
    system: System,
    steps: Sequence[Step],
    options: SolverOptions | None = None,
    progress: ProgressCallback | None = None,
    every_field: bool = True,
) -> Record:
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
    Record

    Raises
    ------
    InputError
        If a step does not fit the system, or leaves a rigid-body motion free.
    ConvergenceError
        If an increment fails although it was cut; it names increment, residuals and worst nodes.
    """
    options = options or SolverOptions()
    points = system.points
    if isinstance(steps, Step):
        steps = [steps]
    if not steps:
        raise InputError("there is no loading step")
    loadings = [resolve(step, points, label(step, number)) for number, step in enumerate(steps)]
    for number, loading in enumerate(loadings):
        check_supports(points, loading.held, label(steps[number], number))
    count = sum(step.increments for step in steps)
    cost = Cost()
    zeros = np.zeros(points.size)
    now = Equilibrium(zeros, zeros, 0.0, 0.0, system.virgin(), 0.0)
    elastic = _elastic_tangent(system, now, cost)
    model: LinearModel | None = None
    before = Loading(np.zeros(points.shape, dtype=bool), np.zeros(points.shape), np.zeros(points.shape))
    times = np.zeros(count)
    displacement, reactions = np.zeros((count, *points.shape)), np.zeros((count, *points.shape))
    energy, dissipation = np.zeros(count), np.zeros(count)
    fields: list[dict[str, Array]] = []
    index, clock_time, dissipated = 0, 0.0, 0.0
    for step, loading in zip(steps, loadings, strict=True):
        if model is None or not np.array_equal(before.held, loading.held):
            model = None  # frees the old hierarchy before the new one is built
            clock = time.process_time()
            precondition = elastic_preconditioner(elastic, points, loading.held)
            model = LinearModel(elastic, precondition, _stiffness(elastic, points))
            cost.setup += time.process_time() - clock
        ramp = _Ramp.of(before, loading, now)
        guess: Array | None = None
        for k in range(step.increments):
            reached, used, cuts, last = k / step.increments, cost.newton, cost.cuts, now
            end = (k + 1) / step.increments
            now, gained = _advance(
                system, model, now, guess, ramp, step, (reached, end), options, cost, progress, (index, count)
            )
            # Increments of a step are alike: the next one begins with the motion of this one.
            guess = now.displacement - last.displacement if cost.cuts == cuts else None
            dissipated += gained
            clock_time += step.dt
            times[index], energy[index], dissipation[index] = clock_time, now.energy, dissipated
            displacement[index] = now.displacement.reshape(points.shape)
            reactions[index] = ramp.reactions(now, end).reshape(points.shape)
            cost.per_increment.append(cost.newton - used)
            if every_field or index == count - 1:
                fields.append(system.fields(now.state))
            index += 1
        before = loading
    return Record(times, displacement, reactions, energy, dissipation, tuple(fields), now.state, _statistics(cost))


@dataclass(frozen=True, eq=False)
class _Ramp:
    """Displacements and forces of a step as functions of the fraction of it that has passed; flattened vectors."""

    held: Bool[NDArray[np.bool_], "n"]
    from_displacement: Float[Array, "n"]
    to_displacement: Float[Array, "n"]
    from_force: Float[Array, "n"]
    to_force: Float[Array, "n"]
    released: Float[Array, "n"]

    @staticmethod
    def of(before: Loading, loading: Loading, now: Equilibrium) -> _Ramp:
        held = loading.held.ravel()
        applied = before.force.ravel()
        support = np.where(before.held.ravel() & ~held, now.force - applied, 0.0)
        return _Ramp(held, now.displacement, loading.target.ravel(), applied, loading.force.ravel(), support)

    def displacement(self, fraction: float) -> Array:
        """Return the prescribed displacements, exact at the end of the step."""
        if fraction == 1.0:
            return self.to_displacement
        return self.from_displacement + fraction * (self.to_displacement - self.from_displacement)

    def external(self, fraction: float) -> Array:
        """Return nodal forces, the fading reactions of released supports included."""
        return (1.0 - fraction) * (self.from_force + self.released) + fraction * self.to_force

    def reactions(self, now: Equilibrium, fraction: float) -> Array:
        """Return the forces of held and of fading supports."""
        return np.where(self.held, now.force - self.external(fraction), (1.0 - fraction) * self.released)


def _advance(
    system: System,
    model: LinearModel,
    now: Equilibrium,
    guess: Array | None,
    ramp: _Ramp,
    step: Step,
    span: tuple[float, float],
    options: SolverOptions,
    cost: Cost,
    progress: ProgressCallback | None,
    place: tuple[int, int],
) -> tuple[Equilibrium, float]:
    """Reach the end of an increment, in parts where needed; return the equilibrium and the dissipation."""
    start, end = span
    passed, part, gained, cuts = 0.0, 1.0, 0.0, 0
    while passed < 1.0:
        goal = min(passed + part, 1.0)
        fraction = end if goal == 1.0 else start + goal * (end - start)
        change = np.where(ramp.held, ramp.displacement(fraction) - now.displacement, 0.0)
        if guess is not None:
            guess = np.where(ramp.held, change, guess)
        problem = Increment(ramp.held, change, ramp.external(fraction), (goal - passed) * step.dt, guess)

        def report(iteration: int, residual: float, converged: bool, goal: float = goal) -> None:
            if progress is not None:
                progress(Progress(step.name, *place, iteration, residual, goal, converged))

        try:
            now = equilibrate(system, model, now, problem, options, cost, report)
        except ConvergenceError as error:
            if guess is not None:  # begin again with the elastic prediction before cutting
                guess = None
                continue
            if cuts == options.max_cuts:
                raise _explain(error, step, place[0], cuts) from error
            cuts += 1
            cost.cuts += 1
            part = 0.5 * (goal - passed)
            continue
        guess = None
        gained += now.dissipation
        passed, part = goal, 2.0 * part
        cuts = max(cuts - 1, 0)
    return now, gained


def _explain(error: ConvergenceError, step: Step, increment: int, cuts: int) -> ConvergenceError:
    name = f" (step {step.name!r})" if step.name else ""
    history = ", ".join(f"{r:.1e}" for r in error.residuals[-8:])
    text = f"increment {increment}{name} found no equilibrium"
    text += f" even when cut to 1/{2**cuts} of its size" if cuts else ""
    text += f": {error}"
    text += f"; relative residuals: {history}" if history else ""
    text += f"; worst nodes: {', '.join(map(str, error.worst))}" if error.worst else ""
    text += ". Use more increments, or check supports and material parameters"
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
