"""Section IV of the paper: a model beside the exact cell along its paths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import jax
import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.evaluation.closed_loop import PathComparison, PathErrors, protocol, respond
from microtann.tann.trained_model import TANN

Array = NDArray[np.float64]

PATHS = ("b", "c")
"""Uniaxial cycles of growing amplitude, and the same with monotonic shearing, from the protocol."""
WHAT = {"b": "uniaxial cycles of growing amplitude", "c": "uniaxial cycles with monotonic shearing"}
UNLOADED = 1e-9
"""Strain, relative to the largest, below which the cell counts as unloaded."""


@dataclass(frozen=True, eq=False)
class Section4Response:
    """A model beside the exact cell on a path of Section IV.

    Parameters
    ----------
    response : PathComparison
    exact_state : array, shape (T, z)
        Internal state variables that the encoder gives for the internal coordinates of the exact cell.
    """

    response: PathComparison
    exact_state: Float[Array, "T z"]

    @property
    def errors(self) -> PathErrors:
        """Errors of the model."""
        return self.response.errors

    @property
    def state(self) -> Float[Array, "T z"]:
        """Internal state variables of the model in closed loop."""
        return self.response.recalled.state[0]

    @property
    def remaining_state(self) -> float | None:
        """Least |Z| where the cell is unloaded after the first flow, over the largest |Z|; None if it never is."""
        strain = np.abs(self.response.path.strain[0]).max(axis=1)
        size = np.linalg.norm(self.state, axis=1)
        flowed = np.maximum.accumulate(self.response.exact.dissipation[0] > 0.0)
        unloaded = (strain <= UNLOADED * strain.max()) & flowed
        if not unloaded.any() or size.max() == 0.0:
            return None
        return float(size[unloaded].min() / size.max())


@dataclass(frozen=True, eq=False)
class Section4Model:
    """A model of a cell, and its responses on the paths of Section IV.

    Parameters
    ----------
    tann : TANN
    responses : mapping
        By path.
    """

    tann: TANN
    responses: Mapping[str, Section4Response]


def respond_section4(tann: TANN, names: Sequence[str] = PATHS) -> dict[str, Section4Response]:
    """Run a model of a lattice on the paths of Section IV, beside the exact cell.

    Parameters
    ----------
    tann : TANN
    names : sequence of str
        Paths of the protocol.

    Raises
    ------
    InputError
        If the model names no microstructure.
    """
    found = {}
    for response in respond(tann, protocol(tann, names)):
        coordinates = response.exact.coordinates
        groups = [
            coordinates[name][0].reshape(len(response.path.strain[0]), -1)
            for name in tann.information.coordinate_shapes
        ]
        exact = encode(tann, np.concatenate(groups, axis=1), response.path.strain[0])
        found[response.path.name] = Section4Response(response, exact)
    return found


def encode(tann: TANN, coordinates: Float[Array, "n c"], strain: Float[Array, "n v"]) -> Float[Array, "n z"]:
    """Return the internal state variables of internal coordinates, by the encoder of a model.

    Parameters
    ----------
    tann : TANN
    coordinates : array, shape (n, c)
        Internal coordinates of its microstructure, in the units of its data.
    strain : array, shape (n, v)
    """
    driving = strain / np.asarray(tann.scaling.driving)
    return np.asarray(jax.jit(jax.vmap(tann.reduction.encode))(coordinates, driving))
