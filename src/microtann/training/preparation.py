"""What forms take from the data before they learn: scales, elastic response, principal components, metadata."""

from __future__ import annotations

import warnings

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.data.increments import Dataset, Increments
from microtann.errors import InputError, ReadingNote
from microtann.numbers.coordinates import columns
from microtann.numbers.singular_vectors import singular_vectors
from microtann.system.memory import require_memory
from microtann.tann.information import Information
from microtann.tann.scaling import Scaling
from microtann.training.elastic_rows import NOISE_MARGIN, elastic_increments, most_elastic_increments

Array = NDArray[np.float64]
COMPONENT_TOLERANCE = 1e-7
"""Principal components of the residual below this fraction of the largest are round-off."""
PARAMETER_COPIES = 64
"""Copies of the parameters that optimisers keep (L-BFGS: thirty pairs)."""
ROW_COPIES = 4
"""Numbers that are kept for every state and increment of a batch, for the gradient."""
COMPONENT_SAMPLES = 20_000
"""Most increments from which the principal components are taken."""
FIELD_COORDINATES, FIELD_SAMPLES = 2_000, 400
"""With more coordinates than this, as fields of points have, so many increments are enough."""


def require_coordinates(dataset: Dataset) -> None:
    """Refuse data without internal coordinates, energy or dissipation, for forms that learn from these.

    Raises
    ------
    InputError
    """
    if dataset.training.coordinates.shape[1] == 0:
        raise InputError(
            "the data set has no internal coordinates, from which this form finds its internal state variables: "
            "write displacements, forces or other microscopic quantities into it, or train the form "
            "'variational', which does without"
        )
    if not all(part.with_coordinates.all() for part in (dataset.training, dataset.validation)):
        raise InputError(
            "the data set has internal coordinates in some of its increments only: write them for all, or train "
            "the form 'variational', which does with some"
        )
    if dataset.training.unknown:
        raise InputError(
            f"the data set has no {' and no '.join(dataset.training.unknown)}, from which this form learns: write "
            "them into it, or train the form 'variational', which does without"
        )


def require_memory_for(states: int, inputs: int, rows: int) -> None:
    """Refuse more internal state variables than a training run can hold.

    Parameters
    ----------
    states : int
    inputs : int
        Numbers that every state is a function of.
    rows : int
        Increments that are evaluated at once.

    Raises
    ------
    InputError
    """
    size = 8.0 * states * (PARAMETER_COPIES * inputs + ROW_COPIES * rows)
    require_memory(f"training {states} internal state variables", size, "use fewer states, or smaller batches")


def scale_of(data: Increments) -> Scaling:
    """Return scales from the root mean squares of strain, extra state variables and energy."""
    strain = np.full(data.strain.shape[1], _rms(data.strain + data.strain_increment))
    extra = np.array([_rms(column) for column in (data.extra + data.extra_increment).T])
    stored = data.energy_next
    if "energy" in data.unknown:  # of its order
        stored = 0.5 * np.einsum("nv,nv->n", data.stress_next, data.strain + data.strain_increment)
    energy = _rms(stored)
    if not strain.all() or energy == 0.0:
        raise InputError("the training data hold no deformation: strain or energy is zero in every increment")
    return Scaling(jnp.asarray(np.concatenate([strain, np.where(extra == 0.0, 1.0, extra)])), jnp.asarray(energy))


def driving_variables(data: Increments, scaling: Scaling) -> tuple[Float[Array, "n y"], Float[Array, "n y"]]:
    """Return the scaled driving variables y = (E, extra) at t and their increments."""
    scale = np.asarray(scaling.driving)
    at_start = np.concatenate([data.strain, data.extra], axis=1) / scale
    return at_start, np.concatenate([data.strain_increment, data.extra_increment], axis=1) / scale


def elastic_response(data: Increments, increment: Float[Array, "n y"]) -> Float[Array, "c y"]:
    """Return A with Δξ = A Δy on the elastic increments; without these, on those that dissipate least.

    Any A makes residual coordinates ξ − A y; that of elastic increments makes those that rest while nothing flows.

    Raises
    ------
    InputError
        If increments do not span the driving variables.

    Warns
    -----
    ReadingNote
        If the elastic increments do not span them, so that others take their place.
    """
    elastic = elastic_increments(data)
    moved = increment[elastic]
    if not _spans(moved):
        count, elastic = int(elastic.sum()), most_elastic_increments(data)
        moved = increment[elastic]
        if not _spans(moved):
            raise InputError(
                f"only {count} of {len(data)} training increments are elastic, and all that move do not span the "
                "driving variables: let every component of these vary in the data"
            )
        warnings.warn(
            f"only {count} of {len(data)} training increments are elastic, as in materials without an elastic "
            f"domain: the elastic response of the internal coordinates is that of the {int(elastic.sum())} "
            "increments that dissipate least; if the material has an elastic domain, add smaller increments",
            ReadingNote,
            stacklevel=2,
        )
    change = data.coordinates_next[elastic] - data.coordinates[elastic]
    solution, *_ = np.linalg.lstsq(moved, change, rcond=None)
    return np.asarray(solution.T)


