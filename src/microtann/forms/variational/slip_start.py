"""A variational TANN from a microstructure of slips without training: its flow, projected on few states and slips.

In the coordinates Z = √K α of the slips α (plastic strains of the bars of a lattice), the energy is
½ |P E|² + ½ |B E − Z|², and every slip has the normal √K eᵢ / kᵢ: the microstructure itself is a variational TANN
with as many states as slips.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.data.increments import Dataset
from microtann.errors import InputError
from microtann.forms.variational.slip_reduction import (
    RANK_TOLERANCE,
    CompleteSystem,
    ReducedSlips,
    SlipSystem,
    reduce_slips,
)
from microtann.numbers.coordinates import split
from microtann.numbers.evenly_spread import evenly_spread
from microtann.slips.problem import SlipProblem
from microtann.tann.scaling import Scaling

Array = NDArray[np.float64]
SAMPLES = 3000
"""Most states from which profiles and principal components are taken."""


def reduced_slips(dataset: Dataset, scaling: Scaling, states: int, slips: int) -> ReducedSlips:
    """Return the reduced slip system of the microstructure of a data set, in scaled units.

    Its maps lead to and from the slips α as they stand in the state of the microstructure.

    Parameters
    ----------
    dataset : Dataset
        With a microstructure of slips and internal coordinates from which its state follows (`is_reducible`).
    scaling : Scaling
    states, slips : int
        Most that are kept; fewer if the microstructure has fewer.

    Raises
    ------
    InputError
        If nothing yields in the data.
    """
    problem = _problem(dataset)
    assert problem is not None
    moved = slips_in_data(dataset)
    root, inverse = square_roots(problem.hessian)
    if not np.abs(moved @ root).max() > 0.0:
        raise InputError("nothing yields in the data: use larger increments or longer walks")
    complete = CompleteSystem(
        problem.elasticity,
        inverse @ problem.coupling,
        root / problem.resistance,
        moved * problem.resistance,
    )
    system, slips_of_states, states_of_slips = reduce_slips(complete, states, slips)
    strain, energy = np.asarray(scaling.driving), np.sqrt(float(scaling.energy))
    return ReducedSlips(
        SlipSystem(system.elastic * strain / energy, system.coupling * strain / energy, system.normals * energy),
        energy * slips_of_states / problem.resistance[:, None],
        states_of_slips * problem.resistance / energy,
    )


def square_roots(hessian: Float[Array, "m m"]) -> tuple[Float[Array, "m m"], Float[Array, "m m"]]:
    """Return √K and its inverse for a symmetric K, without the directions that store nothing."""
    values, vectors = np.linalg.eigh(hessian)
    kept = values > RANK_TOLERANCE * values[-1]
    scaled = vectors[:, kept] * np.sqrt(values[kept])
    return scaled @ vectors[:, kept].T, (vectors[:, kept] / np.sqrt(values[kept])) @ vectors[:, kept].T


def slips_in_data(dataset: Dataset) -> Float[Array, "n m"]:
    """Return the slips in some states of the training data, from their internal coordinates."""
    chosen = evenly_spread(len(dataset.training), SAMPLES)
    part, problem = dataset.training.take(chosen), _problem(dataset)
    assert dataset.microstructure is not None
    assert problem is not None
    coordinates = split(part.coordinates_next, dataset.coordinate_shapes)
    state = dataset.microstructure.state_of(coordinates, part.strain + part.strain_increment)
    assert state is not None
    return state[problem.variable]


def is_reducible(dataset: Dataset) -> bool:
    """Return whether a data set says enough about its microstructure: slips, and coordinates that tell them."""
    known = dataset.microstructure
    if dataset.extra_names or known is None or _problem(dataset) is None:
        return False
    shapes = known.coordinate_shapes
    if any(tuple(dataset.coordinate_shapes.get(name, ())) != shape for name, shape in shapes.items()):
        return False
    virgin = known.initial_state(1)
    return known.state_of(known.decode(virgin), virgin["strain"]) is not None


def _problem(dataset: Dataset) -> SlipProblem | None:
    known = dataset.microstructure
    return known.slip_problem() if known is not None and known.solvable else None
