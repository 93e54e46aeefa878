"""Data at scale: shard by shard into a run directory, then merged into one file.

The increments become one plain file, not a virtual one over its shards: it can be copied and sent alone, its
checksums cover its values, and training reads it in one go. The price is twice the space until the run is over.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from microtann.data.blocks import holds
from microtann.data.engines import TASKS_PER_WORKER, check_engine, run_tasks
from microtann.data.extent import require_range, require_room
from microtann.data.file import SetWriter, write_header
from microtann.data.generate import DataProgress, block_paths, describe, tell
from microtann.data.increments import Dataset, Increments
from microtann.data.schema import SETS, layout_of
from microtann.data.shard_file import Job, make_shard, read_shard, write_shard
from microtann.data.walks import WalkPlan, split_paths, strain_limit
from microtann.errors import DataFileError, InputError, StorageError
from microtann.microstructure.protocol import Microstructure, require_microstructure
from microtann.numbers.coordinates import width
from microtann.system.atomic import remove_leftovers, write_atomically
from microtann.system.hdf5 import created, opened, text

SCHEMA = "microtann-shards"
VERSION = 1
SHARD_BYTES = 8_000_000
"""Size of a shard, unless one block of walks is larger; a killed run loses at most one shard per process."""


def generate_to(
    path: str | Path,
    microstructure: Microstructure,
    plan: WalkPlan | None = None,
    *,
    units: Mapping[str, str] | None = None,
    processes: int = 1,
    engine: str = "processes",
    address: str | None = None,
    shard_paths: int | None = None,
    progress: DataProgress | None = None,
) -> None:
    """Solve a microstructure along random strain walks into a data file, resumably.

    Finished shards are kept in the folder ``<path>.shards`` beside the file. After an interrupt, a kill, a crash
    or a full disk the same call continues, and gives the same arrays, bit for bit, as a run that was never
    stopped. Neither the number of processes nor the engine nor the size of shards changes a bit of them on one
    machine with one installation. Workers with another processor or another BLAS may round the last digits
    differently, and where something is just about to flow that can show. When the
    file is complete the folder is removed; a call that finds the complete file does nothing.

    Parameters
    ----------
    path : str or Path
        The HDF5 file to make; `microtann.data.file.read_dataset` reads it.
    microstructure, plan, units
        As in `microtann.data.generate.generate`, which gives the same data set in memory.
    processes : int
        Worker processes; 1 computes in this process. A script that asks for more must guard its body by
        ``if __name__ == "__main__":``, since the workers are spawned.
    engine : {"processes", "dask"}
        "dask" needs the extra ``microtann[dask]``.
    address : str, optional
        Scheduler of a dask cluster; by default one of ``processes`` workers on this machine. Its workers need
        microtann, but no access to the disk.
    shard_paths : int, optional
        Walks in a shard, rounded up to whole blocks that are solved together.
    progress : callable, optional
        Called with the increments done, those of an earlier run included, and the increments in all.

    Raises
    ------
    InputError
        If an argument is out of range or does not fit the microstructure, the data would not fit into the memory
        or on the disk, or the walks would overflow.
    DataFileError
        If the file, or the folder of shards, exists and was made with another configuration.
    StorageError
        If the disk is full; finished shards are kept.
    MissingExtraError
        If dask is asked for and not installed.
    ConvergenceError
        If some increment could not be solved.
    MicrotannError
        If a shard ends every worker that tries it; one that is lost is replaced, and its shard made again.
    """
    path, plan = Path(path), plan or WalkPlan()
    check_engine(processes, engine, address)
    require_microstructure(microstructure)
    strain_limit(plan.limit, microstructure.components)
    header = describe(microstructure, plan, units)
    # what cannot be solved is refused before anything is written
    require_range(microstructure, plan.scaled(microstructure.strain_metric(plan.metric).scale))
    folder = path.with_name(path.name + ".shards")
    if path.exists():
        _accept_complete(path, header)
        shutil.rmtree(folder, ignore_errors=True)
        return
    remove_leftovers(path.parent, path.name)
    count = _shard_walks(microstructure, plan, shard_paths)
    if not folder.exists():
        together = count if engine == "processes" and processes == 1 else TASKS_PER_WORKER * processes * count
        require_room(path, microstructure, plan, together)
    ranges = [(first, min(first + count, plan.paths)) for first in range(0, plan.paths, count)]
    ranges = _start(folder, header, ranges)
    job = Job(microstructure, plan)
    missing = [(first, last) for first, last in ranges if not _place(folder, first).exists()]
    done = plan.increments - plan.steps * sum(last - first for first, last in missing)
    tell(progress, done, plan.increments)
    tasks = ((job, first, last) for first, last in missing)
    begun = run_tasks(make_shard, tasks, processes=processes, engine=engine, address=address, name=_name)
    with closing(begun) as made:
        for (_, first, last), image in made:
            write_shard(_place(folder, first), image)
            done += plan.steps * (last - first)
            tell(progress, done, plan.increments)
    _merge(path, folder, header, job, ranges)
    shutil.rmtree(folder, ignore_errors=True)


def _shard_walks(microstructure: Microstructure, plan: WalkPlan, shard_paths: int | None) -> int:
    """Return the walks in a shard: whole blocks, so that the blocks do not depend on the size of shards."""
    block = block_paths(microstructure, plan)
    if shard_paths is None:
        walk = 16 * plan.steps * (width(microstructure.coordinate_shapes) + 2 * microstructure.components)
        shard_paths = max(SHARD_BYTES // walk, 1)
        return max(shard_paths // block, 1) * block
    if not isinstance(shard_paths, int) or shard_paths < 1:
        raise InputError(f"shard_paths must be a whole number of at least 1, got {shard_paths!r}")
    return -(-shard_paths // block) * block


def _name(task: tuple[Any, ...]) -> str:
    _, first, last = task
    return f"the shard of walks {first} to {last - 1}"


def _place(folder: Path, first: int) -> Path:
    return folder / f"walks-{first:08d}.h5"


def _start(folder: Path, header: Dataset, ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Open or make the folder of shards; return the ranges of walks that its manifest lists.

    Raises
    ------
    DataFileError
        If the folder belongs to a run with another configuration.
    StorageError
        If it cannot be written.
    """
    manifest = folder / "manifest.json"
    if manifest.exists():
        stored = _read_manifest(manifest)
        if stored["configuration"] != header.provenance["configuration"]:
            raise DataFileError(
                f"{folder} holds shards of another configuration or of other code of microtann "
                f"(plan {stored['plan']}, {stored['generator']}): "
                "repeat that configuration, choose another file, or delete the folder"
            )
        remove_leftovers(folder)
        return [(int(first), int(last)) for first, last in stored["shards"]]
    content = {"schema": SCHEMA, "schema_version": VERSION, **header.provenance, "shards": ranges}
    try:
        write_atomically(manifest, json.dumps(content, indent=1))
    except OSError as error:
        raise StorageError(
            error.errno or 0, f"{folder} cannot be written: {error.strerror or error}; nothing was computed"
        ) from error
    return ranges


