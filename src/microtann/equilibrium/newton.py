"""Newton's method for one increment: inexact linear solves, a line search, and residuals scaled by the forces."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray

from microtann.equilibrium.damping import Damping
from microtann.equilibrium.forcing import LINEAR_LIMIT, forcing
from microtann.equilibrium.line_search import line_search
from microtann.equilibrium.linear import Solution, conjugate_gradients, gmres
from microtann.equilibrium.options import SolverOptions
from microtann.equilibrium.preconditioner import PATIENCE, Preconditioner
from microtann.equilibrium.system import Response, System, Tangent
from microtann.errors import ConvergenceError

Array = NDArray[np.float64]
ROUND_OFF = 1e-14
"""Residual, relative to stiffness times displacement, that round-off alone can leave."""
LARGEST_SLACK = 1e-6
"""What a displacement beyond the prescribed ones may excuse so, relative to the forces: one that runs away in
search of equilibrium must not become its own proof."""
STAGNATION = 20
"""Iterations without a new smallest residual after which an increment that is no convex problem is cut."""


@dataclass
class Cost:
    """Running totals; see `microtann.equilibrium.history.Statistics`."""

    newton: int = 0
    linear: int = 0
    calls: int = 0
    cuts: int = 0
    material: float = 0.0
    assembly: float = 0.0
    setup: float = 0.0
    solver: float = 0.0
    per_increment: list[int] = field(default_factory=list)


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
    """

    displacement: Float[Array, "n"]
    force: Float[Array, "n"]
    energy: float
    dissipation: float
    state: object
    scale: float
    elastic: bool = False


@dataclass(frozen=True, eq=False)
class LinearModel:
    """Elastic tangent and its preconditioner for one set of held displacements.

    Parameters
    ----------
    elastic : Tangent
    preconditioner : Preconditioner
    stiffness : float
        Size of the entries of the elastic tangent, for the round-off of forces.
    """

    elastic: Tangent
    preconditioner: Preconditioner
    stiffness: float


