"""A shard: the increments of some walks of a plan, as the bytes of one small HDF5 file."""

from __future__ import annotations

import io
from dataclasses import dataclass, fields
from pathlib import Path

import h5py
import numpy as np

from microtann.data.blocks import CHECKSUM, Block, checksum_error
from microtann.data.generate import solve_blocks
from microtann.data.increments import Increments
from microtann.data.walks import WalkPlan
from microtann.errors import DataFileError, StorageError
from microtann.microstructure.protocol import Microstructure
from microtann.system.atomic import write_atomically
from microtann.system.hdf5 import opened


@dataclass(frozen=True)
class Job:
    """What a worker must know to make any shard."""

    microstructure: Microstructure
    plan: WalkPlan


def make_shard(job: Job, first: int, last: int) -> bytes:
    """Solve the walks ``first`` to ``last`` − 1 and return them as the bytes of an HDF5 file.

    A worker returns bytes instead of writing a file, so that it may run on a machine without access to the disk.

    Parameters
    ----------
    job : Job
    first, last : int
        Range of walks.
    """
    image = io.BytesIO()
    with h5py.File(image, "w", libver=("v110", "v110")) as file:
        written: dict[str, Block] = {}
        for _, rows in solve_blocks(job.microstructure, job.plan, first, last):
            for f in fields(Increments):
                values = getattr(rows, f.name)
                if f.name not in written:
                    shape = ((last - first) * job.plan.steps, *values.shape[1:])
                    dtype = "<i8" if np.issubdtype(values.dtype, np.integer) else "<f8"
                    written[f.name] = Block(file, f.name, shape, dtype)
                written[f.name].append(values)
        for block in written.values():
            block.close()
    return image.getvalue()


def write_shard(path: Path, image: bytes) -> None:
    """Write a shard, which appears only when it is complete.

    Raises
    ------
    StorageError
        If the disk is full or the file cannot be written.
    """
    try:
        write_atomically(path, image)
    except OSError as error:
        raise StorageError(
            error.errno or 0,
            f"{path} could not be written: {error.strerror or error}; finished shards are kept: make room "
            "and run the same command again to continue",
        ) from error


def read_shard(path: Path, first: int, last: int, steps: int) -> Increments:
    """Read a shard and verify it.

    Parameters
    ----------
    path : Path
    first, last : int
        Walks ``first`` to ``last`` − 1 are expected in it.
    steps : int
        Increments of every walk.

    Raises
    ------
    DataFileError
        If it is damaged or holds other walks.
    """
    arrays = {}
    with opened(path) as file:
        for f in fields(Increments):
            data = file[f.name]
            values = data[()]
            sentence = "it has no checksum" if CHECKSUM not in data.attrs else checksum_error(data, values)
            if sentence:
                raise DataFileError(f"{path} is damaged: {sentence}")
            arrays[f.name] = values
    increments = Increments(**arrays)
    if not np.array_equal(increments.path, np.repeat(np.arange(first, last), steps)):
        raise DataFileError(f"{path} does not hold the walks {first} to {last - 1}")
    return increments
