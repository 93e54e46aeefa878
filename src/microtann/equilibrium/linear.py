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


@dataclass(frozen=True, eq=False)
class Solution:
    """Result of a linear solver.

    Parameters
    ----------
    x : array, shape (n,)
    iterations : int
    relative_residual : float
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
    """Solve a symmetric positive definite system to a relative residual."""
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

    References
    ----------
    Y. Saad, Iterative Methods for Sparse Linear Systems, SIAM 2003, Algorithm 9.5.
    """
    x = np.zeros_like(rhs)
    start = float(np.linalg.norm(rhs))
    if start == 0.0:
        return Solution(x, 0, 0.0)
    done, residual = 0, rhs.copy()
    while True:
        norm = float(np.linalg.norm(residual))
        if norm <= tolerance * start or done >= max_iterations:
            return Solution(x, done, norm / start)
        basis = [residual / norm]
        columns: list[Array] = []
        least = norm
        while len(columns) < RESTART and done < max_iterations and least > 0.9 * tolerance * start:
            image = operator(preconditioner(basis[-1]))
            column = np.zeros(len(basis) + 1)
            for _ in range(2):  # twice is enough for orthogonality
                for k, vector in enumerate(basis):
                    part = float(vector @ image)
                    column[k] += part
                    image = image - part * vector
            column[-1] = np.linalg.norm(image)
            columns.append(column)
            done += 1
            hessenberg = np.zeros((len(columns) + 1, len(columns)))
            for k, entries in enumerate(columns):
                hessenberg[: len(entries), k] = entries
            goal = np.zeros(len(columns) + 1)
            goal[0] = norm
            weights = np.linalg.lstsq(hessenberg, goal, rcond=None)[0]
            least = float(np.linalg.norm(goal - hessenberg @ weights))
            if column[-1] <= 1e-14 * norm:
                break
            basis.append(image / column[-1])
        combined = sum(w * v for w, v in zip(weights, basis, strict=False))
        x = x + preconditioner(np.asarray(combined))
        before, residual = norm, rhs - operator(x)
        if float(np.linalg.norm(residual)) > 0.999 * before:  # stagnation: more restarts would not help
            return Solution(x, done, float(np.linalg.norm(residual)) / start)
