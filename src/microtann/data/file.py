"""The data file: a documented HDF5 file of increments (see ``docs/data-format.md``)."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from itertools import chain
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from microtann.data.blocks import CHECKSUM, ROWS, Block, checksum_error, find_dataset, holds, write_block
from microtann.data.description import description_errors
from microtann.data.format_errors import (
    field_errors,
    header_errors,
    read_layout,
    split_errors,
    stiffness_errors,
    unit_errors,
    value_errors,
)
from microtann.data.increments import Dataset, Increments
from microtann.data.schema import (
    COORDINATES_OF,
    SCHEMA,
    SETS,
    SHEAR,
    STATE_ROWS,
    STATES,
    STIFFNESS,
    VERSION,
    WITHOUT,
    Layout,
    layout_of,
)
from microtann.data.state_store import StateStore
from microtann.errors import DataFileError, InputError
from microtann.microstructure.protocol import Microstructure
from microtann.microstructure.registry import (
    DEFAULT_KIND,
    UnknownMicrostructure,
    microstructure_class,
    microstructure_of,
)
from microtann.numbers.coordinates import width
from microtann.system.hdf5 import created, opened, text, write_text
from microtann.system.memory import require_memory


def write_dataset(path: str | Path, dataset: Dataset, once: bool = False) -> None:
    """Write a data set to an HDF5 file, which appears only when it is complete.

    Parameters
    ----------
    path : str or Path
    dataset : Dataset
    once : bool
        Whether the internal coordinates of each state are stored once, in half the space where increments follow
        one another (``coordinates_of`` = ``states``), in place of at both ends of every increment.

    Raises
    ------
    DataFileError
        If the data set is not fit to be written: a value that is not finite, a path in two sets, a missing unit.
    StorageError
        If the disk is full or the file cannot be written; nothing half-written is left.
    """
    path = Path(path)
    layout = layout_of(dataset)
    layout = replace(layout, once=once and bool(layout.coordinate_shapes))
    sentence = next(_memory_errors(dataset, layout), None)
    if sentence:
        raise DataFileError(f"{path} was not written: {sentence}")
    beside = replace(layout, coordinate_shapes={}, once=False) if layout.once else layout
    with created(path) as file:
        write_header(file, dataset, layout)
        for name in SETS:
            increments: Increments = getattr(dataset, name)
            states = StateStore(file, name, layout) if layout.once else None
            writer = SetWriter(file, name, beside, len(increments))
            for start in range(0, len(increments), ROWS):
                part = increments.take(slice(start, start + ROWS))
                writer.append(part)
                if states is not None:
                    states.append_increments(part)
            for one in (writer, states):
                if one is not None:
                    one.close()


def write_header(file: h5py.File, dataset: Dataset, layout: Layout | None = None) -> None:
    """Write everything but the increments.

    Parameters
    ----------
    file : h5py.File
    dataset : Dataset
    layout : Layout, optional
        By default that of the data set.
    """
    layout = layout or layout_of(dataset)
    if layout.once:
        write_text(file, COORDINATES_OF, STATES)
    file.attrs["schema_version"] = VERSION
    write_text(file, "schema", SCHEMA)
    write_text(file, "shear", SHEAR)
    write_text(file, "voigt_order", layout.voigt_order)
    write_text(file, "extra_names", layout.extra_names)
    write_text(file, "coordinate_names", tuple(layout.coordinate_shapes))
    if layout.without:
        write_text(file, WITHOUT, layout.without)
    if dataset.elastic_stiffness is not None:
        write_block(file, STIFFNESS, np.asarray(dataset.elastic_stiffness, dtype=np.float64))
    for name, texts in (("units", dataset.units), ("provenance", dataset.provenance)):
        group = file.create_group(name)
        for key, word in texts.items():
            write_text(group, key, word)
    if dataset.microstructure is not None:
        write_text(file, "microstructure", dataset.microstructure.kind)
        for group_name, arrays in dataset.microstructure.groups().items():
            for name, values in arrays.items():
                write_block(file, f"{group_name}/{name}", values)


class SetWriter:
    """One set of a file, written part by part in the order of its rows.

    Parameters
    ----------
    file : h5py.File
    name : str
        "training", "validation" or "test".
    layout : Layout
    count : int
        Number of increments in the set.
    """

    def __init__(self, file: h5py.File, name: str, layout: Layout, count: int) -> None:
        self._layout = layout
        self._blocks = [
            (field, Block(file, f"{name}/{field.name}", (count, *field.shape), field.dtype, field.repeats))
            for field in layout.fields
        ]

    def append(self, part: Increments) -> None:
        """Write the next increments."""
        for field, block in self._blocks:
            block.append(self._layout.values(part, field))

    def close(self) -> None:
        """Write the checksums."""
        for _, block in self._blocks:
            block.close()


def read_dataset(path: str | Path, coordinates: bool = True) -> Dataset:
    """Read a data file.

    Parameters
    ----------
    path : str or Path
    coordinates : bool
        Whether the internal coordinates are read; without them a file of large fields is one of averages.

    Returns
    -------
    Dataset

    Raises
    ------
    DataFileError
        If the file is not HDF5, truncated, of another schema or version, lacks a field (which is named), has a
        field of the wrong shape or a value that is not finite, holds a path in two sets, or has changed since
        its checksums were written. `microtann.data.check.check_file` lists all such errors at once.
    InputError
        If it does not fit into the memory of the machine.
    """
    path = Path(path)
    with opened(path) as file:
        _refuse(path, header_errors(file))
        layout = read_layout(file)
        _refuse(path, field_errors(file, layout))
        if not coordinates:
            layout = replace(layout, coordinate_shapes={})
        require_room_for(path, file, layout)
        damage: list[str] = []
        sets = {name: read_set(file, name, layout, damage) for name in SETS}
        _refuse(path, damage)
        for name, increments in sets.items():
            _refuse(path, value_errors(name, increments, layout))
        _refuse(path, split_errors({name: increments.path for name, increments in sets.items()}))
        microstructure = read_microstructure(path, file, layout)
        if isinstance(microstructure, UnknownMicrostructure):
            warnings.warn(f"{path}: {microstructure.unknown}", stacklevel=2)
        group = file["provenance"] if holds(file, "provenance") else None
        return Dataset(
            training=sets["training"],
            validation=sets["validation"],
            test=sets["test"],
            coordinate_shapes=layout.coordinate_shapes,
            extra_names=layout.extra_names,
            units=layout.units,
            microstructure=microstructure,
            provenance={} if group is None else {name: text(value) for name, value in group.attrs.items()},
            strain_names=layout.voigt_order,
            elastic_stiffness=read_stiffness(file),
        )


def require_room_for(path: Path, file: h5py.File, layout: Layout) -> None:
    """Refuse a file whose increments do not fit into the memory of the machine.

    Parameters
    ----------
    path : Path
        Name of the file, for the sentence.
    file : h5py.File
    layout : Layout
        Whose fields are right.

    Raises
    ------
    InputError
    """
    rows = sum(file[name]["path"].shape[0] for name in SETS if holds(file, name))
    c = width(layout.coordinate_shapes)
    largest = max((width({name: shape}) for name, shape in layout.coordinate_shapes.items()), default=0)
    size = 8.0 * rows * (5 + 4 * len(layout.voigt_order) + 2 * c + largest)
    require_memory(
        f"the {rows} increments of {path} with {c} internal coordinates",
        size,
        "keep means of the fields over clusters of points (mt.ClusterMeans), or leave the fields out with "
        "read_dataset(path, coordinates=False)",
    )


def read_stiffness(file: h5py.File) -> NDArray[np.float64] | None:
    """Return the elastic stiffness that a file gives, shape (v, v); None if it gives none."""
    return np.asarray(file[STIFFNESS][()], dtype=np.float64) if holds(file, STIFFNESS) else None


def is_data_file(path: Path) -> bool:
    """Return whether a file holds increments."""
    if not (path.is_file() and h5py.is_hdf5(path)):
        return False
    with opened(path) as file:
        return text(file.attrs.get("schema", "")) == SCHEMA


def read_set(file: h5py.File, name: str, layout: Layout, damage: list[str]) -> Increments:
    """Read one set of a file whose fields are right; a broken checksum is appended to ``damage``.

    Parameters
    ----------
    file : h5py.File
    name : str
        "training", "validation" or "test"; a set that is missing is read as empty.
    layout : Layout
        From the header of the file.
    damage : list of str
        Gets a sentence for every dataset whose values do not match its checksum.
    """
    count = file[name]["path"].shape[0] if holds(file, name) else 0
    extra, v, c = len(layout.extra_names), len(layout.voigt_order), width(layout.coordinate_shapes)
    shapes: dict[str, tuple[int, ...]] = {f.name: (count,) for f in fields(Increments)}
    shapes |= dict.fromkeys(("strain", "strain_increment", "stress", "stress_next"), (count, v))
    shapes |= {"extra": (count, extra), "extra_increment": (count, extra)}
    shapes |= {"coordinates": (count, c), "coordinates_next": (count, c)}
    arrays: dict[str, NDArray[np.generic]] = {
        attribute: np.empty(shape, np.int64 if attribute in ("path", "step") else np.float64)
        for attribute, shape in shapes.items()
    }
    rows: dict[str, NDArray[np.int64]] = {}
    for absent in layout.without:
        for attribute in (absent, f"{absent}_next"):
            if attribute in arrays:
                arrays[attribute].fill(np.nan)
    for field in layout.stored_fields if count else ():
        data = file[name][field.name]
        values = data[()]
        sentence = checksum_error(data, values)
        if sentence:
            damage.append(sentence)
        if field.name in STATE_ROWS:
            rows[field.name] = values.astype(np.int64)
            continue
        attribute, _, group = field.name.partition("/")
        columns = layout.columns[group] if group else slice(None)
        target = arrays[attribute] if not group else arrays[attribute][:, columns]
        target[...] = values.reshape(target.shape)
    for group in layout.coordinate_shapes if rows else ():
        data = file[name][f"{STATES}/{group}"]
        values = data[()]
        damage.extend(filter(None, (checksum_error(data, values),)))
        states = values.reshape(len(values), -1)
        for attribute, at in zip(("coordinates", "coordinates_next"), STATE_ROWS, strict=True):
            target, there = arrays[attribute][:, layout.columns[group]], rows[at] >= 0
            target[there] = states[rows[at][there]]
            target[~there] = np.nan
    return Increments(**arrays)  # type: ignore[arg-type]


def read_microstructure(path: Path, file: h5py.File, layout: Layout) -> Microstructure | None:
    """Read the microstructure that the data come from, if the file holds it; without a kind it is a lattice.

    Where its kind is not known here its arrays are kept, and the data still serve for training.

    Parameters
    ----------
    path : Path
        Name of the file, for sentences.
    file : h5py.File
    layout : Layout
        Of the file.

    Raises
    ------
    DataFileError
        If an array is missing, was changed, or they are no valid microstructure.
    """
    kind = text(file.attrs["microstructure"]) if "microstructure" in file.attrs else DEFAULT_KIND
    known = microstructure_class(kind)
    if known is None:
        others = (*SETS, "units", "provenance", STIFFNESS)
        own = [name for name in file if name not in others and holds(file, name)]
        fields = {group: tuple(file[group]) for group in own}
    else:
        fields = {group: names for group, names in known.fields.items() if holds(file, group)}
    try:
        groups = {
            group: dict(zip(names, _arrays(path, file, group, names), strict=True))
            for group, names in fields.items()
        }
        if not groups and ("microstructure" not in file.attrs or (known is not None and known.fields)):
            return None
        return microstructure_of(kind, groups, layout.coordinate_shapes, len(layout.voigt_order))
    except DataFileError:
        raise
    except InputError as error:
        raise DataFileError(f"{path} holds a {kind} that cannot be used: {error}") from None


def has_checksums(file: h5py.File) -> bool:
    """Whether every field of the sets carries a checksum."""
    with_checksum: list[bool] = []

    def visit(_: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            with_checksum.append(CHECKSUM in item.attrs)

    for name in SETS:
        if holds(file, name):
            file[name].visititems(visit)
    return all(with_checksum)


def _arrays(path: Path, file: h5py.File, group: str, names: tuple[str, ...]) -> list[NDArray[np.generic]]:
    arrays = []
    for name in names:
        data, absence = find_dataset(file[group], name)
        if data is None:
            raise DataFileError(f"{path}: the field {group}/{name} is {absence}")
        values = np.asarray(data[()])
        _refuse(path, filter(None, (checksum_error(data, values),)))
        arrays.append(values)
    return arrays


def _refuse(path: Path, sentences: Iterable[str]) -> None:
    for sentence in sentences:
        raise DataFileError(f"{path}: {sentence}")


def _memory_errors(dataset: Dataset, layout: Layout) -> Iterator[str]:
    sets: dict[str, Increments] = {name: getattr(dataset, name) for name in SETS}
    for name, increments in sets.items():
        shapes = (getattr(increments, f.name).shape[:1] for f in fields(Increments))
        if len(set(shapes)) > 1:
            yield f"the arrays of the {name} set have different numbers of rows"
    yield from description_errors(dataset)
    if dataset.elastic_stiffness is not None:
        yield from stiffness_errors(np.asarray(dataset.elastic_stiffness, dtype=np.float64))
    yield from unit_errors(layout)
    yield from chain.from_iterable(value_errors(name, part, layout) for name, part in sets.items())
    yield from split_errors({name: part.path for name, part in sets.items()})
