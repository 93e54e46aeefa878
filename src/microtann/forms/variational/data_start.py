"""A variational TANN from internal coordinates, without a lattice: energy by least squares, slips by sight.

With the principal components q of the residual coordinates, the energy ½ E·C E + E·G q + ½ q·M q is linear in C,
G and M, which stress, energy and dissipation fix. The states Z = √M q then have the energy ½ |P E|² + ½ |B E − Z|²
of the form, and the forces T = B E − Z are known in every increment. Where a single slip flows, Z moves along its
normal, so that increments that move Z in one direction tell the normal, and their forces the resistance: all
forces of the data must lie within. Once some slips are known, those that flow alone but for these are found alike.
For slips that are not seen, planes that touch the data stand in; training moves them. Where these would be
the more, as where nothing slips in single directions (the plastic strain of a solid), there is no such start.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, null_space
from scipy.optimize import nnls

from microtann.data.increments import Dataset
from microtann.errors import InputError
from microtann.forms.variational.slip_reduction import RANK_TOLERANCE, CompleteSystem, SlipSystem, reduce_slips
from microtann.numbers.singular_vectors import singular_vectors
from microtann.tann.reduction import ResidualReduction
from microtann.tann.scaling import Scaling
from microtann.training.preparation import driving_variables

Array = NDArray[np.float64]
MOST_COMPONENTS = 110
"""Principal components up to which the energy is fitted: it has half the square of their number of unknowns."""
SAMPLES = 3000
"""Most states from which profiles and principal components are taken."""
ROWS_PER_UNKNOWN = 1.2
"""Equations of the energy over its unknowns, and of the dissipation."""
REFINEMENTS = 3
SAME_DIRECTION = 1e-6
"""Distance of unit vectors that are one direction."""
ON_PLANE = 1e-5
"""Relative distance from its plane at which a force is on it."""
LEAST_SEEN = 3
"""Increments in one direction that make a slip."""
MOVES = 1e-6
"""An increment flows if it moves Z by more than this fraction of the root mean square."""


def is_discoverable(dataset: Dataset, components: int) -> bool:
    """Return whether slips can be looked for.

    That takes few principal components, more increments than the energy of these has unknowns, strain alone as a
    driving variable, and data that tell energy and dissipation.
    """
    if dataset.training.unknown or not dataset.training.with_coordinates.all():
        return False
    unknowns = components * (components + 1) // 2
    return components <= MOST_COMPONENTS and len(dataset.training) >= 2 * unknowns and not dataset.extra_names


def slips_from_data(
    dataset: Dataset,
    scaling: Scaling,
    reduction: ResidualReduction,
    states: int,
    slips: int,
    seed: int,
) -> SlipSystem | None:
    """Return the slip system that the internal coordinates show; None if they show fewer than half of the slips.

    Parameters
    ----------
    dataset : Dataset
        Without extra state variables.
    scaling : Scaling
    reduction : ResidualReduction
        Whose principal components q = Wᵀ (ξ − A y) are looked at.
    states, slips : int
        Numbers that are returned; fewer states if the coordinates have fewer components.
    seed : int
        Of the sample of increments, and of the planes that stand for slips that are not seen.

    Raises
    ------
    InputError
        If there are too few increments for the energy.
    """
    data, generator = dataset.training, np.random.default_rng(seed)
    elastic_response = np.asarray(reduction.elastic)
    whitening = np.asarray(reduction.weight[:, None] * reduction.vectors / reduction.deviation)
    at_start, increment = driving_variables(data, scaling)
    strain, v = at_start + increment, data.strain.shape[1]
    before = (data.coordinates - at_start @ elastic_response.T) @ whitening
    after = (data.coordinates_next - strain @ elastic_response.T) @ whitening
    stress = data.stress_next / np.asarray(scaling.stress(v))
    energy = float(scaling.energy)
    elastic, coupling, stiffness = quadratic_energy(
        strain, before, after, stress, data.energy_next / energy, data.dissipation / energy, generator
    )
    values, vectors = np.linalg.eigh(stiffness)
    kept = values > RANK_TOLERANCE * values[-1]
    root = np.sqrt(values[kept])[:, None] * vectors[:, kept].T
    driven = -(coupling @ (vectors[:, kept] / np.sqrt(values[kept]))).T
    state, moved = after @ root.T, (after - before) @ root.T
    force = strain @ driven.T - state
    normals = seen_slips(force, moved)
    missing = len(normals) - normals.shape[1]
    if missing > normals.shape[1]:
        return None
    if missing > 0:
        planes = null_space(normals.T) @ generator.standard_normal((missing, missing))
        normals = np.hstack([normals, planes / np.abs(force @ planes).max(axis=0)])
    chosen = state[:: max(1, len(state) // SAMPLES)]
    slipped = np.linalg.lstsq(normals, chosen.T, rcond=None)[0].T
    leading = singular_vectors(slipped * np.linalg.norm(normals, axis=0))[2][0]
    sense = np.where(leading < 0.0, -1.0, 1.0)  # slips that go together go in one sense, as those merged must
    return reduce_slips(CompleteSystem(elastic, driven, sense * normals, sense * slipped), states, slips).system


def quadratic_energy(
    strain: Float[Array, "n v"],
    before: Float[Array, "n r"],
    after: Float[Array, "n r"],
    stress: Float[Array, "n v"],
    energy: Float[Array, "n"],
    dissipation: Float[Array, "n"],
    generator: np.random.Generator,
) -> tuple[Float[Array, "v v"], Float[Array, "v r"], Float[Array, "r r"]]:
    """Return C, G and M of Ψ = ½ E·C E + E·G q + ½ q·M q by least squares.

    C and G follow from the stress; M from the energy and from the dissipation −(Gᵀ E + M q) · Δq. Its normal
    equations are solved with iterative refinement.

    Parameters
    ----------
    strain : array, shape (n, v)
        E at the end of every increment; like all that follows, in the scaled variables of a model.
    before, after : array, shape (n, r)
        Principal components q at its beginning and its end.
    stress : array, shape (n, v)
        At its end.
    energy, dissipation : array, shape (n,)
        Ψ at its end, and D Δt.
    generator : Generator
        Draws the increments that are looked at, where there are very many.

    Raises
    ------
    InputError
        If there are too few increments for M.
    """
    v, r = strain.shape[1], after.shape[1]
    solution, *_ = np.linalg.lstsq(np.hstack([strain, after]), stress, rcond=1e-12)
    elastic = np.asarray(0.5 * (solution[:v] + solution[:v].T), dtype=np.float64)
    coupling = np.asarray(solution[v:].T, dtype=np.float64)
    change, drive = after - before, strain @ coupling
    stored = energy - 0.5 * np.einsum("ni,ij,nj->n", strain, elastic, strain) - np.einsum("nr,nr->n", drive, after)
    lost = -dissipation - np.einsum("nr,nr->n", drive, change)
    first, second = np.triu_indices(r)
    flowing = np.flatnonzero(np.abs(change).max(axis=1) > 0.0)
    count = int(ROWS_PER_UNKNOWN * len(first)) + 10
    if len(flowing) < LEAST_SEEN:
        raise InputError(
            "nothing irreversible happens in the training data: use larger increments or longer walks"
        )
    rows, targets = [], []
    for pool, left, target in (
        (generator.permutation(len(after))[:count], 0.5 * after, stored),
        (generator.permutation(flowing)[:count], change, lost),
    ):
        products = left[pool][:, first] * after[pool][:, second] + left[pool][:, second] * after[pool][:, first]
        size = np.sqrt(np.mean(target[pool] ** 2)) or 1.0
        rows.append(np.where(first == second, 0.5, 1.0) * products / size)
        targets.append(target[pool] / size)
    matrix, right = np.concatenate(rows), np.concatenate(targets)
    if len(matrix) < len(first):
        raise InputError(f"{len(matrix)} equations do not fix an energy of {r} components: use more increments")
    scale = np.sqrt(np.mean(matrix**2, axis=0))
    matrix /= scale
    normal = matrix.T @ matrix
    normal[np.diag_indices(len(first))] += 1e-14 * np.trace(normal) / len(first)
    factor = cho_factor(normal)
    entries = np.zeros(len(first))
    for _ in range(1 + REFINEMENTS):
        entries += cho_solve(factor, matrix.T @ (right - matrix @ entries))
    stiffness = np.zeros((r, r))
    stiffness[first, second] = entries / scale
    stiffness += np.triu(stiffness, 1).T
    return elastic, coupling, stiffness


def seen_slips(force: Float[Array, "n z"], moved: Float[Array, "n z"]) -> Float[Array, "z s"]:
    """Return the normals of the slips that flow alone in some increments, or together with such slips only.

    Parameters
    ----------
    force, moved : array, shape (n, z)
        Forces T at the end of every increment, and what it moves Z by.
    """
    size = np.linalg.norm(moved, axis=1)
    least = MOVES * np.sqrt(np.mean(size**2))
    normals = np.zeros((force.shape[1], 0))
    while normals.shape[1] < len(normals):
        rest = null_space(normals.T)  # what the slips that are known do not move
        new = _alone(force, moved @ rest, rest, normals, least)
        found = _irredundant(np.hstack([normals, *(column[:, None] for column in new)]))
        if found.shape[1] <= normals.shape[1]:
            break
        normals = found
    return normals


def _alone(
    force: Float[Array, "n z"],
    moved: Float[Array, "n k"],
    rest: Float[Array, "z k"],
    known: Float[Array, "z s"],
    least: float,
) -> list[Float[Array, "z"]]:
    """Return normals of slips that flow alone but for those that are known, those seen most often first.

    Such increments move Z in one direction p, up to what the known slips do, and their forces lie on one plane:
    the normal is a combination of p and the known normals with T · n = ±1.
    """
    size = np.linalg.norm(moved, axis=1)
    flowing = np.flatnonzero(size > least)
    views = np.random.default_rng(0).standard_normal((3, rest.shape[1]))
    direction = moved[flowing] / size[flowing, None]
    sign = np.where(direction @ views[0] < 0.0, -1.0, 1.0)
    direction *= sign[:, None]
    groups = [np.arange(len(flowing))]
    for view in views[1:]:
        groups = [part for group in groups for part in _runs(group, direction[group] @ view)]
    normals = []
    for group in sorted(groups, key=len, reverse=True):
        span = np.column_stack([rest @ direction[group].mean(axis=0), known])
        if len(group) < span.shape[1] + LEAST_SEEN - 1:
            continue
        on_plane = (force[flowing[group]] @ span) * sign[group, None]
        share, _, rank, _ = np.linalg.lstsq(on_plane, np.ones(len(group)), rcond=SAME_DIRECTION)
        normal = span @ share
        fits = rank == span.shape[1] and np.abs(on_plane @ share - 1.0).max() <= ON_PLANE
        if fits and np.abs(force @ normal).max() <= 1.0 + ON_PLANE:
            normals.append(normal)
    return normals


def _runs(group: NDArray[np.int64], key: Float[Array, "g"]) -> list[NDArray[np.int64]]:
    """Return the parts of a group whose keys are one number, if they are large enough to make a slip."""
    order = np.argsort(key, kind="stable")
    parts = np.split(group[order], np.flatnonzero(np.diff(key[order]) > SAME_DIRECTION) + 1)
    return [part for part in parts if len(part) >= LEAST_SEEN]


def _irredundant(normals: Float[Array, "z s"]) -> Float[Array, "z k"]:
    """Return the normals without those whose planes follow from others: mixtures of slips that flowed together."""
    kept = list(range(normals.shape[1]))
    for number in reversed(range(normals.shape[1])):
        others = normals[:, [k for k in kept if k != number]]
        if others.shape[1] == 0:
            continue
        share, rest = nnls(np.hstack([others, -others]), normals[:, number])
        if rest <= ON_PLANE * np.linalg.norm(normals[:, number]) and share.sum() <= 1.0 + ON_PLANE:
            kept.remove(number)
    return normals[:, kept]
