"""Krylov solvers of a Newton step: conjugate gradients, and GMRES where the tangent is not symmetric positive."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

Array = NDArray[np.float64]
Apply = Callable[[Array], Array]
RESTART = 60
BREAKDOWN = 1e-14
"""What orthogonalisation leaves of a vector, relative to it, below which there is nothing but round-off."""


@dataclass(frozen=True, eq=False)
class Solution:
    """Result of a linear solver.

    Parameters
    ----------
    x : array, shape (n,)
    iterations : int
    relative_residual : float
        Not a number where the operator or the preconditioner gave something that is not finite.
    indefinite : bool
        Conjugate gradients met a direction of no positive curvature and stopped.
    """

    x: Float[Array, "n"]
    iterations: int
    relative_residual: float
    indefinite: bool = False


def conjugate_gradients(
    operator: Apply, preconditioner: Apply, rhs: Float[Array, "n"], tolerance: float, max_iterations: int
) -> Solution:
    """Solve a symmetric positive definite system to a relative residual.

    Parameters
    ----------
    operator, preconditioner : callable
        Of vectors of shape (n,).
    rhs : array, shape (n,)
    tolerance : float
        Norm of the residual over that of the right-hand side.
    max_iterations : int
    """
    x = np.zeros_like(rhs)
    residual = rhs.copy()
    start = float(np.linalg.norm(rhs))
    if start == 0.0:
        return Solution(x, 0, 0.0)
    direction = preconditioner(residual)
    product = float(residual @ direction)
    norm = start
    for iteration in range(1, max_iterations + 1):
        image = operator(direction)
        curvature = float(direction @ image)
        if not (curvature > 0.0 and product > 0.0):
            return Solution(x, iteration, norm / start, indefinite=True)
        step = product / curvature
        x += step * direction
        residual -= step * image
        norm = float(np.linalg.norm(residual))
        if norm <= tolerance * start:
            break
        improved = preconditioner(residual)
        previous, product = product, float(residual @ improved)
        direction *= product / previous
        direction += improved
    return Solution(x, iteration, norm / start)


def gmres(
    operator: Apply, preconditioner: Apply, rhs: Float[Array, "n"], tolerance: float, max_iterations: int
) -> Solution:
    """Solve a general system to a relative (true) residual: restarted GMRES with the preconditioner on the right.

    Weights are least squares, not a triangular solve: where the operator is singular, as where a material has no
    stiffness left, they stay bounded (those of SciPy's GMRES grow to 1e16).

    Parameters
    ----------
    operator, preconditioner : callable
        Of vectors of shape (n,).
    rhs : array, shape (n,)
    tolerance : float
        Norm of the residual over that of the right-hand side.
    max_iterations : int
        Applications of the operator, over all restarts.

    References
    ----------
    Y. Saad, Iterative Methods for Sparse Linear Systems, SIAM 2003, Algorithm 9.5.
    """
    x, residual = np.zeros_like(rhs), rhs.copy()
    start = norm = float(np.linalg.norm(rhs))
    if start == 0.0:
        return Solution(x, 0, 0.0)
    done = 0
    while norm > tolerance * start and done < max_iterations:  # no longer where the norm is not a number
        basis = [residual / norm]
        hessenberg = np.zeros((RESTART + 1, RESTART))
        weights: Array = np.zeros(0)
        least, size = norm, 0
        while size < RESTART and done < max_iterations and least > 0.9 * tolerance * start:
            image = operator(preconditioner(basis[-1]))
            done += 1
            length = float(np.linalg.norm(image))
            if not np.isfinite(length):
                return Solution(x, done, np.nan)
            for _ in range(2):  # twice is enough for orthogonality
                for k, vector in enumerate(basis):
                    part = float(vector @ image)
                    hessenberg[k, size] += part
                    image = image - part * vector
            size += 1
            rest = float(np.linalg.norm(image))
            hessenberg[size, size - 1] = rest
            goal = np.zeros(size + 1)
            goal[0] = norm
            small = hessenberg[: size + 1, :size]
            weights = np.asarray(np.linalg.lstsq(small, goal, rcond=None)[0], dtype=np.float64)
            least = float(np.linalg.norm(goal - small @ weights))
            if rest <= BREAKDOWN * length:  # the basis spans all that the operator reaches from here
                break
            basis.append(image / rest)
        combined = sum(w * v for w, v in zip(weights, basis, strict=False))
        better = x + preconditioner(np.asarray(combined))
        residual = rhs - operator(better)
        before, norm = norm, float(np.linalg.norm(residual))
        if not np.isfinite(norm):
            return Solution(x, done, np.nan)
        x = better
        if norm > 0.999 * before:  # stagnation, a singular operator say: more restarts would not help
            break
    return Solution(x, done, norm / start)