def equilibrate(
    system: System,
    model: LinearModel,
    start: Equilibrium,
    problem: Increment,
    options: SolverOptions,
    cost: Cost,
    report: Callable[[int, float, bool], None],
) -> Equilibrium:
    """Find equilibrium at the end of one increment.

    Parameters
    ----------
    system : System
    model : LinearModel
    start : Equilibrium
    problem : Increment
    options : SolverOptions
    cost : Cost
        Running totals, added to.
    report : callable
        Called with iteration, relative residual and whether it converged.

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
    if problem.guess is None:
        moved, left, previous = _predict(model, start, problem, options, cost)
    else:
        moved, left, previous = problem.guess, 1.0, 0.0  # no linear solve promised a residual
        cost.newton += 1
    response = _evaluate(system, start, moved, problem.dt, True, cost)
    prescribed = max(float(np.abs(v).max(initial=0.0)) for v in (start.displacement, problem.change))
    prescribed *= np.sqrt(free.size)
    residuals: list[float] = []
    full, damping = True, Damping()
    for iteration in range(1, options.max_iterations + 1):
        imbalance = problem.external - response.force
        residual = np.where(free, imbalance, 0.0)
        norm = float(np.linalg.norm(residual))
        support = float(np.linalg.norm(imbalance[problem.held]))
        scale = max(start.scale, support, float(np.linalg.norm(problem.external)))
        reach = float(np.linalg.norm(start.displacement + moved))
        unit = ROUND_OFF * model.stiffness  # of round-off for displacements of order one
        goal = options.tolerance * scale + min(unit * reach, max(LARGEST_SLACK * scale, unit * prescribed))
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
            )
        if iteration == options.max_iterations:
            break
        if not system.convex and iteration - int(np.argmin(residuals)) > STAGNATION:
            raise _failure(
                f"the residual stopped falling for {STAGNATION} iterations", residuals, residual, dimension
            )
        accuracy = forcing(norm, previous, left if full else 1.0, goal, scale, options)
        assert response.tangent is not None
        tangent = response.tangent
        if iteration > 1:
            damping = damping.after(residuals[-1], residuals[-2], full)
            tangent = damping.of(tangent, model.elastic)
        solution = _solve(tangent, model, free, residual, accuracy, options, cost)
        left = solution.relative_residual
        if not options.line_search:
            moved = moved + solution.x
            response = _evaluate(system, start, moved, problem.dt, True, cost)
        else:
            found = line_search(
                lambda change, tangent: _evaluate(system, start, change, problem.dt, tangent, cost),
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
    raise _failure(f"no convergence in {options.max_iterations} iterations", residuals, residual, dimension)


def _predict(
    model: LinearModel, start: Equilibrium, problem: Increment, options: SolverOptions, cost: Cost
) -> tuple[Array, float, float]:
    """Carry the prescribed motion into the structure by the elastic tangent, without evaluating the material.

    Returns the change of the displacements, the relative residual of the linear solve, and the residual before it.
    """
    free = ~problem.held
    rhs = np.where(free, problem.external - start.force - model.elastic @ problem.change, 0.0)
    previous = float(np.linalg.norm(rhs))
    accuracy = options.linear_tolerance
    if start.elastic and previous > 0.0:  # the increment often is elastic too: one accurate solve then ends it
        accuracy = float(np.clip(0.3 * options.tolerance * start.scale / previous, LINEAR_LIMIT, accuracy))
    solution = _solve(model.elastic, model, free, rhs, (accuracy, options.max_linear_iterations), options, cost)
    return problem.change + solution.x, solution.relative_residual, previous


def _solve(
    tangent: Tangent,
    model: LinearModel,
    free: NDArray[np.bool_],
    rhs: Array,
    accuracy: tuple[float, int],
    options: SolverOptions,
    cost: Cost,
) -> Solution:
    """Solve for a Newton step to a relative residual within a number of iterations."""
    clock = time.process_time()
    tolerance, limit = accuracy
    preconditioner = model.preconditioner

    def operator(vector: Array) -> Array:
        image = tangent @ vector
        image *= free
        return image

    def precondition(vector: Array) -> Array:
        hierarchy = preconditioner.elastic if tangent is model.elastic else preconditioner.present
        image = hierarchy(vector)
        image *= free
        return image

    if tangent.symmetric:
        patience = limit if tangent is model.elastic else min(limit, PATIENCE)
        solution = conjugate_gradients(operator, precondition, rhs, tolerance, patience)
        cost.linear += solution.iterations
        reached = solution.relative_residual
        if solution.iterations == patience < limit and reached > tolerance and not solution.indefinite:
            begin = time.process_time()
            preconditioner.renew(tangent)
            cost.setup += time.process_time() - begin
            clock += time.process_time() - begin
            first = solution.x
            rest = conjugate_gradients(operator, precondition, rhs - operator(first), tolerance / reached, limit)
            cost.linear += rest.iterations
            solution = replace(rest, x=first + rest.x, relative_residual=reached * rest.relative_residual)
    if not tangent.symmetric or solution.indefinite:
        solution = gmres(operator, precondition, rhs, tolerance, options.max_linear_iterations)
        cost.linear += solution.iterations
    cost.newton += 1
    cost.solver += time.process_time() - clock
    if not np.isfinite(solution.relative_residual):
        raise ConvergenceError("the tangent holds numbers that are not finite")
    return solution


def _evaluate(system: System, start: Equilibrium, moved: Array, dt: float, tangent: bool, cost: Cost) -> Response:
    response = system.evaluate(start.state, start.displacement + moved, moved, dt, tangent)
    cost.calls += response.calls
    cost.material += response.material_seconds
    cost.assembly += response.assembly_seconds
    return response


def _failure(reason: str, residuals: list[float], residual: Array, dimension: int) -> ConvergenceError:
    size = np.linalg.norm(np.nan_to_num(residual, nan=np.inf).reshape(-1, dimension), axis=1)
    return ConvergenceError(reason, residuals=residuals, worst=np.argsort(-size)[:5].tolist())
