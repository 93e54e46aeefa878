"""Newton's method for one increment: inexact linear solves, a line search, and residuals scaled by the forces."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray

from microtann.equilibrium.cost import Cost
from microtann.equilibrium.damping import Damping
from microtann.equilibrium.forcing import LINEAR_LIMIT, forcing
from microtann.equilibrium.line_search import line_search
from microtann.equilibrium.linear_model import LinearModel
from microtann.equilibrium.newton_policy import NewtonPolicy
from microtann.equilibrium.system import Response, System
from microtann.errors import ConvergenceError

Array = NDArray[np.float64]
ROUND_OFF = 1e-14
"""Residual, relative to stiffness times displacement, that round-off alone can leave."""
LARGEST_SLACK = 1e-6
"""What a displacement beyond the prescribed ones may excuse so, relative to the forces: one that runs away in
search of equilibrium must not become its own proof."""


@dataclass(frozen=True, eq=False)
class Increment:
    """The boundary-value problem of one increment, on flattened vectors of shape (n,).

    Parameters
    ----------
    held : array of bool
        Prescribed components.
    change : array
        Their change over the increment; zero elsewhere.
    external : array
        Nodal forces at the end of the increment.
    dt : float
    guess : array, optional
        Change of all displacements to begin with, the prescribed ones included; without it the elastic tangent
        predicts them.
    """

    held: Bool[NDArray[np.bool_], "n"]
    change: Float[Array, "n"]
    external: Float[Array, "n"]
    dt: float
    guess: Float[Array, "n"] | None = None


@dataclass(frozen=True, eq=False)
class Equilibrium:
    """A state in equilibrium.

    Parameters
    ----------
    displacement, force : array, shape (n,)
        Displacements and internal forces of the nodes.
    energy, dissipation : float
        Of the whole system; the dissipation is that of the increment that led here.
    state : object
    scale : float
        Largest norm of the support and nodal forces so far.
    elastic : bool
        The elastic tangent described the increment that led here exactly.
    residual : float
        Relative residual that is left.
    """

    displacement: Float[Array, "n"]
    force: Float[Array, "n"]
    energy: float
    dissipation: float
    state: object
    scale: float
    elastic: bool = False
    residual: float = 0.0


@dataclass
class Trace:
    """What an attempt has tried, for what is said of one that failed.

    Parameters
    ----------
    moved : array, shape (n,), or None
        Change of the displacements at which the system was asked last.
    residuals : list of float
        Relative residual of every iteration.
    """

    moved: Float[Array, "n"] | None = None
    residuals: list[float] = field(default_factory=list)


def equilibrate(
    system: System,
    model: LinearModel,
    start: Equilibrium,
    problem: Increment,
    policy: NewtonPolicy,
    cost: Cost,
    report: Callable[[int, float, bool], None],
    trace: Trace,
) -> Equilibrium:
    """Find equilibrium at the end of one increment.

    Parameters
    ----------
    system : System
    model : LinearModel
    start : Equilibrium
    problem : Increment
    policy : NewtonPolicy
    cost : Cost
        Running totals, added to.
    report : callable
        Called with iteration, relative residual and whether it converged.
    trace : Trace
        Filled in.

    Returns
    -------
    Equilibrium

    Raises
    ------
    ConvergenceError
        If the iteration does not converge, or the material fails; ``worst`` are nodes.
    """
    free = ~problem.held
    dimension = system.points.shape[1]

    def evaluate(change: Array, tangent: bool) -> Response:
        trace.moved = change
        found = system.evaluate(start.state, start.displacement + change, change, problem.dt, tangent)
        cost.add(found)
        return found

    if problem.guess is None:
        moved, left, previous = _predict(model, start, problem, policy, cost)
    else:
        moved, left, previous = problem.guess, 1.0, 0.0  # no linear solve promised a residual
        cost.newton += 1
    response = evaluate(moved, True)
    prescribed = max(float(np.abs(v).max(initial=0.0)) for v in (start.displacement, problem.change))
    prescribed *= np.sqrt(free.size)
    residuals = trace.residuals
    full, damping = True, Damping()
    for iteration in range(1, policy.max_iterations + 1):
        imbalance = problem.external - response.force
        residual = np.where(free, imbalance, 0.0)
        norm = float(np.linalg.norm(residual))
        support = float(np.linalg.norm(imbalance[problem.held]))
        scale = max(start.scale, support, float(np.linalg.norm(problem.external)))
        reach = float(np.linalg.norm(start.displacement + moved))
        unit = ROUND_OFF * model.stiffness  # of round-off for displacements of order one
        goal = policy.tolerance * scale + min(unit * reach, max(LARGEST_SLACK * scale, unit * prescribed))
        residuals.append(norm / scale if scale > 0.0 else 0.0 if norm <= goal else np.inf)
        if not np.isfinite(norm):
            raise _failure("the forces are not finite", residuals, imbalance, dimension)
        report(iteration, residuals[-1], norm <= goal)
        if iteration == 1:
            elastic = norm <= 2.0 * left * previous + goal
        if norm <= goal:
            displacement = start.displacement + moved
            return Equilibrium(
                displacement,
                response.force,
                response.energy,
                response.dissipation,
                response.state,
                scale,
                elastic,
                residuals[-1],
            )
        if iteration == policy.max_iterations:
            break
        if not system.convex and iteration - int(np.argmin(residuals)) > policy.stagnation:
            raise _failure(
                f"the residual stopped falling for {policy.stagnation} iterations", residuals, residual, dimension
            )
        accuracy = forcing(norm, previous, left if full else 1.0, goal, scale, policy)
        assert response.tangent is not None
        tangent = response.tangent
        if iteration > 1 and policy.damping:
            damping = damping.after(residuals[-1], residuals[-2], full)
            tangent = damping.of(tangent, model.elastic)
        solution = model.solve(tangent, free, residual, accuracy, policy, cost)
        left = solution.relative_residual
        if not policy.line_search:
            moved = moved + solution.x
            response = evaluate(moved, True)
        else:
            found = line_search(
                evaluate,
                response,
                moved,
                solution.x,
                residual,
                problem.external,
                free,
                system.convex,
            )
            if found is None:
                raise _failure("the line search found no better point", residuals, residual, dimension)
            moved, response, full = found
        previous = norm
    raise _failure(f"no convergence in {policy.max_iterations} iterations", residuals, residual, dimension)


def _predict(
    model: LinearModel, start: Equilibrium, problem: Increment, policy: NewtonPolicy, cost: Cost
) -> tuple[Array, float, float]:
    """Carry the prescribed motion into the structure by the elastic tangent, without evaluating the material.

    Returns the change of the displacements, the relative residual of the linear solve, and the residual before it.
    """
    free = ~problem.held
    rhs = np.where(free, problem.external - start.force - model.elastic @ problem.change, 0.0)
    previous = float(np.linalg.norm(rhs))
    accuracy = policy.linear_tolerance
    if start.elastic and previous > 0.0:  # the increment often is elastic too: one accurate solve then ends it
        accuracy = float(np.clip(0.3 * policy.tolerance * start.scale / previous, LINEAR_LIMIT, accuracy))
    solution = model.solve(model.elastic, free, rhs, (accuracy, policy.max_linear_iterations), policy, cost)
    return problem.change + solution.x, solution.relative_residual, previous


def _failure(reason: str, residuals: list[float], residual: Array, dimension: int) -> ConvergenceError:
    size = np.linalg.norm(np.nan_to_num(residual, nan=np.inf).reshape(-1, dimension), axis=1)
    return ConvergenceError(reason, residuals=residuals, worst=np.argsort(-size)[:5].tolist())