def _spans(moved: Float[Array, "n y"]) -> bool:
    """Return whether increments go in all directions."""
    rank = np.linalg.matrix_rank(moved.T @ moved, tol=1e-8, hermitian=True) if len(moved) else 0
    return bool(rank == moved.shape[1])


def residual_components(
    dataset: Dataset, driving: Float[Array, "n y"], increment: Float[Array, "n y"], elastic: Float[Array, "c y"]
) -> tuple[Float[Array, "c"], Float[Array, "c r"], Float[Array, "r"]]:
    """Return the weights of the coordinates, and principal directions and deviations of their residual.

    Groups of coordinates have different units, so each is weighted by the inverse of its root mean square. A
    component is kept if it exceeds the noise of the coordinates, which the elastic increments tell: there they
    should follow the elastic response exactly.

    Parameters
    ----------
    dataset : Dataset
    driving, increment : array, shape (n, y)
        Scaled driving variables at the end of the training increments, and their increments.
    elastic : array, shape (c, y)
        Elastic response of the coordinates.

    Raises
    ------
    InputError
        If the residual vanishes: nothing irreversible happens in the data.
    """
    coordinates = dataset.training.coordinates_next
    weight = np.empty(coordinates.shape[1])
    for part in columns(dataset.coordinate_shapes).values():
        weight[part] = 1.0 / (_rms(coordinates[:, part]) or 1.0)
    samples = COMPONENT_SAMPLES if coordinates.shape[1] <= FIELD_COORDINATES else FIELD_SAMPLES
    chosen = slice(None, None, max(1, len(coordinates) // samples))
    residual = (coordinates[chosen] - driving[chosen] @ elastic.T) * weight
    noise = _noise(dataset.training, increment, elastic, weight, samples)
    _, singular, vectors = singular_vectors(residual)
    if singular[0] <= COMPONENT_TOLERANCE * np.linalg.norm(coordinates[chosen] * weight):
        raise InputError(
            "nothing irreversible happens in the training data: use larger increments or longer paths"
        )
    deviation = singular / np.sqrt(len(residual))
    kept = deviation > max(COMPONENT_TOLERANCE * deviation[0], NOISE_MARGIN * noise)
    if not kept.any():
        raise InputError(
            "the internal coordinates are all noise: their residual after the elastic response is no larger in "
            "inelastic increments than in elastic ones"
        )
    return weight, vectors[kept].T, deviation[kept]


def _noise(
    data: Increments,
    increment: Float[Array, "n y"],
    elastic: Float[Array, "c y"],
    weight: Float[Array, "c"],
    samples: int,
) -> float:
    """Return the standard deviation of the noise of weighted coordinates along their noisiest direction.

    Parameters
    ----------
    data : Increments
    increment, elastic, weight : array
        Of the driving variables, and of the coordinates.
    samples : int
        Most elastic increments that are looked at.
    """
    chosen = np.flatnonzero(elastic_increments(data))[:samples]
    if not len(chosen):
        return 0.0
    change = data.coordinates_next[chosen] - data.coordinates[chosen]
    defect = (change - increment[chosen] @ elastic.T) * weight
    return float(np.linalg.norm(defect, 2) / np.sqrt(2.0 * len(chosen)))  # a change has the noise of both its ends


def information_of(dataset: Dataset, form: str) -> Information:
    """Return the metadata of a model of a form that is trained on ``dataset``."""
    return Information(
        form=form,
        components=dataset.components,
        coordinate_shapes={name: tuple(shape) for name, shape in dataset.coordinate_shapes.items()},
        extra_names=tuple(dataset.extra_names),
        units=dict(dataset.units),
        microstructure=dataset.microstructure,
        provenance=dict(dataset.provenance),
        strain_names=tuple(dataset.strain_names),
    )


def _rms(values: Array) -> float:
    return float(np.sqrt(np.mean(values**2))) if values.size else 0.0
