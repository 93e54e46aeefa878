"""Newton's method for one increment: inexact linear solves, a line search, and residuals scaled by the forces.

The tangent of an elastoplastic structure is piecewise constant. While bars or points change between rest and flow
a loose linear solve is enough; once the residual falls as the linear model predicts, the model is exact and the
next solve goes all the way to the tolerance (compare Eisenstat and Walker, SIAM J. Sci. Comput. 17, 1996).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray

from microtann.equilibrium.damping import Damping
from microtann.equilibrium.line_search import line_search
from microtann.equilibrium.linear_model import LINEAR_ITERATIONS, LinearModel
from microtann.equilibrium.newton_policy import NewtonPolicy
from microtann.equilibrium.nodal_vectors import NodalVectors
from microtann.equilibrium.runaway import PATIENCE, RunawayError, RunawayWatch
from microtann.equilibrium.running_cost import Cost
from microtann.equilibrium.system import Response, System
from microtann.errors import ConvergenceError

Array = NDArray[np.float64]
FORCE_ROUND_OFF = 1e-14
"""Residual, relative to stiffness times displacement, that round-off alone can leave."""
LARGEST_SLACK = 1e-6
"""What a displacement beyond the prescribed ones may excuse so, relative to the forces: one that runs away in
search of equilibrium must not become its own proof."""

LINEAR_LIMIT = 1e-12
"""No linear solve is asked for more relative accuracy than this."""
FAR_ITERATIONS = 30
"""Linear iterations of a Newton step while many bars or points still change between rest and flow."""
NEAR = 1e-2
"""Relative residual below which few of them still change."""
STAGNATION = 20
"""Iterations without a new smallest residual after which an increment that is no convex problem has failed."""


@dataclass(frozen=True, eq=False)
class IncrementProblem:
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


@dataclass(frozen=True, eq=False)
class _Imbalance:
    """How far a displacement is from equilibrium.

    Parameters
    ----------
    forces : array, shape (n,)
        External minus internal forces, the reactions of prescribed components included.
    residual : array, shape (n,)
        Those of the free components; zero elsewhere.
    norm, goal : float
        Norm of the residual, and that at which it is small enough.
    scale : float
        Largest norm of the support and nodal forces so far.
    """

    forces: Float[Array, "n"]
    residual: Float[Array, "n"]
    norm: float
    goal: float
    scale: float

    @property
    def balanced(self) -> bool:
        """Whether this is equilibrium."""
        return self.norm <= self.goal

    @property
    def relative(self) -> float:
        """Norm of the residual over the scale of the forces."""
        if self.scale > 0.0:
            return self.norm / self.scale
        return 0.0 if self.balanced else np.inf


@dataclass(frozen=True, eq=False)
class _Criterion:
    """What an increment calls equilibrium.

    Parameters
    ----------
    start : Equilibrium
    problem : IncrementProblem
    tolerance : float
        Relative residual.
    unit : float
        Forces that round-off leaves at displacements of order one.
    prescribed : float
        Norm of displacements that are all as large as the largest prescribed one.
    vectors : NodalVectors, optional
        Those of one process if left out.
    """

    start: Equilibrium
    problem: IncrementProblem
    tolerance: float
    unit: float
    prescribed: float
    vectors: NodalVectors = field(default_factory=NodalVectors)

    @staticmethod
    def of(
        start: Equilibrium, problem: IncrementProblem, model: LinearModel, tolerance: float, vectors: NodalVectors
    ) -> _Criterion:
        """Return the criterion of an increment.

        Parameters
        ----------
        start : Equilibrium
        problem : IncrementProblem
        model : LinearModel
        tolerance : float
            Relative residual.
        vectors : NodalVectors
        """
        largest = max(vectors.largest(v) for v in (start.displacement, problem.change))
        prescribed = largest * float(np.sqrt(vectors.length(problem.change)))
        return _Criterion(start, problem, tolerance, FORCE_ROUND_OFF * model.stiffness, prescribed, vectors)

    def imbalance(self, moved: Float[Array, "n"], response: Response) -> _Imbalance:
        """Return how far from equilibrium a change of the displacements is, by the response to it."""
        held, external, norm = self.problem.held, self.problem.external, self.vectors.norm
        forces = external - response.force
        residual = np.where(held, 0.0, forces)
        scale = max(self.start.scale, norm(forces[held]), norm(external))
        # A body that comes back to where it began was moved all the same, and its strains are as uncertain.
        reach = max(norm(v) for v in (self.start.displacement + moved, moved))
        round_off = min(self.unit * reach, max(LARGEST_SLACK * scale, self.unit * self.prescribed))
        goal = self.tolerance * scale + round_off
        return _Imbalance(forces, residual, norm(residual), goal, scale)


@dataclass(frozen=True)
class _Promise:
    """What the last linear solve leads to expect of the residual.

    Parameters
    ----------
    before : float
        Norm of the residual before the step.
    left : float
        Part of it that the linear model leaves; 1 where the step was shortened, so that it promises nothing.
    """

    before: float
    left: float

    def kept(self, norm: float, slack: float = 0.0) -> bool:
        """Return whether a residual is what the linear solve left: the linear model then is exact."""
        return norm <= 2.0 * self.left * self.before + slack

    def next_accuracy(self, now: _Imbalance, loose: float) -> tuple[float, int]:
        """Return the relative accuracy of the next linear solve and the iterations it may take."""
        norm, to_goal = now.norm, max(0.3 * now.goal / now.norm, LINEAR_LIMIT)
        # Far from equilibrium, and above all where bars flow without hardening, accuracy is wasted or harmful.
        limit = FAR_ITERATIONS if norm >= NEAR * now.scale else LINEAR_ITERATIONS
        if self.left < 0.1 and self.kept(norm):
            return min(to_goal, loose), LINEAR_ITERATIONS
        if norm < 0.1 * self.before:
            return float(np.clip((norm / self.before) ** 2, to_goal, loose)), limit
        return loose, limit


def equilibrate(
    system: System,
    model: LinearModel,
    start: Equilibrium,
    problem: IncrementProblem,
    policy: NewtonPolicy,
    cost: Cost,
    report: Callable[[int, float, bool], None],
    trace: Trace,
    vectors: NodalVectors | None = None,
) -> Equilibrium:
    """Find equilibrium at the end of one increment.

    Parameters
    ----------
    system : System
    model : LinearModel
    start : Equilibrium
    problem : IncrementProblem
    policy : NewtonPolicy
    cost : Cost
        Running totals, added to.
    report : callable
        Called with iteration, relative residual and whether it converged.
    trace : Trace
        Filled in.
    vectors : NodalVectors, optional
        Those of one process if left out.

    Returns
    -------
    Equilibrium

    Raises
    ------
    ConvergenceError
        If the iteration does not converge, or the material fails; ``worst`` are nodes.
    """
    free, vectors = ~problem.held, vectors or NodalVectors()
    residuals = trace.residuals

    def evaluate(change: Array, tangent: bool) -> Response:
        trace.moved = change
        response = system.evaluate(start.state, start.displacement + change, change, problem.dt, tangent)
        cost.add(response)
        return response

    watch = RunawayWatch(
        model.elastic, problem.change, problem.external, start.force, policy.smallest_stiffness, vectors
    )

    def failure(reason: str, forces: Array) -> ConvergenceError:
        return _failure(reason, residuals, forces, len(system.points), watch.times > 0, vectors)

    moved, promise = _predict(model, start, problem, policy, cost, vectors)
    response = evaluate(moved, True)
    criterion = _Criterion.of(start, problem, model, policy.tolerance, vectors)
    damping, full = Damping(), True
    for iteration in range(1, policy.max_iterations + 1):
        now = criterion.imbalance(moved, response)
        residuals.append(now.relative)
        if not np.isfinite(now.norm):
            raise failure("the forces are not finite", now.forces)
        report(iteration, now.relative, now.balanced)
        if iteration == 1:
            elastic = promise.kept(now.norm, slack=now.goal)
        runaway = watch.sees(moved, response, now.balanced)
        if (runaway and now.balanced) or watch.times > PATIENCE:
            raise failure("the displacements run away", now.residual)
        if now.balanced:
            return Equilibrium(
                displacement=start.displacement + moved,
                force=response.force,
                energy=response.energy,
                dissipation=response.dissipation,
                state=response.state,
                scale=now.scale,
                elastic=elastic,
                residual=now.relative,
            )
        if iteration == policy.max_iterations:
            break
        if not system.convex and iteration - int(np.argmin(residuals)) > STAGNATION:
            raise failure(f"the residual stopped falling for {STAGNATION} iterations", now.residual)
        assert response.tangent is not None
        tangent = response.tangent
        if iteration > 1:
            damping = damping.after(residuals[-1], residuals[-2], full)
            tangent = damping.of(tangent, model.elastic)
        accuracy = promise.next_accuracy(now, policy.linear_tolerance)
        solution = model.solve(tangent, free, now.residual, accuracy, policy, cost)
        better = line_search(
            evaluate, response, moved, solution.x, now.residual, problem.external, free, system.convex, vectors
        )
        if better is None:
            raise failure("the line search found no better point", now.residual)
        moved, response, full = better
        promise = _Promise(now.norm, solution.relative_residual if full else 1.0)
    raise failure(f"no convergence in {policy.max_iterations} iterations", now.residual)


def _predict(
    model: LinearModel,
    start: Equilibrium,
    problem: IncrementProblem,
    policy: NewtonPolicy,
    cost: Cost,
    vectors: NodalVectors,
) -> tuple[Array, _Promise]:
    """Return the change of the displacements to begin with, and what it promises; the material is not evaluated.

    Without a guess, the elastic tangent carries the prescribed motion into the structure.
    """
    if problem.guess is not None:
        cost.newton += 1
        return problem.guess, _Promise(0.0, 1.0)  # no linear solve promised a residual
    free = ~problem.held
    rhs = np.where(free, problem.external - start.force - model.elastic @ problem.change, 0.0)
    previous = vectors.norm(rhs)
    accuracy = policy.linear_tolerance
    if start.elastic and previous > 0.0:  # the increment often is elastic too: one accurate solve then ends it
        accuracy = float(np.clip(0.3 * policy.tolerance * start.scale / previous, LINEAR_LIMIT, accuracy))
    solution = model.solve(model.elastic, free, rhs, (accuracy, LINEAR_ITERATIONS), policy, cost)
    return problem.change + solution.x, _Promise(previous, solution.relative_residual)


def _failure(
    reason: str, residuals: list[float], residual: Array, nodes: int, runaway: bool, vectors: NodalVectors
) -> ConvergenceError:
    size = np.linalg.norm(np.nan_to_num(residual, nan=np.inf).reshape(nodes, -1), axis=1)
    kind = RunawayError if runaway else ConvergenceError
    return kind(reason, residuals=residuals, worst=vectors.farthest(size, 5))
