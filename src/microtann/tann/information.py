"""What a trained model says about itself: units, ranges, the microstructure it stands for, where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.homogenisation.microstructure import Microstructure


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
        Name of the phase of training, as the form calls it.
    update : int
        Updates done since the start of training.
    training, validation : float
        Loss on the training and on the validation increments.
    terms : mapping
        Weighted terms of the loss on the validation increments by name; empty in older files.
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
