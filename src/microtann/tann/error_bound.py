"""Bounds of the errors of a TANN along a path, without solving its microstructure, where that is one of slips.

Let α̃ be the slips that a TANN decodes, such as the plastic strains of the distinct bars of a lattice, and α those
of the exact microstructure, which follow the flow rule from the virgin state. With its slip problem, χ̃ = b(E) − K
α̃ are the forces on α̃ and χ̂ any admissible ones, |χ̂ᵢ| ≤ kᵢ; here the nearest in every component. The error e =
α̃ − α then obeys

    |e⁺|² ≤ |e|² + 2 Σ (k |Δα̃| − χ̂ Δα̃) + |χ̃ − χ̂|²,

in the norms of K and, for forces, of K⁻¹. Proof: |e⁺|² − |e|² = 2 ⟨K e⁺, e⁺ − e⟩ − |e⁺ − e|² with K e⁺ = χ − χ̃ and
e⁺ − e = Δα̃ − Δα; since χ Δα = k |Δα| ≥ χ̂ Δα and χ Δα̃ ≤ k |Δα̃|, the product is at most
Σ (k |Δα̃| − χ̂ Δα̃) − ⟨χ̃ − χ̂, e⁺ − e⟩, and −2 ⟨δ, x⟩ − |x|² ≤ |δ|² for every x. The last step keeps the error of
the forces from being multiplied by that of the past.

As the exact forces are admissible, |e| = |χ − χ̃| is no larger than the distance of χ̃ from the farthest admissible
forces either, however long the path.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from scipy import linalg

from microtann.errors import InputError
from microtann.microstructure.protocol import Microstructure
from microtann.slips.problem import SlipProblem

Array = NDArray[np.float64]


class ErrorBound(NamedTuple):
    """Upper bounds of the errors of a recall; "..." is (T,) or (B, T).

    Parameters
    ----------
    stress : array, shape (..., v)
        Of every component of the stress.
    plastic_strain : array, shape (...)
        Of the decoded slips α, the plastic strains of the distinct bars in lattices, in the norm √(α · K α); half
        its square is an energy per unit volume.
    """

    stress: Float[Array, "*batch v"]
    plastic_strain: Float[Array, "*batch"]


def bound_errors(
    problem: SlipProblem,
    strain: Float[Array, "B T v"],
    stress: Float[Array, "B T v"],
    plastic_strain: Float[Array, "B T m"],
    virgin: Float[Array, "m"],
) -> ErrorBound:
    """Return bounds of the errors along paths from the virgin state, up to round-off.

    Parameters
    ----------
    problem : SlipProblem
    strain, stress : array, shape (B, T, v)
        At the end of every increment; the stress is that of the model.
    plastic_strain : array, shape (B, T, m)
        Slips, as the model decodes them.
    virgin : array, shape (m,)
        As the model decodes them in the virgin state, where they should be zero.

    Raises
    ------
    InputError
        If some slip has no hardening, so that forces do not determine the slips.
    """
    try:
        root = linalg.cholesky(problem.hessian, lower=True)
    except linalg.LinAlgError:
        root = np.zeros_like(problem.hessian)
    if not np.diag(root).min() > np.sqrt(np.finfo(np.float64).eps * np.diag(problem.hessian).max()):
        raise InputError(
            "errors of microstructures with no hardening (a lattice whose bars have none) cannot be bounded: "
            "forces do not determine plastic strains there; compare with its exact response"
        )
    force = strain @ problem.coupling.T - plastic_strain @ problem.hessian
    admissible = np.clip(force, -problem.resistance, problem.resistance)
    moved = np.diff(plastic_strain, axis=1, prepend=np.broadcast_to(virgin, plastic_strain[:, :1].shape))
    gap = np.abs(moved) @ problem.resistance - (admissible * moved).sum(axis=-1)
    excess = linalg.solve_triangular(root, (force - admissible).reshape(-1, problem.count).T, lower=True)
    growth = 2.0 * gap + (excess**2).sum(axis=0).reshape(gap.shape)
    inverse = linalg.cho_solve((root, True), np.eye(problem.count))
    farthest = problem.resistance + np.abs(force)
    most = ((farthest @ np.abs(inverse)) * farthest).sum(axis=-1)
    square, now = np.empty_like(growth), np.full(len(growth), float(virgin @ problem.hessian @ virgin))
    for step in range(growth.shape[1]):
        now = np.minimum(now + growth[:, step], most[:, step])
        square[:, step] = now
    norm = np.sqrt(square)
    # what an error of α, or of the forces on it, makes of the stress
    to_stress = inverse @ problem.coupling
    size = np.sqrt((to_stress * problem.coupling).sum(axis=0))
    widest = problem.resistance @ np.abs(to_stress) + np.abs(force @ to_stress)
    apart = np.abs(stress - problem.stress(strain, plastic_strain))
    return ErrorBound(apart + np.minimum(norm[..., None] * size, widest), norm)


def bound_decoded(
    microstructure: Microstructure | None,
    decode: Callable[[Array, Array], Mapping[str, Array]],
    strain: Float[Array, "*batch v"],
    stress: Float[Array, "*batch v"],
    state: Float[Array, "*beginning z"],
) -> ErrorBound:
    """Return bounds of the errors of a model along paths from the virgin state, from the slips that it decodes.

    Parameters
    ----------
    microstructure : Microstructure or None
        That of the model; None if it does not depend on strain alone.
    decode : callable
        Returns internal coordinates of states and strains, shape (n, z) and (n, v).
    strain, stress : array, shape (..., T, v)
    state : array, shape (..., T + 1, z)
        Internal state variables, with those of the virgin state first.

    Raises
    ------
    InputError
        If errors cannot be bounded.
    """
    known = microstructure if microstructure is not None and microstructure.solvable else None
    problem = None if known is None else known.slip_problem()
    slips = None
    if known is not None and problem is not None:
        driving = np.concatenate([np.zeros_like(strain[..., :1, :]), strain], axis=-2)
        points = driving.reshape(-1, driving.shape[-1])
        follows = known.state_of(decode(state.reshape(len(points), -1), points), points)
        slips = None if follows is None else follows[problem.variable].reshape(*driving.shape[:-1], -1)
    if problem is None or slips is None:
        raise InputError(
            "errors can be bounded for models that depend on strain alone and decode the slips of their "
            "microstructure, as those of lattices do by displacements and forces; compare this one with data"
        )
    strains, stresses, moved = (a.reshape(-1, *a.shape[-2:]) for a in (strain, stress, slips[..., 1:, :]))
    bounds = bound_errors(problem, strains, stresses, moved, slips.reshape(-1, problem.count)[0])
    return ErrorBound(bounds.stress.reshape(stress.shape), bounds.plastic_strain.reshape(stress.shape[:-1]))