def _read_manifest(manifest: Path) -> dict[str, Any]:
    try:
        stored = json.loads(manifest.read_text(encoding="utf-8"))
        if stored["schema"] == SCHEMA and stored["schema_version"] == VERSION:
            return {key: stored[key] for key in ("configuration", "plan", "generator", "shards")}
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise DataFileError(
        f"{manifest} is not the manifest of a run: delete the folder {manifest.parent} and run again"
    )


def _merge(path: Path, folder: Path, header: Dataset, job: Job, ranges: list[tuple[int, int]]) -> None:
    """Write the data file from the shards, one shard in memory at a time."""
    layout, sets = layout_of(header), split_paths(job.plan)
    with created(path) as file:
        write_header(file, header)
        writers = [
            SetWriter(file, name, layout, len(paths) * job.plan.steps)
            for name, paths in zip(SETS, sets, strict=True)
        ]
        for rows in _shards(folder, job, ranges):
            for writer, paths in zip(writers, sets, strict=True):
                writer.append(rows.take(np.isin(rows.path, paths)))
        for writer in writers:
            writer.close()


def _shards(folder: Path, job: Job, ranges: list[tuple[int, int]]) -> Iterator[Increments]:
    """Yield the increments of the shards; one that is damaged or lost is made again."""
    for first, last in ranges:
        place = _place(folder, first)
        try:
            yield read_shard(place, first, last, job.plan.steps)
        except DataFileError:
            write_shard(place, make_shard(job, first, last))
            yield read_shard(place, first, last, job.plan.steps)


def _accept_complete(path: Path, header: Dataset) -> None:
    """Refuse a file at ``path`` that another configuration made.

    Raises
    ------
    DataFileError
    """
    with opened(path) as file:
        stored = file["provenance"].attrs.get("configuration", "") if holds(file, "provenance") else ""
        if text(stored) != header.provenance["configuration"]:
            raise DataFileError(
                f"{path} exists and was made with another configuration or by other code of microtann: choose "
                "another name or delete it"
            )
