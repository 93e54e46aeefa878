"""Training data in one call: in memory, or in a file that an interrupted run goes on with."""

from __future__ import annotations

import os
from collections.abc import Mapping

from microtann.data.file import read_dataset
from microtann.data.generate import DataProgress, generate
from microtann.data.increments import Dataset
from microtann.data.shards import generate_to
from microtann.data.walks import WalkPlan
from microtann.microstructure.protocol import Microstructure


def generate_data(
    microstructure: Microstructure,
    plan: WalkPlan | None = None,
    *,
    file: str | os.PathLike[str] | None = None,
    processes: int = 1,
    units: Mapping[str, str] | None = None,
    progress: DataProgress | None = None,
) -> Dataset:
    """Solve a microstructure exactly along random strain walks, as the command ``microtann data`` does.

    Parameters
    ----------
    microstructure : Microstructure
        Such as `microtann.Lattice`.
    plan : WalkPlan, optional
        The walks; by default 300 of 100 increments.
    file : path, optional
        HDF5 file to write as well. With it the run is resumable: see `microtann.data.shards.generate_to`.
    processes : int
        Worker processes, for a run with a file.
    units : mapping, optional
        Units of the quantities, kept beside the data.
    progress : callable, optional
        Called with the increments done and the increments in all.

    Returns
    -------
    Dataset

    Raises
    ------
    InputError
        If the plan does not fit the microstructure, or the file holds something else.
    CellError
        If a lattice cell is a mechanism or the material does not fit it.
    ConvergenceError
        If some increment could not be solved.

    Examples
    --------
    >>> import microtann as mt
    >>> mt.generate_data(mt.Lattice(mt.square_cell()), plan=mt.WalkPlan(paths=20, steps=10), file="walks.h5")
    Dataset(140 training, 30 validation, 30 test increments; 3 strain components, displacement (9, 2), force (20,))
    """
    if file is None:
        return generate(microstructure, plan, units=units, progress=progress)
    place = os.fspath(file)
    generate_to(place, microstructure, plan, units=units, processes=processes, progress=progress)
    return read_dataset(place)
