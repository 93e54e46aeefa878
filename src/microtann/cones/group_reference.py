"""The flow of groups of slips at one point in plain loops: the reference of the compiled solver.

From the trial forces r on the components of groups, whose directions N have the products G = NᵀN, and resistances
k_g, find

    γ = argmin ½ γ·Gγ − r·γ + Σ k_g |γ_g|

with the Euclidean norm of every group. The forces f = r − Gγ are those of the minimum if and only if |f_g| ≤ k_g
where γ_g = 0, and f_g = k_g γ_g/|γ_g| elsewhere: `group_certificate`.

`solve_groups` takes two steps in turn.

1. **Block descent** (`descend_block`): one group after the other is brought to its own minimum, the others being
   held. With the force t that these leave it rests if |t| ≤ k. Else (A + k/s) γ = t with its block A of G and
   s = |γ|: with λ = s/k, |(1 + λA)⁻¹ t| = k. 1/|(1 + λA)⁻¹ t| grows with λ and bends downwards, so that Newton's
   method from λ = 0 comes to the solution from below, in one step where A is a multiple of the identity.
2. **Newton's method** (`step_together`) on the groups that flow, for f_g = k_g γ_g/|γ_g|, whose derivatives are G
   and k_g (1 − u uᵀ)/|γ_g|; half of the step, and half again, as long as it does not lower what is minimised.

Descent never raises the function and finds which groups flow; Newton's method makes the last digits. Where
directions depend on each other, γ is one of many minima, and the forces are the same for all.
`microtann.cones.group_flow_kernel` finds the same forces another way.

References
----------
- P. Tseng, Convergence of a block coordinate descent method for nondifferentiable minimization, J. Optimization
  Theory and Applications 109 (2001), 475-494.
- J. J. Moré and D. C. Sorensen, Computing a trust region step, SIAM J. Scientific and Statistical Computing 4
  (1983), 553-572.
"""

from __future__ import annotations

from math import sqrt

Vector = list[float]
Matrix = list[list[float]]
SWEEPS = 5000
"""Sweeps before the minimum counts as not found."""
HALVINGS = 20
DEPENDENT = 1e-14
"""What is added to Newton's diagonal, relative to its largest entry."""


def solve_groups(gram: Matrix, first: list[int], resistance: Vector, trial: Vector, accuracy: float) -> Vector:
    """Return the flow γ.

    Parameters
    ----------
    gram : matrix, m rows
        G.
    first : list of int
        First component of every group, and m.
    resistance : list of G numbers
        k > 0.
    trial : list of m numbers
        r.
    accuracy : float
        Certificate at which the flow is found, relative to the resistances.

    Raises
    ------
    ArithmeticError
        If it is not found.
    """
    flow = [0.0] * len(trial)
    for _ in range(SWEEPS):
        if group_certificate(gram, first, resistance, trial, flow) <= accuracy:
            return flow
        for g in range(len(resistance)):
            descend_block(gram, first[g], first[g + 1], resistance[g], trial, flow)
        if group_certificate(gram, first, resistance, trial, flow) > accuracy:
            step_together(gram, first, resistance, trial, flow)
    raise ArithmeticError("the flow of the groups is not found")


def group_certificate(gram: Matrix, first: list[int], resistance: Vector, trial: Vector, flow: Vector) -> float:
    """Return by how much the forces differ most from those of the minimum, relative to the resistances.

    Parameters
    ----------
    gram, first, resistance, trial, flow
        As for `solve_groups`.
    """
    force, worst = _forces(gram, trial, flow), 0.0
    for g, k in enumerate(resistance):
        own = range(first[g], first[g + 1])
        s = _norm([flow[i] for i in own])
        share = k / s if s > 0.0 else 0.0
        away = _norm([force[i] - share * flow[i] for i in own]) - (0.0 if s > 0.0 else k)
        worst = max(worst, away / k)
    return worst


