"""How one increment is brought into equilibrium: linear solver and convergence."""

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
        float,
        Field(
            gt=0.0,
            lt=1.0,
            description="Relative residual at which an iterative linear solver stops at the latest; solves "
            "become more accurate as Newton's method converges.",
        ),
    ] = 3e-3
    max_iterations: Annotated[
        int, Field(ge=1, description="Newton iterations of one increment before it is cut.")
    ] = 100
    smallest_stiffness: Annotated[
        float,
        Field(
            ge=0.0,
            lt=1.0,
            description="Stiffness over the elastic one at which a motion under forces counts as running away "
            "at the limit load; 0 follows it as far as it goes.",
        ),
    ] = 5e-5
