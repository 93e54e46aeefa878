"""The data a TANN learns from: independent increments of a material's state (paper, Sections III.C and IV.A)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray

from microtann.microstructure.protocol import Microstructure

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Increments:
    """n increments from t to t + Δt; they need no order.

    Parameters
    ----------
    path, step : integer array, shape (n,)
        Where an increment comes from; data are split by path.
    dt : array, shape (n,)
        Δt.
    strain, strain_increment : array, shape (n, v)
        E at t, and ΔE.
    extra, extra_increment : array, shape (n, e)
        Further state variables that are imposed as the strain is (a temperature, say) at t, and their increments;
        e may be 0.
    stress, stress_next : array, shape (n, v)
        S at t and at t + Δt.
    energy, energy_next : array, shape (n,)
        Ψ at t and at t + Δt, per unit volume; NaN in all rows if it is not known.
    dissipation : array, shape (n,)
        D Δt of the increment, per unit volume; NaN in all rows if it is not known.
    coordinates, coordinates_next : array, shape (n, c)
        Internal coordinates ξ at t and at t + Δt; a row of NaN where those of an increment are not kept.
    """

    path: Int[NDArray[np.int64], "n"]
    step: Int[NDArray[np.int64], "n"]
    dt: Float[Array, "n"]
    strain: Float[Array, "n v"]
    strain_increment: Float[Array, "n v"]
    extra: Float[Array, "n e"]
    extra_increment: Float[Array, "n e"]
    stress: Float[Array, "n v"]
    stress_next: Float[Array, "n v"]
    energy: Float[Array, "n"]
    energy_next: Float[Array, "n"]
    dissipation: Float[Array, "n"]
    coordinates: Float[Array, "n c"]
    coordinates_next: Float[Array, "n c"]

    def __len__(self) -> int:
        return len(self.path)

    def __repr__(self) -> str:
        counts = f"{len(self)} of {len(np.unique(self.path))} paths, {self.strain.shape[1]} strain components"
        return f"Increments({counts}, {self.coordinates.shape[1]} internal coordinates)"

    @property
    def with_coordinates(self) -> Bool[NDArray[np.bool_], "n"]:
        """Which increments have internal coordinates at both ends; a file may keep those of some."""
        if not self.coordinates.shape[1]:
            return np.zeros(len(self), dtype=np.bool_)
        return ~(np.isnan(self.coordinates[:, 0]) | np.isnan(self.coordinates_next[:, 0]))

    @property
    def unknown(self) -> tuple[str, ...]:
        """Which of "energy" and "dissipation" are not known."""
        first = {"energy": self.energy_next[:1], "dissipation": self.dissipation[:1]}
        return tuple(name for name, value in first.items() if np.isnan(value).any())

    def take(self, index: NDArray[np.int64] | NDArray[np.bool_] | slice) -> Increments:
        """Return the increments at ``index``."""
        return Increments(**{f.name: getattr(self, f.name)[index] for f in fields(self)})


@dataclass(frozen=True, eq=False)
class Dataset:
    """Training, validation and test increments with what is needed to understand them.

    Parameters
    ----------
    training, validation, test : Increments
        Disjoint in their paths.
    coordinate_shapes : mapping
        Name and shape of each group of internal coordinates in the order of the flattened columns, such as
        ``{"displacement": (N, d), "force": (M,)}``.
    extra_names : tuple of str
        Names of the extra state variables.
    units : mapping
        Unit of every quantity ("1" if dimensionless): "strain", "stress", "energy", "dissipation", "time" and
        every coordinate group.
    microstructure : Microstructure, optional
        What the data come from, such as a lattice.
    provenance : mapping
        Who made the data, with what and from which seed; free text values.
    strain_names : tuple of str
        Names of the strain components; empty for the Voigt order of the package.
    elastic_stiffness : array, shape (v, v), optional
        Of the virgin state, if those who made the data know it.
    emphasis : mapping
        What the increments of a path count in the loss of a form that learns along whole walks, by its number; 1
        where nothing is said. It is not written into files.
    """

    training: Increments
    validation: Increments
    test: Increments
    coordinate_shapes: Mapping[str, tuple[int, ...]]
    extra_names: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    microstructure: Microstructure | None = None
    provenance: Mapping[str, str] = field(default_factory=dict)
    strain_names: tuple[str, ...] = ()
    elastic_stiffness: Float[Array, "v v"] | None = None
    emphasis: Mapping[int, float] = field(default_factory=dict)

    def __repr__(self) -> str:
        sets = ("training", "validation", "test")
        counts = ", ".join(f"{len(getattr(self, name))} {name}" for name in sets)
        groups = "".join(f", {name} {tuple(shape)}" for name, shape in self.coordinate_shapes.items())
        return f"Dataset({counts} increments; {self.components} strain components{groups})"

    @property
    def components(self) -> int:
        """Number of strain components, v."""
        return self.training.strain.shape[1]
