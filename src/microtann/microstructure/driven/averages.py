"""Averages of a driven microstructure as a file, from which its strain path can be read again."""

from __future__ import annotations

import os
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.numbers import voigt
from microtann.system.csv_file import component_columns, write_csv

Array = NDArray[np.float64]
CONVENTIONS = (
    "averages over the cell at the end of every increment; consistent units",
    "e: strain, shear = 2 x tensor component; s: stress; tension is positive",
    "energy: free energy per volume; dissipation: of the increment, per volume",
    "loading_step: from 1, 0 is the virgin state",
)
"""What a file of averages says of itself."""


@runtime_checkable
class DrivenAverages(Protocol):
    """What is told of every increment of a programme, whatever was driven."""

    @property
    def strain(self) -> Float[Array, "T v"]:
        """Average strain."""
        ...

    @property
    def stress(self) -> Float[Array, "T v"]:
        """Average stress."""
        ...

    @property
    def energy(self) -> Float[Array, "T"]:
        """Free energy per volume."""
        ...

    @property
    def dissipation(self) -> Float[Array, "T"]:
        """Dissipation of the increment, per volume."""
        ...

    @property
    def step(self) -> Int[NDArray[np.int64], "T"]:
        """Step of the programme, from 0."""
        ...

    @property
    def time(self) -> Float[Array, "T"]:
        """Time at the end of the increment."""
        ...

    @property
    def iterations(self) -> Int[NDArray[np.int64], "T"]:
        """Newton iterations of the increment."""
        ...


def write_averages(path: str | os.PathLike[str], driven: DrivenAverages) -> None:
    """Write average strain and stress, energy and dissipation of every increment as CSV.

    Lines that start with ``#`` state the conventions; the first line of values is the virgin state.
    `microtann.data.path_file.read_path` reads the strains as a path.

    Parameters
    ----------
    path : path
    driven : DrivenAverages
    """
    labels = voigt.component_names(driven.strain.shape[-1])
    columns = {
        "loading_step": driven.step + 1,
        "time": driven.time,
        **component_columns("e", driven.strain, labels),
        **component_columns("s", driven.stress, labels),
        "energy": driven.energy,
        "dissipation": driven.dissipation,
    }
    virgin = {name: np.concatenate([np.zeros_like(values[:1]), values]) for name, values in columns.items()}
    write_csv(path, virgin, CONVENTIONS)
