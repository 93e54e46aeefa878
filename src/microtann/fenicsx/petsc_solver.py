"""The linear systems of Newton's method in PETSc: conjugate gradients, multigrid on the elastic tangent."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray

from microtann.equilibrium.damping import Damped
from microtann.equilibrium.linear import Solution
from microtann.equilibrium.linear_model import LINEAR_ITERATIONS
from microtann.equilibrium.newton_policy import NewtonPolicy
from microtann.equilibrium.rigid import rigid_modes
from microtann.equilibrium.running_cost import Cost
from microtann.errors import ConvergenceError
from microtann.fenicsx.temporaries import destroyed_after

Array = NDArray[np.float64]
ITERATIONS_BEFORE_RENEWAL = 60
"""Linear iterations after which a hierarchy of the present tangent pays: building it costs about as much."""
MULTIGRID = {
    "pc_type": "gamg",
    "pc_gamg_threshold": 0.02,
    "mg_levels_ksp_type": "chebyshev",
    "mg_levels_pc_type": "jacobi",
}
"""Smoothed aggregation with the rigid-body motions, as PETSc's options say it."""


class ConstrainedOperator:
    """A matrix whose held components are left alone, as a shell of PETSc.

    Parameters
    ----------
    held : array of bool, shape (n,)
        Of this process.
    """

    def __init__(self, held: Bool[NDArray[np.bool_], "n"]) -> None:
        self.matrix: Any = None
        self._held, self._input = held, None

    def mult(self, shell: Any, given: Any, image: Any) -> None:
        """Multiply: PETSc calls it.

        Parameters
        ----------
        shell : PETSc matrix
        given, image : PETSc vectors
        """
        if self._input is None:
            self._input = given.duplicate()
        inner: Any = self._input
        given.copy(inner)
        inner.array[self._held] = 0.0
        self.matrix.mult(inner, image)
        image.array[self._held] = given.array_r[self._held]

    multTranspose = mult  # noqa: N815 - the name that PETSc calls; used with symmetric matrices only


