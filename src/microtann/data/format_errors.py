"""What can be wrong with a data file, each as one sentence that names the field and the row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import h5py
import numpy as np
from jaxtyping import Int
from numpy.typing import NDArray

from microtann.data.blocks import find_dataset, holds
from microtann.data.description import TENSORS, order_errors
from microtann.data.increments import Increments
from microtann.data.schema import (
    COORDINATES_OF,
    INCREMENTS,
    MAY_LACK,
    QUANTITIES,
    SCHEMA,
    SETS,
    SHEAR,
    STATE_ROWS,
    STATES,
    STIFFNESS,
    VERSION,
    WITHOUT,
    Layout,
)
from microtann.numbers import voigt
from microtann.system.hdf5 import text

IntArray = NDArray[np.int64]
SYMMETRIC = 1e-6
"""Part of the largest stiffness up to which others round theirs."""


def header_errors(file: h5py.File) -> Iterator[str]:
    """Yield what is wrong with the attributes of a file, before any data are looked at."""
    schema = text(file.attrs.get("schema", ""))
    if schema != SCHEMA:
        yield f"this is no file of increments: the attribute schema is {schema!r}, not {SCHEMA!r}"
        return
    version = text(file.attrs.get("schema_version", "missing"))
    if version != str(VERSION):
        yield f"its schema_version is {version}, but this microtann reads version {VERSION}"
        return
    for name in ("voigt_order", "extra_names", "coordinate_names"):
        if name not in file.attrs:
            yield f"the attribute {name} is missing"
    for name in names(file, WITHOUT):
        if name not in MAY_LACK:
            yield f"the attribute {WITHOUT} names {name!r}: a file may be without {' and '.join(MAY_LACK)} only"
    of = text(file.attrs.get(COORDINATES_OF, INCREMENTS))
    if of not in (INCREMENTS, STATES):
        yield f"the attribute {COORDINATES_OF} is {of!r}: coordinates are of {INCREMENTS} or of {STATES}"
    if not holds(file, "units"):
        yield "the group units is missing"
    order = names(file, "voigt_order")
    yield from order_errors(order)
    shear = text(file.attrs.get("shear", "missing"))
    if set(order) == set(voigt.component_names(len(order))) and len(order) in TENSORS and shear != SHEAR:
        yield f"the attribute shear is {shear!r}: write shear strains as γ = 2ε, and let it say {SHEAR!r}"
    yield from _doubles(file)
    if not holds(file, "training"):
        yield "the group training is missing"


def _doubles(file: h5py.File) -> Iterator[str]:
    """Yield names that are given twice: a name stands for one thing, in the units too."""
    listed = {
        attribute: names(file, attribute) for attribute in ("voigt_order", "extra_names", "coordinate_names")
    }
    kinds = {"voigt_order": "component", "extra_names": "state variable", "coordinate_names": "coordinate"}
    for attribute, given in listed.items():
        double = next((name for name in given if given.count(name) > 1), None)
        if double is not None:
            yield f"{attribute} names a {kinds[attribute]} twice: {','.join(given)}"
    for attribute in ("extra_names", "coordinate_names"):
        taken = {*QUANTITIES, *(listed["extra_names"] if attribute == "coordinate_names" else ())}
        double = next((name for name in listed[attribute] if name in taken), None)
        if double is not None:
            yield f"{attribute} holds {double!r}, which names something else already: choose another name"


def names(file: h5py.File, attribute: str) -> tuple[str, ...]:
    """Return an attribute that lists names; empty if it is not there."""
    value = file.attrs.get(attribute, ())
    return tuple(text(item) for item in np.atleast_1d(np.asarray(value, dtype=object)))


def read_layout(file: h5py.File) -> Layout:
    """Return the layout of a file whose header is right; coordinates that are absent have no shape."""
    training, once = file["training"], text(file.attrs.get(COORDINATES_OF, INCREMENTS)) == STATES
    group = STATES if once else "coordinates"
    shapes = {
        name: tuple(training[f"{group}/{name}"].shape[1:])
        for name in names(file, "coordinate_names")
        if find_dataset(training, f"{group}/{name}")[0] is not None
    }
    units = {name: text(value) for name, value in file["units"].attrs.items()}
    without = names(file, WITHOUT)
    return Layout(names(file, "voigt_order"), names(file, "extra_names"), shapes, units, without, once)


def field_errors(file: h5py.File, layout: Layout) -> Iterator[str]:
    """Yield what is wrong with the kinds and shapes of the datasets, and with the units."""
    yield from unit_errors(layout)
    kept = STATES if layout.once else "coordinates"
    for name in names(file, "coordinate_names"):
        if name not in layout.coordinate_shapes:
            _, absence = find_dataset(file["training"], f"{kept}/{name}")
            yield f"the field training/{kept}/{name} is {absence}"
    for set_name in SETS:
        if not holds(file, set_name):
            continue  # a set without increments may be left out
        group, count = file[set_name], None
        for field in layout.stored_fields:
            place = f"{set_name}/{field.name}"
            data, absence = find_dataset(group, field.name)
            if data is None:
                yield f"the field {place} is {absence}"
                continue
            kinds = "iu" if field.integer else "fiu"
            if data.dtype.kind not in kinds:
                yield f"{place} holds {data.dtype}, not {'whole numbers' if field.integer else 'numbers'}"
            if data.shape[1:] != field.shape or not data.shape:
                yield f"{place} must have shape (n, {', '.join(map(str, field.shape))}), got {data.shape}".replace(
                    ", )", ",)"
                )
                continue
            count = data.shape[0] if count is None else count
            if data.shape[0] != count:
                yield f"{place} has {data.shape[0]} rows, but the fields before it have {count}"
        if layout.once:
            yield from _state_errors(set_name, group, layout)
    path, _ = find_dataset(file["training"], "path")
    if path is not None and path.shape == (0,):
        yield "the training set has no increments"
    if holds(file, STIFFNESS):
        yield from _stiffness_errors(file, len(layout.voigt_order))


def _state_errors(set_name: str, group: h5py.Group, layout: Layout) -> Iterator[str]:
    """Yield what is wrong with the states of a set, each of which is stored once."""
    count: int | None = None
    for name, shape in layout.coordinate_shapes.items():
        place = f"{set_name}/{STATES}/{name}"
        data, absence = find_dataset(group, f"{STATES}/{name}")
        if data is None:
            yield f"the field {place} is {absence}"
        elif data.dtype.kind not in "fiu" or data.shape[1:] != shape or not data.shape:
            yield f"{place} must hold numbers of shape (m, {', '.join(map(str, shape))}), got {data.shape}"
        elif count is not None and len(data) != count:
            yield f"{place} has {len(data)} states, but the groups before it have {count}"
        else:
            count = len(data)
    if count is None:
        return
    for name in STATE_ROWS:
        rows, _ = find_dataset(group, name)
        if rows is None or rows.dtype.kind not in "iu" or not rows.size:
            continue  # told with the fields of the increments
        least, most = int(rows[()].min()), int(rows[()].max())
        if least < -1 or most >= count:
            bad = least if least < -1 else most
            yield f"{set_name}/{name} names state {bad}, but there are {count}; -1 stands for one that is not kept"


def _stiffness_errors(file: h5py.File, components: int) -> Iterator[str]:
    data, absence = find_dataset(file, STIFFNESS)
    if data is None or data.shape != (components, components) or data.dtype.kind not in "fiu":
        what = absence or f"of shape {getattr(data, 'shape', ())}"
        yield f"{STIFFNESS} must hold numbers of shape ({components}, {components}), but it is {what}"
        return
    yield from stiffness_errors(np.asarray(data[()], dtype=np.float64))


def stiffness_errors(stiffness: NDArray[np.float64]) -> Iterator[str]:
    """Yield what no elastic stiffness of shape (v, v) may be."""
    if not np.isfinite(stiffness).all():
        yield f"{STIFFNESS} holds values that are not finite"
    elif np.abs(stiffness - stiffness.T).max() > SYMMETRIC * np.abs(stiffness).max():
        yield f"{STIFFNESS} is not symmetric: it must be ∂S/∂E, with shear strains γ = 2ε"
    elif np.linalg.eigvalsh(stiffness)[0] < -SYMMETRIC * np.abs(stiffness).max():
        yield f"{STIFFNESS} has negative eigenvalues: no elastic material has"


def unit_errors(layout: Layout) -> Iterator[str]:
    """Yield the units that are missing."""
    for name in layout.named_units:
        if not layout.units.get(name, "").strip():
            yield f"the unit of {name} is missing: write it as an attribute of the group units ('1' for none)"


def value_errors(set_name: str, increments: Increments, layout: Layout) -> Iterator[str]:
    """Yield values that no increment may have.

    Parameters
    ----------
    set_name : str
        For the sentences.
    increments : Increments
    layout : Layout
    """
    for field in layout.fields:
        values = layout.values(increments, field)
        if field.integer:
            continue
        if layout.once and field.name.startswith("coordinates"):  # NaN where no state is kept
            values = values[~np.isnan(values.reshape(len(values), -1)).all(axis=1)]
        # A sum is finite only if every term is (or terms overflow), and needs no temporary array.
        with np.errstate(over="ignore", invalid="ignore"):
            if np.isfinite(values.sum()):
                continue
        bad = np.argwhere(~np.isfinite(values))
        if len(bad):
            first = tuple(int(i) for i in bad[0])
            yield (
                f"{set_name}/{field.name} is {values[first]} in row {first[0]}"
                + (f", component {', '.join(map(str, first[1:]))}" if first[1:] else "")
                + f" ({len(np.unique(bad[:, 0]))} such rows): leave out increments that did not converge"
            )
    wrong = np.flatnonzero(~(increments.dt > 0.0))
    if wrong.size:
        yield f"{set_name}/dt is {increments.dt[wrong[0]]:g} in row {wrong[0]}: time increments must be positive"


def split_errors(paths: Mapping[str, Int[IntArray, "n"]]) -> Iterator[str]:
    """Yield the pairs of sets that share a path."""
    for i, one in enumerate(SETS):
        for other in SETS[i + 1 :]:
            shared = np.intersect1d(paths[one], paths[other])
            if shared.size:
                yield (
                    f"path {shared[0]} is in the {one} and in the {other} set"
                    + f" ({shared.size} such paths)" * (shared.size > 1)
                    + ": data are split by whole paths"
                )
