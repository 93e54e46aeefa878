"""What a trained model says about itself: units, ranges, the microstructure it stands for, where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike, NDArray

from microtann.errors import InputError
from microtann.microstructure.metric_of_data import metric_in
from microtann.microstructure.protocol import Microstructure
from microtann.microstructure.strain_metric import StrainMetric
from microtann.numbers.checks import as_floats

Numbers = NDArray[np.float64]
PROBABILITIES = (0.5, 0.9, 0.99)
"""Probabilities of the quantiles that a training range keeps."""
LEAST_WIDTH = 1e-6
"""Least width of a box in one component, relative to the widest, also where the data did not move at all."""
ROWS = 4096
"""Points that are compared with a box at a time; they stay in the cache."""


@dataclass(frozen=True, eq=False)
class TrainingRange:
    """Range of the data that a model has seen: boxes of strain, strain increment and internal state variables.

    Parameters
    ----------
    strain : array, shape (v,)
        Largest absolute value of every strain component.
    strain_increment : array, shape (v,)
        Standard deviation of the increments of every component.
    largest_increment : array, shape (v,), optional
        Largest absolute value of the increments of every component; what is left out bounds nothing.
    state : array, shape (2, z), optional
        Smallest and largest value of every internal state variable of the trained model.
    quantiles : array, shape (3, q), optional
        How far most of the data reach in their boxes, from 0 to 1: quantiles of the reach (see `reach`) of
        strains, moving increments and states at `PROBABILITIES`, which tell where the data are dense.
    """

    strain: Float[NDArray[np.float64], "v"]
    strain_increment: Float[NDArray[np.float64], "v"]
    largest_increment: Float[NDArray[np.float64], "v"] | None = None
    state: Float[NDArray[np.float64], "2 z"] | None = None
    quantiles: Float[NDArray[np.float64], "3 q"] | None = None

    def __repr__(self) -> str:
        known = [("increments", self.largest_increment), ("states", self.state)]
        rest = "".join(f", {name} to {np.abs(box).max(initial=0.0):.4g}" for name, box in known if box is not None)
        return f"TrainingRange(strains to {self.strain.max():.4g}{rest})"

    def reach(
        self,
        strain: Float[NDArray[np.float64], "*batch v"],
        increment: Float[NDArray[np.float64], "*batch v"] | None = None,
        state: Float[NDArray[np.float64], "*batch z"] | None = None,
    ) -> Float[NDArray[np.float64], "*batch"]:
        """Return how far points reach: 1 on the border of a box, 1.3 where 30 % outside of it, 0 in its middle.

        It is the largest over the components of what is given and known. A component that hardly moved in the data
        counts as wide as `LEAST_WIDTH` of the widest one.

        Parameters
        ----------
        strain : array, shape (..., v)
            Total strain.
        increment : array, shape (..., v), optional
            Strain increment.
        state : array, shape (..., z), optional
            Internal state variables.
        """
        reach = farthest(strain, -self.strain, self.strain)
        if increment is not None and self.largest_increment is not None:
            reach = np.maximum(reach, farthest(increment, -self.largest_increment, self.largest_increment))
        if state is not None and self.state is not None:
            reach = np.maximum(reach, farthest(state, *self.state))
        return np.asarray(reach)


def farthest(
    values: Float[NDArray[np.float64], "*batch k"],
    low: Float[NDArray[np.float64], "k"],
    high: Float[NDArray[np.float64], "k"],
) -> Float[NDArray[np.float64], "*batch"]:
    """Return the largest distance of any component from the middle of a box, relative to half its width.

    Parameters
    ----------
    values : array, shape (..., k)
    low, high : array, shape (k,)
        Corners of the box, in the units of the values.
    """
    half = 0.5 * (high - low)
    half = np.maximum(half, max(LEAST_WIDTH * half.max(initial=0.0), np.finfo(np.float64).tiny))
    middle, rows = 0.5 * (high + low), values.reshape(-1, values.shape[-1])
    reach = np.zeros(len(rows))
    for first in range(0, len(rows), ROWS):
        part = slice(first, first + ROWS)
        with np.errstate(over="ignore"):
            reach[part] = (np.abs(rows[part] - middle) / half).max(axis=1, initial=0.0)
    reach[np.isnan(reach)] = np.inf  # what is no number is nowhere near the data
    return reach.reshape(values.shape[:-1])


@dataclass(frozen=True)
class TrainingRecord:
    """One line of the training curve.

    Parameters
    ----------
    phase : str
        Name of the phase of training, as the form calls it.
    update : int
        Updates done since the start of training.
    training, validation : float
        Loss on the training and on the validation increments.
    terms : mapping
        Weighted terms of the loss on the validation increments by name; empty if the form told none.
    """

    phase: str
    update: int
    training: float
    validation: float
    terms: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Information:
    """Metadata of a model; it does not enter the computation.

    Parameters
    ----------
    form : str
        Name of the form, such as "play".
    components : int
        Number of strain components v.
    coordinate_shapes : mapping
        Name and shape of each group of decoded internal coordinates, in their order.
    extra_names : tuple of str
        Names of the extra state variables.
    units : mapping
        Unit of every quantity.
    training_range : TrainingRange, optional
    microstructure : Microstructure, optional
        What the model stands for, such as a lattice.
    history : tuple of TrainingRecord
        Training curve.
    provenance : mapping
        Versions, data, configuration and seed.
    strain_names : tuple of str
        Names of the strain components; empty for those of Voigt's order.
    """

    form: str
    components: int
    coordinate_shapes: Mapping[str, tuple[int, ...]]
    extra_names: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    training_range: TrainingRange | None = None
    microstructure: Microstructure | None = None
    history: tuple[TrainingRecord, ...] = ()
    provenance: Mapping[str, str] = field(default_factory=dict)
    strain_names: tuple[str, ...] = ()

    @property
    def strain_metric(self) -> StrainMetric:
        """In which strains the walks of the data were drawn, and in which stresses errors are measured."""
        return metric_in(self.provenance, self.microstructure, self.components)

    def driving(self, strain: Float[Numbers, "*batch v"], extra: ArrayLike | None) -> Float[Numbers, "*batch y"]:
        """Return what drives the model: strains, and its extra state variables if it has some.

        Parameters
        ----------
        strain : array, shape (..., v)
        extra : array, shape (..., e), or None
            For models trained with some.

        Raises
        ------
        InputError
            If the extra state variables are missing, not finite or of another shape.
        """
        names, batch = self.extra_names, strain.shape[:-1]
        if extra is None:
            if names:
                raise InputError(f"this model needs the extra state variables {', '.join(names)}: give extra=...")
            return strain
        array = as_floats("extra", extra)
        if array.shape != (*batch, len(names)) or not np.isfinite(array).all():
            raise InputError(f"extra must be finite with shape {(*batch, len(names))}, got {array.shape}")
        return np.concatenate([strain, array], axis=-1)

    def __repr__(self) -> str:
        groups = "".join(f", {name} {shape}" for name, shape in self.coordinate_shapes.items())
        return (
            f"Information(form {self.form!r}, {self.components} strain components{groups}; {self.training_range!r}"
            f"; {len(self.history)} records of training)"
        )
