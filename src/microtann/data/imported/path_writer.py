"""Paths that others computed as a data set in memory, or as a data file, a path in memory at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike, NDArray

import microtann
from microtann.data.file import SetWriter, write_header
from microtann.data.imported.averaged_path import AveragedPath, PathSource
from microtann.data.increments import Dataset, Increments
from microtann.data.schema import MAY_LACK, SETS, layout_of
from microtann.data.state_store import StateStore
from microtann.errors import InputError
from microtann.numbers.checks import as_floats
from microtann.system.hdf5 import created

Array = NDArray[np.float64]
GOLDEN = 0.6180339887498949
SHARE = 0.15
"""Part of the paths for validation, and for the test."""


@dataclass(frozen=True)
class Split:
    """Which paths validate and test: by their names, or else a part of them, spread evenly over their order.

    Parameters
    ----------
    validation, test : tuple of str
        Patterns of names, as in ``("cyclic*", "run-17")``.
    """

    validation: tuple[str, ...] = ()
    test: tuple[str, ...] = ()

    def of(self, names: Sequence[str]) -> list[str]:
        """Return the set of every path.

        Raises
        ------
        InputError
            If there are too few paths, a pattern fits none, or nothing is left for training.
        """
        if len(names) < 2:
            raise InputError(
                f"{len(names)} path is too few: training and validation take whole paths of their own"
            )
        sets = dict.fromkeys(range(len(names)), "training")
        for name, patterns in (("test", self.test), ("validation", self.validation)):
            for pattern in patterns:
                chosen = [place for place, known in enumerate(names) if fnmatch(known, pattern)]
                if not chosen:
                    shown = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
                    raise InputError(f"no path has a name like {pattern!r} for the {name} set: they are {shown}")
                sets |= dict.fromkeys(chosen, name)
        free = [place for place in sets if sets[place] == "training"]
        order = sorted(free, key=lambda place: (GOLDEN * (place + 1)) % 1.0)
        for name, given in (("test", self.test), ("validation", self.validation)):
            count = 0 if given else min(max(1, round(SHARE * len(names))), len(order) - 1)
            if name == "test" and len(order) < 3:
                count = 0
            sets |= dict.fromkeys(order[:count], name)
            order = order[count:]
        if "training" not in sets.values() or "validation" not in sets.values():
            raise InputError("no path is left for training or for validation: give patterns of fewer names")
        return [sets[place] for place in range(len(names))]


def dataset_of_paths(
    paths: Sequence[AveragedPath],
    units: Mapping[str, str],
    split: Split | None = None,
    *,
    extra_names: Sequence[str] = (),
    strain_names: Sequence[str] = (),
    elastic_stiffness: ArrayLike | None = None,
    provenance: Mapping[str, str] | None = None,
) -> Dataset:
    """Return paths that others computed as a data set, to be trained on or written.

    Parameters
    ----------
    paths : sequence of AveragedPath
        All with the same quantities.
    units : mapping
        Unit of "stress", and of every internal coordinate and extra variable. "strain" and "time" are "1" and
        "energy" and "dissipation" have that of the stress where nothing is said.
    split : Split, optional
        Which of them validate and test; by default 15 % each.
    extra_names, strain_names : sequence of str
        Of extra state variables, and of strain components that are none of Voigt's.
    elastic_stiffness : array, shape (v, v), optional
    provenance : mapping, optional

    Returns
    -------
    Dataset

    Raises
    ------
    InputError
        If the paths hold different quantities, a unit is missing, or there are too few paths.

    Examples
    --------
    >>> import numpy as np, microtann as mt
    >>> strain = [np.linspace(0.0, reach, 5)[:, None] for reach in (0.1, -0.2, 0.3)]
    >>> paths = [mt.AveragedPath(E, 200.0 * np.clip(E, -0.05, 0.05)) for E in strain]
    >>> mt.dataset_of_paths(paths, units={"stress": "MPa"})
    Dataset(4 training, 4 validation, 4 test increments; 1 strain components)
    """
    header = _header(paths[0] if paths else None, units, extra_names, strain_names, elastic_stiffness, provenance)
    sets = (split or Split()).of([path.name for path in paths])
    rows: dict[str, list[Increments]] = {name: [] for name in SETS}
    for number, (path, name) in enumerate(zip(paths, sets, strict=True)):
        _require_same(path, header)
        rows[name].append(_increments(path, number))
    nothing = rows["training"][0].take(slice(0, 0))
    training, validation, test = (_joined(rows[name] or [nothing]) for name in SETS)
    return replace(header, training=training, validation=validation, test=test)


def write_paths(
    file: str | os.PathLike[str],
    paths: Sequence[PathSource],
    units: Mapping[str, str],
    split: Split | None = None,
    *,
    extra_names: Sequence[str] = (),
    strain_names: Sequence[str] = (),
    elastic_stiffness: ArrayLike | None = None,
    provenance: Mapping[str, str] | None = None,
    single: bool = False,
    progress: Callable[[int, int], object] | None = None,
) -> None:
    """Write paths that others computed to a data file; the fields of one path are in memory at a time.

    The internal coordinates of each state are stored once (docs/data-format.md).

    Parameters
    ----------
    file : path
        Appears only when it is complete.
    paths : sequence of PathSource
        `AveragedPath` objects, or what reads one when it is its turn.
    units, split, extra_names, strain_names, elastic_stiffness, provenance
        As in `dataset_of_paths`.
    single : bool
        Whether internal coordinates are stored as 32-bit floats.
    progress : callable, optional
        Called with the paths done and the paths in all.

    Raises
    ------
    InputError
        If the paths hold different quantities, a unit is missing, or there are too few paths.
    StorageError
        If the disk is full or the file cannot be written; nothing half-written is left.
    """
    sets = (split or Split()).of([path.name for path in paths])
    first = paths[0].read()
    header = _header(first, units, extra_names, strain_names, elastic_stiffness, provenance)
    layout = replace(layout_of(header), once=bool(header.coordinate_shapes))
    bare = replace(layout, coordinate_shapes={}, once=False)
    with created(Path(file)) as opened:
        write_header(opened, header, layout)
        stores = {name: StateStore(opened, name, layout, single) for name in SETS}
        rows: dict[str, list[Increments]] = {name: [] for name in SETS}
        for number, (source, name) in enumerate(zip(paths, sets, strict=True)):
            path = first if number == 0 else source.read()
            _require_same(path, header)
            stores[name].append_path(path.coordinates)
            rows[name].append(_increments(replace(path, coordinates={}), number))
            if progress is not None:
                progress(number + 1, len(paths))
        for name in SETS:
            writer = SetWriter(opened, name, bare, sum(map(len, rows[name])))
            for part in rows[name]:
                writer.append(part)
            writer.close()
            stores[name].close()


def _header(
    path: AveragedPath | None,
    units: Mapping[str, str],
    extra_names: Sequence[str],
    strain_names: Sequence[str],
    elastic_stiffness: ArrayLike | None,
    provenance: Mapping[str, str] | None,
) -> Dataset:
    """Return the data set of a path without its increments."""
    if path is None:
        raise InputError("there are no paths")
    if not units.get("stress", "").strip():
        raise InputError("the unit of stress is missing: say it, as in units={'stress': 'MPa'}")
    stress = units["stress"]
    usual = {"strain": "1", "stress": stress, "time": "1", "energy": stress, "dissipation": stress}
    shapes = {name: tuple(values.shape[1:]) for name, values in path.coordinates.items()}
    nothing = _increments(path, 0).take(slice(0, 1))
    without = nothing.unknown
    known = {name: unit for name, unit in (usual | dict(units)).items() if name not in without}
    for name in (*shapes, *extra_names):
        if not known.get(name, "").strip():
            raise InputError(f"the unit of {name} is missing: '1' for none")
    stiffness = None if elastic_stiffness is None else as_floats("elastic_stiffness", elastic_stiffness)
    return Dataset(
        training=nothing,
        validation=nothing,
        test=nothing,
        coordinate_shapes=shapes,
        extra_names=tuple(extra_names),
        units=known,
        provenance={"importer": f"microtann {microtann.__version__}", **(provenance or {})},
        strain_names=tuple(strain_names),
        elastic_stiffness=stiffness,
    )


def _require_same(path: AveragedPath, header: Dataset) -> None:
    """Refuse a path with other quantities than those before."""
    known = {
        "strain components": (path.strain.shape[1], header.components),
        "extra state variables": (0 if path.extra is None else path.extra.shape[1], len(header.extra_names)),
        "internal coordinates": (
            {name: tuple(values.shape[1:]) for name, values in path.coordinates.items()},
            dict(header.coordinate_shapes),
        ),
    }
    for what, (here, before) in known.items():
        if here != before:
            raise InputError(f"{path.name} has {here or 'no'} {what}, but {before or 'none'} are expected")
    for name in MAY_LACK:
        if (getattr(path, name) is None) != (name in header.training.unknown):
            there = "no" if getattr(path, name) is None else "a"
            raise InputError(
                f"{path.name} has {there} {name}, unlike the paths before: give it for all or for none"
            )


def _increments(path: AveragedPath, number: int) -> Increments:
    """Return the increments of a path."""
    count = len(path) - 1
    assert path.time is not None
    unknown = np.full(count + 1, np.nan)
    energy = unknown if path.energy is None else path.energy
    lost = unknown if path.dissipation is None else path.dissipation
    extra = np.zeros((count + 1, 0)) if path.extra is None else path.extra
    flat = [values.reshape(count + 1, -1) for values in path.coordinates.values()]
    coordinates: Float[Array, "K c"] = np.concatenate([np.zeros((count + 1, 0)), *flat], axis=1)
    return Increments(
        path=np.full(count, number, dtype=np.int64),
        step=np.arange(count, dtype=np.int64),
        dt=np.diff(path.time),
        strain=path.strain[:-1],
        strain_increment=np.diff(path.strain, axis=0),
        extra=extra[:-1],
        extra_increment=np.diff(extra, axis=0),
        stress=path.stress[:-1],
        stress_next=path.stress[1:],
        energy=energy[:-1],
        energy_next=energy[1:],
        dissipation=np.diff(lost),
        coordinates=coordinates[:-1],
        coordinates_next=coordinates[1:],
    )


def _joined(parts: Sequence[Increments]) -> Increments:
    return Increments(
        **{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Increments)}
    )
