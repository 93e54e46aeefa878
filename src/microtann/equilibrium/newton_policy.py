"""How one increment is brought into equilibrium: linear solver and convergence."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from microtann.numbers.configuration import configuration


@configuration
class NewtonPolicy:
    """Settings of Newton's method.

    Parameters
    ----------
    tolerance : float
        Norm of the residual forces over the largest force seen so far at which an increment is in equilibrium.
    linear_solver : {"automatic", "gmres", "direct"}
        Conjugate gradients for a symmetric tangent and GMRES for any other, GMRES for all, or a sparse
        factorisation of every tangent, for bodies of a few thousand unknowns that no preconditioner suits.
    linear_tolerance : float
        Relative residual at which an iterative linear solver stops at the latest; solves become more accurate as
        Newton's method converges.
    max_iterations : int
        Newton iterations of one increment before it is cut.
    """

    tolerance: Annotated[float, Field(gt=0.0, lt=1.0)] = 1e-10
    linear_solver: Literal["automatic", "gmres", "direct"] = "automatic"
    linear_tolerance: Annotated[float, Field(gt=0.0, lt=1.0)] = 1e-3
    max_iterations: Annotated[int, Field(ge=1)] = 100