@dataclass(eq=False)
class PetscModel:
    """Elastic tangent and its preconditioner for one set of held components.

    Parameters
    ----------
    elastic : PetscTangent
    held : array of bool, shape (n,)
        Of this process.
    stiffness : float
        Size of the entries of the elastic tangent, for the round-off of forces.
    """

    elastic: Any
    held: Bool[NDArray[np.bool_], "n"]
    stiffness: float
    _operator: Any
    _shell: Any
    _modes: Any
    _solver: Any

    @staticmethod
    def of(system: Any, elastic: Any, held: Bool[NDArray[np.bool_], "n"]) -> PetscModel:
        """Build the multigrid hierarchy of an elastic tangent.

        Parameters
        ----------
        system : DistributedElements
        elastic : PetscTangent
        held : array of bool, shape (n,)
        """
        from petsc4py import PETSc

        matrix = elastic.matrix
        operator = ConstrainedOperator(held)
        shell = PETSc.Mat().createPython(matrix.getSizes(), context=operator, comm=matrix.comm)
        shell.setUp()
        model = PetscModel(elastic, held, matrix.norm(PETSc.NormType.INFINITY), operator, shell, None, None)
        model._modes = _near_null_space(system, matrix)
        model._solver = model._prepared(matrix)
        return model

    def _prepared(self, matrix: Any, direct: bool = False) -> Any:
        """Return a solver whose preconditioner is built on a matrix, or is its factorisation."""
        from petsc4py import PETSc

        constrained = matrix.copy()
        start, _ = matrix.getOwnershipRange()
        rows = (start + np.flatnonzero(self.held)).astype(np.int32)
        size = float(np.abs(matrix.getDiagonal().array_r).mean()) if len(self.held) else 1.0
        constrained.zeroRowsColumns(rows, diag=size)
        constrained.setNearNullSpace(self._modes)
        self._operator.matrix = matrix
        solver = PETSc.KSP().create(matrix.comm)
        solver.setOptionsPrefix("microtann_")
        options = PETSc.Options("microtann_")
        if direct:
            solver.setType("preonly")
            preconditioner = solver.getPC()
            preconditioner.setType("lu")
            preconditioner.setFactorSolverType("mumps")
            solver.setOperators(constrained, constrained)
        else:
            for name, value in MULTIGRID.items():
                if name not in options:
                    options[name] = value
            solver.setType("cg")
            solver.setOperators(self._shell, constrained)
            solver.setNormType(PETSc.KSP.NormType.UNPRECONDITIONED)
            solver.setFromOptions()
        solver.setUp()
        solver.getPC().setReusePreconditioner(True)
        return solver

    def solve(
        self,
        tangent: Any,
        free: Bool[NDArray[np.bool_], "n"],
        rhs: Float[Array, "n"],
        accuracy: tuple[float, int],
        policy: NewtonPolicy,
        cost: Cost,
    ) -> Solution:
        """Solve for a Newton step to a relative residual within a number of iterations.

        Parameters
        ----------
        tangent : PetscTangent or Damped
        free : array of bool, shape (n,)
            Those that are not held.
        rhs : array, shape (n,)
            Zero at held components.
        accuracy : (float, int)
        policy : NewtonPolicy
        cost : Cost
            Added to.

        Raises
        ------
        ConvergenceError
            If the tangent holds numbers that are not finite.
        """
        clock = time.process_time()
        direct = policy.linear_solver == "direct"
        matrix = _matrix(tangent)
        solver = self._prepared(matrix, direct=True) if direct else self._solver
        with destroyed_after(*matrix.createVecs()) as vectors:
            solution = self._run(solver, matrix, vectors, tangent.symmetric, rhs, accuracy, policy)
        cost.newton += 1
        cost.linear += solution.iterations
        cost.solver += time.process_time() - clock
        renewed = tangent is not self.elastic and solution.iterations > ITERATIONS_BEFORE_RENEWAL
        if renewed:
            clock = time.process_time()
            self._solver = self._prepared(matrix)
            cost.setup += time.process_time() - clock
        if renewed or direct:
            solver.destroy()
        if isinstance(tangent, Damped):
            matrix.destroy()
        return solution

    def _run(
        self,
        solver: Any,
        matrix: Any,
        vectors: tuple[Any, ...],
        symmetric: bool,
        rhs: Array,
        accuracy: tuple[float, int],
        policy: NewtonPolicy,
    ) -> Solution:
        """Solve with a solver that is prepared; with GMRES where the tangent is not symmetric positive."""
        from petsc4py import PETSc

        self._operator.matrix = matrix
        (tolerance, limit), (x, given) = accuracy, vectors
        given.array[:] = rhs
        size = float(given.norm())
        if size == 0.0:
            return Solution(np.zeros_like(rhs), 0, 0.0)
        if not np.isfinite(size):
            raise ConvergenceError("the forces are not finite")
        if policy.linear_solver == "direct":
            solver.solve(given, x)
            return Solution(x.array.copy(), 1, 0.0)
        done = 0
        kinds = ("cg", "gmres") if symmetric and policy.linear_solver == "automatic" else ("gmres",)
        for kind in kinds:
            solver.setType(kind)
            solver.setTolerances(rtol=tolerance, atol=0.0, max_it=limit if kind == "cg" else LINEAR_ITERATIONS)
            if kind == "gmres":
                solver.setPCSide(PETSc.PC.Side.RIGHT)
                solver.setGMRESRestart(LINEAR_ITERATIONS // 5)
            else:
                solver.setPCSide(PETSc.PC.Side.LEFT)
            solver.setNormType(PETSc.KSP.NormType.UNPRECONDITIONED)
            solver.solve(given, x)
            done += solver.getIterationNumber()
            reason = solver.getConvergedReason()
            if reason > 0 or reason == PETSc.KSP.ConvergedReason.DIVERGED_MAX_IT:
                break
        left = float(solver.getResidualNorm()) / size
        answer = np.where(self.held, 0.0, x.array)  # multigrid leaves something there, within the tolerance
        if not np.isfinite(left) or reason == PETSc.KSP.ConvergedReason.DIVERGED_NANORINF:
            raise ConvergenceError(
                f"the linear solver failed (PETSc's reason {reason}): the tangent is not finite"
            )
        return Solution(answer, done, left)


def _matrix(tangent: Any) -> Any:
    """Return the matrix of a tangent."""
    if not isinstance(tangent, Damped):
        return tangent.matrix
    damped, elastic = _matrix(tangent.tangent).copy(), _matrix(tangent.elastic)
    damped.axpy(tangent.weight, elastic, elastic.Structure.SAME_NONZERO_PATTERN)
    return damped


def _near_null_space(system: Any, matrix: Any) -> Any:
    """Return the rigid-body motions, orthonormal, which algebraic multigrid wants to know."""
    from petsc4py import PETSc

    points, vectors = system.points, system.vectors
    one = np.ones(len(points))
    centre = np.array([vectors.dot(column, one) for column in points.T]) / vectors.length(one)
    size = vectors.largest(points - centre) or 1.0
    modes = rigid_modes(points, centre=centre, size=size)
    found: list[Any] = []
    for mode in np.moveaxis(modes, -1, 0):
        vector = matrix.createVecRight()
        vector.array[:] = mode.ravel()
        for before in found:
            vector.axpy(-vector.dot(before), before)
        vector.normalize()
        found.append(vector)
    return PETSc.NullSpace().create(vectors=found, comm=matrix.comm)
