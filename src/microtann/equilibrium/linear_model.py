"""The linear system of a Newton step: elastic tangent and preconditioner of a body, and how it is solved."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray

from microtann.equilibrium.factorisation import Factorisation
from microtann.equilibrium.linear import Solution, conjugate_gradients, gmres
from microtann.equilibrium.newton_policy import NewtonPolicy
from microtann.equilibrium.preconditioner import ITERATIONS_BEFORE_RENEWAL, Preconditioner
from microtann.equilibrium.running_cost import Cost
from microtann.equilibrium.system import Tangent
from microtann.equilibrium.unknowns import NodalUnknowns
from microtann.errors import ConvergenceError
from microtann.system.crew import Crew

Array = NDArray[np.float64]
LINEAR_ITERATIONS = 500
"""Most iterations of the linear solver in one Newton iteration."""
PROBES = 4
"""Displacements that measure the size of a stiffness. A single one may miss it, above all in a few nodes."""


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

    @staticmethod
    def of(
        elastic: Tangent,
        points: Float[Array, "N d"],
        held: Bool[NDArray[np.bool_], "N u"],
        unknowns: NodalUnknowns | None = None,
        crew: Crew | None = None,
    ) -> LinearModel:
        """Build the preconditioner of an elastic tangent.

        Parameters
        ----------
        elastic : Tangent
        points : array, shape (N, d)
            Positions of the nodes.
        held : array of bool, shape (N, u)
            Prescribed components.
        unknowns : NodalUnknowns, optional
            Of every node; its displacement if left out.
        crew : Crew, optional
            Threads that share the work of the preconditioner.

        Raises
        ------
        InputError
            If a node has no stiffness in some direction.
        """
        preconditioner = Preconditioner(elastic, points, held, unknowns, crew)
        return LinearModel(elastic, preconditioner, _size(elastic, held.size))

    def solve(
        self,
        tangent: Tangent,
        free: Bool[NDArray[np.bool_], "n"],
        rhs: Float[Array, "n"],
        accuracy: tuple[float, int],
        policy: NewtonPolicy,
        cost: Cost,
    ) -> Solution:
        """Solve for a Newton step to a relative residual within a number of iterations.

        Parameters
        ----------
        tangent : Tangent
        free : array of bool, shape (n,)
        rhs : array, shape (n,)
            Zero at held components.
        accuracy : (float, int)
        policy : NewtonPolicy
        cost : Cost
            Added to.

        Raises
        ------
        ConvergenceError
            If the tangent holds numbers that are not finite, or is singular and was to be factorised.
        """
        clock, setup = time.process_time(), cost.setup
        if policy.linear_solver == "direct":
            solution = _factorised(tangent, free, rhs)
        else:
            solution = self._iterate(tangent, free, rhs, accuracy, policy, cost)
        cost.newton += 1
        cost.linear += solution.iterations
        cost.solver += time.process_time() - clock - (cost.setup - setup)
        if not np.isfinite(solution.relative_residual):
            raise ConvergenceError("the tangent holds numbers that are not finite")
        return solution

    def _iterate(
        self,
        tangent: Tangent,
        free: Bool[NDArray[np.bool_], "n"],
        rhs: Float[Array, "n"],
        accuracy: tuple[float, int],
        policy: NewtonPolicy,
        cost: Cost,
    ) -> Solution:
        tolerance, limit = accuracy
        preconditioner = self.preconditioner

        def operator(vector: Array) -> Array:
            image = tangent @ vector
            image *= free
            return image

        def precondition(vector: Array) -> Array:
            hierarchy = preconditioner.elastic if tangent is self.elastic else preconditioner.present
            image = hierarchy(vector)
            image *= free
            return image

        tried = 0
        if tangent.symmetric and policy.linear_solver == "automatic":
            patience = limit if tangent is self.elastic else min(limit, ITERATIONS_BEFORE_RENEWAL)
            solution = conjugate_gradients(operator, precondition, rhs, tolerance, patience)
            tried, reached = solution.iterations, solution.relative_residual
            if tried == patience < limit and reached > tolerance and not solution.indefinite:
                begin = time.process_time()
                preconditioner.renew(tangent)
                cost.setup += time.process_time() - begin
                first = solution.x
                rest = conjugate_gradients(
                    operator, precondition, rhs - operator(first), tolerance / reached, limit
                )
                tried += rest.iterations
                stagnates = limit == LINEAR_ITERATIONS and rest.relative_residual > tolerance / reached
                if stagnates and not rest.indefinite and preconditioner.factorise(tangent):
                    rest = conjugate_gradients(
                        operator, precondition, rhs - operator(first), tolerance / reached, limit
                    )
                    tried += rest.iterations
                solution = replace(
                    rest, x=first + rest.x, relative_residual=reached * rest.relative_residual, iterations=tried
                )
            if not solution.indefinite:
                return solution
        solution = gmres(operator, precondition, rhs, tolerance, LINEAR_ITERATIONS)
        tried += solution.iterations
        if policy.linear_solver == "automatic" and solution.relative_residual > tolerance:
            begin = time.process_time()
            exact = preconditioner.factorise(tangent)
            cost.setup += time.process_time() - begin
            if exact:
                again = gmres(operator, precondition, rhs, tolerance, LINEAR_ITERATIONS)
                tried += again.iterations
                solution = min(solution, again, key=lambda found: found.relative_residual)
        return replace(solution, iterations=tried)


def _size(tangent: Tangent, unknowns: int) -> float:
    """Return the largest force due to displacements of ±1 in no order, which no body takes for rigid motion."""
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (PROBES, unknowns))
    return max(float(np.abs(tangent @ sign).max()) for sign in signs)


def _factorised(tangent: Tangent, free: Bool[NDArray[np.bool_], "n"], rhs: Float[Array, "n"]) -> Solution:
    """Solve by a sparse LU factorisation, which is exact for any tangent that is not singular."""
    try:
        factors = Factorisation(tangent, free)
    except FloatingPointError:
        return Solution(np.zeros_like(rhs), 0, np.nan)
    except RuntimeError as error:
        raise ConvergenceError(f"the tangent cannot be factorised: {error}") from error
    x = factors(rhs)
    size = float(np.linalg.norm(rhs))
    return Solution(x, 1, factors.residual(x, rhs) / size if size > 0.0 else 0.0)
