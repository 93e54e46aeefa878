"""How one increment is brought into equilibrium: linear solver, forcing, damping, line search, convergence."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from microtann.numbers.configuration import configuration


@configuration
class NewtonPolicy:
    """Settings of Newton's method."""

    tolerance: Annotated[
        float,
        Field(
            gt=0.0,
            lt=1.0,
            description="Norm of the residual forces over the largest force seen so far at which an increment "
            "is in equilibrium.",
        ),
    ] = 1e-10
    linear_solver: Annotated[
        Literal["automatic", "gmres", "direct"],
        Field(
            description="Conjugate gradients for a symmetric tangent and GMRES for any other, GMRES for all, "
            "or a sparse factorisation of every tangent, for bodies of a few thousand unknowns "
            "that no preconditioner suits."
        ),
    ] = "automatic"
    linear_tolerance: Annotated[
        float, Field(gt=0.0, lt=1.0, description="Relative residual at which an iterative linear solver stops.")
    ] = 1e-3
    forcing: Annotated[
        Literal["adaptive", "constant"],
        Field(description="Whether linear solves become more accurate as Newton's method converges, or never."),
    ] = "adaptive"
    damping: Annotated[
        bool, Field(description="Whether the tangent is made stiffer where a step makes little headway.")
    ] = True
    line_search: Annotated[bool, Field(description="Whether a step that overshoots is shortened.")] = True
    max_iterations: Annotated[
        int, Field(ge=1, description="Newton iterations of one increment before it is cut.")
    ] = 100
    max_linear_iterations: Annotated[
        int, Field(ge=1, description="Iterations of the linear solver in one Newton iteration.")
    ] = 500
    stagnation: Annotated[
        int,
        Field(
            ge=1,
            description="Iterations without a new smallest residual after which an increment that is no convex"
            " problem is cut.",
        ),
    ] = 20
