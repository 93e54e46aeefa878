"""Where the microstructure is known, it says what its internal coordinates are, also where the walks never went.

Encoder and decoder are least squares on the states that a model goes through. A slip that never flows on the walks
moves the states in a direction that none of them shows; once it flows, the coordinates that belong to it come from
the microstructure itself, as does their elastic response.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray

from microtann.data.increments import Dataset
from microtann.forms.variational.slip_reduction import ReducedSlips
from microtann.forms.variational.slip_start import is_reducible
from microtann.microstructure.protocol import Microstructure
from microtann.numbers.coordinates import Shapes, columns, split, width
from microtann.numbers.evenly_spread import evenly_spread
from microtann.numbers.singular_vectors import singular_vectors
from microtann.tann.reduction import ResidualReduction
from microtann.tann.scaling import Scaling

Array = NDArray[np.float64]
VISITED = 1e-6
"""Directions of the states in which walks go less far than this fraction of the farthest are not visited."""
SAME = 1e-6
"""Relative difference from the coordinates of the data within which those of the microstructure are the same."""
SAMPLES = 200
NEW = 1e-9
"""Part of a direction outside of those of the data, relative to all of it, above which it is a new one."""


@dataclass(frozen=True, eq=False)
class KnownCoordinates:
    """Internal coordinates as linear functions of strain and slips.

    Parameters
    ----------
    microstructure : Microstructure
        Of slips.
    variable : str
        Under which the slips stand in its state.
    shapes : mapping
        Groups of the data; those that the microstructure does not decode are not known.
    """

    microstructure: Microstructure
    variable: str
    shapes: Shapes

    @classmethod
    def of(cls, dataset: Dataset) -> KnownCoordinates | None:
        """Return those of a data set; None if it has none, or others than its microstructure decodes."""
        if not is_reducible(dataset):
            return None
        assert dataset.microstructure is not None
        problem = dataset.microstructure.slip_problem()
        assert problem is not None
        known = cls(dataset.microstructure, problem.variable, dataset.coordinate_shapes)
        data = dataset.training
        part = data.take(evenly_spread(len(data), SAMPLES))
        strain = part.strain + part.strain_increment
        decoded = known.decode(strain, known.slips_of(part.coordinates_next, strain))
        for columns_of in (columns(known.shapes)[name] for name in known.microstructure.coordinate_shapes):
            exact = part.coordinates_next[:, columns_of]
            if not np.linalg.norm(decoded[:, columns_of] - exact) <= SAME * np.linalg.norm(exact):
                return None
        return known

    @property
    def is_known(self) -> Bool[NDArray[np.bool_], "c"]:
        """Which columns the microstructure decodes."""
        told = np.zeros(width(self.shapes), dtype=bool)
        for name in self.microstructure.coordinate_shapes:
            told[columns(self.shapes)[name]] = True
        return told

    def decode(self, strain: Float[Array, "n v"], slips: Float[Array, "n m"]) -> Float[Array, "n c"]:
        """Return the coordinates; zero where they are not known."""
        virgin = self.microstructure.initial_state(len(strain))
        decoded = self.microstructure.decode(virgin | {"strain": strain, self.variable: slips})
        flat = np.zeros((len(strain), width(self.shapes)))
        for name, values in decoded.items():
            flat[:, columns(self.shapes)[name]] = values.reshape(len(strain), -1)
        return flat

    def slips_of(self, coordinates: Float[Array, "n c"], strain: Float[Array, "n v"]) -> Float[Array, "n m"]:
        """Return the slips that belong to coordinates."""
        if len(strain) == 0:  # which not every microstructure can be asked
            return self.microstructure.initial_state(0)[self.variable]
        state = self.microstructure.state_of(split(coordinates, self.shapes), strain)
        assert state is not None
        return np.asarray(state[self.variable])

    def elastic_response(self, fitted: Float[Array, "c v"], scaling: Scaling) -> Float[Array, "c v"]:
        """Return A per scaled strain: that of the microstructure, and what was fitted where it is not known."""
        v = fitted.shape[1]
        strain = np.diag(np.asarray(scaling.driving))
        rest = np.zeros((v, self.microstructure.initial_state(1)[self.variable].shape[1]))
        return np.where(self.is_known[:, None], self.decode(strain, rest).T, fitted)

    def completed(
        self, reduction: ResidualReduction, reduced: Callable[[], ReducedSlips], state: Float[Array, "n z"]
    ) -> ResidualReduction:
        """Return a fitted reduction that knows the directions of the states that the walks did not visit.

        Parameters
        ----------
        reduction : ResidualReduction
            Whose decoder vanishes in these directions.
        reduced : callable
            Returns what states mean in the slips of the microstructure, which takes long; it is asked for only
            where the walks have left out directions.
        state : array, shape (n, z)
            States along the walks.
        """
        _, size, rows = singular_vectors(np.asarray(np.linalg.qr(state, mode="r")), full=True)
        elsewhere = rows[(np.append(size, np.zeros(len(rows) - len(size))) <= VISITED * size[0])]
        if not len(elsewhere):
            return reduction
        slips = reduced()
        weight, vectors = np.asarray(reduction.weight), np.asarray(reduction.vectors)
        nothing = np.zeros((len(elsewhere), reduction.elastic.shape[1]))
        told = (self.decode(nothing, elsewhere @ slips.slips_of_states.T) * weight).T
        beyond = told - vectors @ (vectors.T @ told)
        directions, length, _ = singular_vectors(beyond)
        directions = directions[:, length > NEW * np.linalg.norm(told, 2)]
        deviation = np.asarray(reduction.deviation)
        k = directions.shape[1]
        all_vectors = np.hstack([vectors, directions])
        all_deviations = np.append(deviation, np.full(k, deviation.min()))
        decoder = np.vstack([reduction.decoder, np.zeros((k, state.shape[1]))])
        decoder += (all_vectors.T @ told) @ elsewhere / all_deviations[:, None]
        still = np.zeros((k, reduction.elastic.shape[1]))
        encoded = slips.states_of_slips @ self.slips_of((directions / weight[:, None]).T, still).T
        return replace(
            reduction,
            vectors=jnp.asarray(all_vectors),
            deviation=jnp.asarray(all_deviations),
            encoder=jnp.hstack([reduction.encoder, jnp.asarray(encoded * deviation.min())]),
            decoder=jnp.asarray(decoder),
        )
