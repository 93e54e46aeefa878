"""What the data say of a reduction before anything is learnt: elastic response and principal components."""

from __future__ import annotations

from dataclasses import replace

import jax.numpy as jnp
import numpy as np

from microtann.data.increments import Dataset
from microtann.errors import InputError
from microtann.forms.variational.known_coordinates import KnownCoordinates
from microtann.tann.reduction import ResidualReduction
from microtann.tann.scaling import Scaling
from microtann.training.preparation import driving_variables, elastic_response, residual_components

NO_COMPONENTS = (np.zeros(0), np.zeros((0, 0)), np.zeros(0))
"""Weights, directions and deviations of data without internal coordinates."""


def open_reduction(dataset: Dataset, scaling: Scaling, from_lattice: bool) -> ResidualReduction:
    """Return a reduction for no states yet, with the elastic response and the components of the training data.

    Parameters
    ----------
    dataset : Dataset
        All, some or none of whose increments have internal coordinates.
    scaling : Scaling
    from_lattice : bool
        Whether the microstructure that the data come from tells the elastic response.

    Raises
    ------
    InputError
        If the data hold internal coordinates but none at both ends of an increment, too few elastic increments or
        nothing irreversible.
    """
    data = dataset.training
    driving, increment = driving_variables(data, scaling)
    seen = data.with_coordinates
    found, fields = bool(seen.any()), data if seen.all() else data.take(seen)
    if dataset.coordinate_shapes and not found:
        raise InputError("no training increment has internal coordinates at both ends: keep some, or none at all")
    elastic = elastic_response(fields, increment[seen]) if found else np.zeros((0, driving.shape[1]))
    told = KnownCoordinates.of(dataset) if from_lattice else None
    if told is not None:
        elastic = told.elastic_response(elastic, scaling)
    weight, vectors, deviation = (
        residual_components(
            replace(dataset, training=fields), (driving + increment)[seen], increment[seen], elastic
        )
        if found
        else NO_COMPONENTS
    )
    return ResidualReduction(
        elastic=jnp.asarray(elastic),
        weight=jnp.asarray(weight),
        vectors=jnp.asarray(vectors),
        deviation=jnp.asarray(deviation),
        encoder=jnp.zeros((0, len(deviation))),
        decoder=jnp.zeros((len(deviation), 0)),
    )


def with_open_states(reduction: ResidualReduction, states: int) -> ResidualReduction:
    """Return the reduction for so many states, whose encoder and decoder are still to be found."""
    r = len(reduction.deviation)
    return replace(reduction, encoder=jnp.zeros((states, r)), decoder=jnp.zeros((r, states)))
