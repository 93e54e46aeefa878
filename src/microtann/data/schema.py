"""What a data file holds: the fields of an increment, their shapes, kinds and units.

The page ``docs/data-format.md`` describes the same for people who write such files with other programs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from microtann.data.increments import Dataset, Increments
from microtann.numbers import voigt
from microtann.numbers.coordinates import columns

SCHEMA = "microtann-increments"
VERSION = 1
SETS = ("training", "validation", "test")
SHEAR = "engineering"
QUANTITIES = ("strain", "stress", "energy", "dissipation", "time")
"""Quantities that every file gives a unit for, besides its coordinates and extra state variables."""
MAY_LACK = ("energy", "dissipation")
"""Quantities that a file may be without, if its attribute `WITHOUT` says so."""
WITHOUT = "without"
COORDINATES_OF = "coordinates_of"
"""Attribute of a file that says of what its coordinates are: by default `INCREMENTS`, both ends of each."""
INCREMENTS, STATES = "increments", "states"
STATE_ROWS = ("state", "state_next")
"""Where each state is kept once, the datasets that say in which row it is at t and at t + Δt."""
STIFFNESS = "elastic_stiffness"
"""Optional dataset of a file."""


@dataclass(frozen=True)
class Field:
    """One dataset of a set.

    Parameters
    ----------
    name : str
        Name in the file; a slash separates a group of coordinates from its name.
    shape : tuple of int
        Shape of one row.
    integer : bool
    repeats : bool
        Whether the values repeat so much that compression pays.
    """

    name: str
    shape: tuple[int, ...]
    integer: bool = False
    repeats: bool = False

    @property
    def dtype(self) -> str:
        """Little-endian type in the file."""
        return "<i8" if self.integer else "<f8"


@dataclass(frozen=True)
class Layout:
    """What the header of a file says about its fields.

    Parameters
    ----------
    voigt_order : tuple of str
        Names of the v strain components in their order.
    extra_names : tuple of str
        Names of the extra state variables.
    coordinate_shapes : mapping
        Name and shape of each group of internal coordinates, in order.
    units : mapping
    without : tuple of str
        Quantities that the file does not hold, of `MAY_LACK`.
    once : bool
        Whether the coordinates of each state are stored once, in ``states/NAME``.
    """

    voigt_order: tuple[str, ...]
    extra_names: tuple[str, ...]
    coordinate_shapes: Mapping[str, tuple[int, ...]]
    units: Mapping[str, str]
    without: tuple[str, ...] = ()
    once: bool = False

    @property
    def stored_fields(self) -> tuple[Field, ...]:
        """The datasets of every set with one row for every increment."""
        if not (self.once and self.coordinate_shapes):
            return self.fields
        kept = (field for field in self.fields if not field.name.startswith("coordinates"))
        return (*kept, *(Field(name, (), integer=True, repeats=True) for name in STATE_ROWS))

    @property
    def fields(self) -> tuple[Field, ...]:
        """What is known of every increment; in a file with both ends of each, the datasets of every set."""
        vector, extra = (len(self.voigt_order),), (len(self.extra_names),)
        return (
            Field("path", (), integer=True, repeats=True),
            Field("step", (), integer=True, repeats=True),
            Field("dt", (), repeats=True),
            Field("strain", vector),
            Field("strain_increment", vector),
            *((Field("extra", extra), Field("extra_increment", extra)) if self.extra_names else ()),
            Field("stress", vector),
            Field("stress_next", vector),
            *((Field("energy", ()), Field("energy_next", ())) if "energy" not in self.without else ()),
            *((Field("dissipation", ()),) if "dissipation" not in self.without else ()),
            *(Field(f"coordinates/{name}", shape) for name, shape in self.coordinate_shapes.items()),
            *(Field(f"coordinates_next/{name}", shape) for name, shape in self.coordinate_shapes.items()),
        )

    @property
    def named_units(self) -> tuple[str, ...]:
        """Everything that must have a unit."""
        held = (name for name in QUANTITIES if name not in self.without)
        return (*held, *self.extra_names, *self.coordinate_shapes)

    @property
    def columns(self) -> dict[str, slice]:
        """Columns of each group of coordinates in the flattened array."""
        return columns(self.coordinate_shapes)

    def values(self, increments: Increments, field: Field) -> NDArray[np.generic]:
        """Return the values of a field, shape (n, *field.shape)."""
        attribute, _, group = field.name.partition("/")
        array: NDArray[np.generic] = getattr(increments, attribute)
        if group:
            array = array[:, self.columns[group]]
        return array.reshape(len(array), *field.shape)


def layout_of(dataset: Dataset) -> Layout:
    """Return the layout of a data set in memory, or of one without increments yet, by what is going to fill it."""
    without = dataset.training.unknown
    if not len(dataset.training) and dataset.microstructure is not None:
        without = dataset.microstructure.untold
    return Layout(
        tuple(dataset.strain_names) or voigt.component_names(dataset.components),
        tuple(dataset.extra_names),
        {name: tuple(shape) for name, shape in dataset.coordinate_shapes.items()},
        dict(dataset.units),
        without,
    )
