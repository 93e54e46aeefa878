"""Newton's method for one increment of a mesh that is spread over processes: norms and products are of all.

Compare `microtann.equilibrium.newton`, whose conventions it follows: the elastic tangent predicts, linear solves
are inexact, and the residual is measured by the largest forces seen so far.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.equilibrium.newton import Equilibrium, IncrementProblem, Trace
from microtann.equilibrium.newton_policy import NewtonPolicy
from microtann.equilibrium.running_cost import Cost
from microtann.equilibrium.system import Response
from microtann.errors import ConvergenceError

Array = NDArray[np.float64]
FORCE_ROUND_OFF = 1e-14
"""Residual, relative to stiffness times displacement, that round-off alone can leave."""
LINEAR_LIMIT = 1e-12
"""No linear solve is asked for more relative accuracy than this."""
OVERSHOOT = 0.8
"""A full step is taken if the residual's work along it is at most this fraction of what it was."""
WORK_LEFT = 0.3
"""A shortened step is good enough when that work fell to this fraction."""
SHORTENINGS = 10
STAGNATION = 20
"""Iterations without a new smallest residual after which an increment has failed."""


def equilibrate_together(
    system: Any,
    model: Any,
    start: Equilibrium,
    problem: IncrementProblem,
    policy: NewtonPolicy,
    cost: Cost,
    report: Callable[[int, float, bool], None],
    trace: Trace,
) -> Equilibrium:
    """Find equilibrium at the end of one increment.

    Parameters
    ----------
    system : DistributedElements
    model : PetscModel
    start : Equilibrium
        Its vectors are of the nodes of this process.
    problem : IncrementProblem
    policy : NewtonPolicy
    cost : Cost
        Running totals, added to.
    report : callable
        Called with iteration, relative residual and whether it converged.
    trace : Trace
        Filled in.

    Raises
    ------
    ConvergenceError
        On all processes, if the iteration does not converge or a material fails on one of them.
    """
    external, held = problem.external, problem.held

    def dot(first: Float[Array, "n"], second: Float[Array, "n"]) -> float:
        return system.total(float(first @ second))

    def norm(vector: Float[Array, "n"]) -> float:
        return float(np.sqrt(dot(vector, vector)))

    def evaluate(change: Float[Array, "n"], tangent: bool) -> tuple[Response, Array]:
        trace.moved = change
        response = system.evaluate(start.state, start.displacement + change, change, problem.dt, tangent)
        cost.add(response)
        return response, np.where(held, 0.0, external - response.force)

    rhs = np.where(held, 0.0, external - start.force - (model.elastic @ problem.change))
    moved = problem.change + model.solve(model.elastic, rhs, policy.linear_tolerance, policy, cost).x
    response, residual = evaluate(moved, True)
    before = np.inf
    for iteration in range(1, policy.max_iterations + 1):
        size = norm(residual)
        support = norm(np.where(held, external - response.force, 0.0))
        scale = max(start.scale, support, norm(external))
        reach = FORCE_ROUND_OFF * model.stiffness * max(norm(start.displacement + moved), norm(moved))
        goal = policy.tolerance * scale + min(reach, 1e-6 * scale)
        relative = size / scale if scale > 0.0 else 0.0
        trace.residuals.append(relative)
        if not np.isfinite(size):
            raise ConvergenceError("the forces are not finite", residuals=trace.residuals)
        report(iteration, relative, size <= goal)
        if size <= goal:
            return Equilibrium(
                displacement=start.displacement + moved,
                force=response.force,
                energy=response.energy,
                dissipation=response.dissipation,
                state=response.state,
                scale=scale,
                residual=relative,
            )
        if iteration - int(np.argmin(trace.residuals)) > STAGNATION:
            raise _failure(f"the residual stopped falling for {STAGNATION} iterations", system, residual, trace)
        loose = policy.linear_tolerance
        tolerance = loose
        if size < 0.1 * before:
            tolerance = float(np.clip((size / before) ** 2, max(0.1 * goal / size, LINEAR_LIMIT), loose))
        direction = model.solve(response.tangent, residual, tolerance, policy, cost).x
        work = dot(direction, residual)
        fraction = 1.0
        tried, left = evaluate(moved + direction, True)
        after = dot(direction, left)
        shortenings = 0
        while not (norm(left) < size or (np.isfinite(after) and abs(after) <= OVERSHOOT * abs(work))):
            shortenings += 1
            if shortenings > SHORTENINGS:
                raise _failure("the line search found no better point", system, residual, trace)
            estimate = work / (work - after) if np.isfinite(after) and after < 0.0 < work else 0.5
            fraction *= float(np.clip(estimate, 0.1, 0.7))
            tried, left = evaluate(moved + fraction * direction, False)
            after = dot(direction, left)
            if np.isfinite(after) and abs(after) <= WORK_LEFT * abs(work):
                break
        moved = moved + fraction * direction
        if shortenings:
            tried, left = evaluate(moved, True)
        response, residual, before = tried, left, size if fraction == 1.0 else np.inf
    raise _failure(f"no convergence in {policy.max_iterations} iterations", system, residual, trace)


def _failure(reason: str, system: Any, residual: Float[Array, "n"], trace: Trace) -> ConvergenceError:
    """Return the error of an increment, with the nodes of the whole mesh that have the largest residual."""
    own = np.linalg.norm(residual.reshape(len(system.points), -1), axis=1)
    chosen = np.argsort(-own)[:5]
    pairs = zip(own[chosen].tolist(), system.partition.nodes[chosen].tolist(), strict=True)
    every = sorted((pair for part in system.partition.comm.allgather(list(pairs)) for pair in part), reverse=True)
    return ConvergenceError(reason, residuals=trace.residuals, worst=[node for _, node in every[:5]])
