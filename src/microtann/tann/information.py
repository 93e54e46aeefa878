"""What a trained model says about itself: units, ranges, the cell it stands for, and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.lattice.bar import ElastoplasticBar
from microtann.lattice.cell import UnitCell


@dataclass(frozen=True, eq=False)
class TrainingRange:
    """Range of the data that a model has seen.

    Parameters
    ----------
    strain : array, shape (v,)
        Largest absolute value of every strain component.
    strain_increment : array, shape (v,)
        Standard deviation of the increments of every component.
    """

    strain: Float[NDArray[np.float64], "v"]
    strain_increment: Float[NDArray[np.float64], "v"]


@dataclass(frozen=True)
class TrainingRecord:
    """One line of the training curve.

    Parameters
    ----------
    phase : str
        "descent" (stochastic gradients from the random start), "polish" (quasi-Newton after merging equal
        mechanisms) or "refine" (the same once more).
    update : int
        Updates done since the start of training.
    training, validation : float
        Loss on the training and on the validation increments.
    """

    phase: str
    update: int
    training: float
    validation: float


@dataclass(frozen=True, eq=False)
class Information:
    """Metadata of a model; it does not enter the computation.

    Parameters
    ----------
    form : str
        Name of the combination of reduction, energy and evolution, such as "play".
    components : int
        Number of strain components v.
    coordinate_shapes : mapping
        Name and shape of each group of decoded internal coordinates, in their order.
    extra_names : tuple of str
        Names of the extra state variables.
    units : mapping
        Unit of every quantity.
    training_range : TrainingRange, optional
    cell, bar : UnitCell and ElastoplasticBar, optional
        The lattice that the model stands for.
    history : tuple of TrainingRecord
        Training curve.
    provenance : mapping
        Versions, data, configuration and seed.
    """

    form: str
    components: int
    coordinate_shapes: Mapping[str, tuple[int, ...]]
    extra_names: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    training_range: TrainingRange | None = None
    cell: UnitCell | None = None
    bar: ElastoplasticBar | None = None
    history: tuple[TrainingRecord, ...] = ()
    provenance: Mapping[str, str] = field(default_factory=dict)