def descend_block(gram: Matrix, start: int, end: int, k: float, trial: Vector, flow: Vector) -> None:
    """Bring one group to its minimum, the others being held.

    Parameters
    ----------
    gram : matrix
    start, end : int
        Components of the group.
    k : float
        Its resistance.
    trial, flow : lists of m numbers
        r and γ, whose components of the group are written.
    """
    own = range(start, end)
    others = [trial[i] - sum(gram[i][j] * flow[j] for j in range(len(flow)) if not start <= j < end) for i in own]
    ratio, solution = 0.0, others
    if _norm(others) > k:
        for _ in range(100):
            matrix = [[(i == j) + ratio * gram[i][j] for j in own] for i in own]
            solution = _solved(matrix, others)
            size = _norm(solution)
            # d(1/|f|)/dλ = f·(1 + λA)⁻¹A f / |f|³
            moved = _solved(matrix, [sum(gram[i][j] * solution[j - start] for j in own) for i in own])
            slope = sum(a * b for a, b in zip(solution, moved, strict=True)) / size**3
            step = (1.0 / k - 1.0 / size) / slope
            ratio += step
            if step <= 1e-15 * ratio:
                break
    for i in own:
        flow[i] = ratio * solution[i - start]


def step_together(gram: Matrix, first: list[int], resistance: Vector, trial: Vector, flow: Vector) -> None:
    """Take a step of Newton's method in the groups that flow, as far as it lowers what is minimised.

    Parameters
    ----------
    gram, first, resistance, trial
        As for `solve_groups`.
    flow : list of m numbers
        γ, which is written.
    """
    force = _forces(gram, trial, flow)
    members, right, curved = [], [], {}
    for g, k in enumerate(resistance):
        own = range(first[g], first[g + 1])
        s = _norm([flow[i] for i in own])
        if s > 0.0:
            for i in own:
                members.append(i)
                right.append(force[i] - k * flow[i] / s)
                for j in own:
                    curved[i, j] = k / s * ((i == j) - flow[i] * flow[j] / s**2)
    if not members:
        return
    matrix = [[gram[i][j] + curved.get((i, j), 0.0) for j in members] for i in members]
    ridge = DEPENDENT * max(matrix[p][p] for p in range(len(members)))
    for p in range(len(members)):
        matrix[p][p] += ridge
    step, fraction, before = _solved(matrix, right), 1.0, _minimised(gram, first, resistance, trial, flow)
    for _ in range(HALVINGS):
        moved = list(flow)
        for i, change in zip(members, step, strict=True):
            moved[i] += fraction * change
        if _minimised(gram, first, resistance, trial, moved) <= before:
            flow[:] = moved
            return
        fraction *= 0.5


def _forces(gram: Matrix, trial: Vector, flow: Vector) -> Vector:
    """Return f = r − Gγ."""
    return [r - sum(a * b for a, b in zip(row, flow, strict=True)) for r, row in zip(trial, gram, strict=True)]


def _minimised(gram: Matrix, first: list[int], resistance: Vector, trial: Vector, flow: Vector) -> float:
    """Return ½ γ·Gγ − r·γ + Σ k_g |γ_g|."""
    force = _forces(gram, trial, flow)
    total = -0.5 * sum((r + f) * x for r, f, x in zip(trial, force, flow, strict=True))
    return total + sum(k * _norm(flow[first[g] : first[g + 1]]) for g, k in enumerate(resistance))


def _norm(vector: Vector) -> float:
    return sqrt(sum(x * x for x in vector))


def _solved(matrix: Matrix, right: Vector) -> Vector:
    """Return the solution of a symmetric, positive definite system, by Cholesky's factors."""
    n = len(right)
    lower, x = [[0.0] * n for _ in range(n)], list(right)
    for p in range(n):
        for q in range(p):
            total = matrix[p][q] - sum(lower[p][k] * lower[q][k] for k in range(q))
            lower[p][q] = total / lower[q][q]
        lower[p][p] = sqrt(matrix[p][p] - sum(lower[p][k] ** 2 for k in range(p)))
        x[p] = (x[p] - sum(lower[p][k] * x[k] for k in range(p))) / lower[p][p]
    for p in range(n - 1, -1, -1):
        x[p] = (x[p] - sum(lower[k][p] * x[k] for k in range(p + 1, n))) / lower[p][p]
    return x
